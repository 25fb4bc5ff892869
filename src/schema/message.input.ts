// Which messages a list shows.
import { ArgsType, Field, ID } from 'type-graphql';
import type { MessageFilter } from '../domain/mailings/messages.service.js';
import type { MessageStatus } from '../entities/mailing.enums.js';
import { MessageStatusEnum } from './enums.js';
import { PageArguments } from './page.type.js';

@ArgsType()
export class MailingMessageArguments extends PageArguments {
  @Field(() => [MessageStatusEnum], { nullable: true, description: 'One of these; any where left out.' })
  status?: MessageStatus[] | null;
}

@ArgsType()
export class MessageArguments extends MailingMessageArguments implements MessageFilter {
  @Field(() => ID, { nullable: true, description: 'Of this mailing.' })
  mailingId?: string | null;

  @Field(() => ID, { nullable: true, description: 'To this client.' })
  clientId?: string | null;
}
