// What is said of a number that must not be contacted, or looked for. Rules stand beside the service.
import { ArgsType, Field } from 'type-graphql';
import type { SuppressInput, SuppressionFilter } from '../domain/clients/suppression.inputs.js';
import type { Channel } from '../entities/mailing.enums.js';
import { ChannelEnum } from './enums.js';
import { PageArguments } from './page.type.js';

@ArgsType()
export class SuppressionArguments extends PageArguments implements SuppressionFilter {
  @Field(() => String, {
    nullable: true,
    description: 'In any spelling, or its last four digits; a VIEWER asks by those only.',
  })
  phone?: string | null;

  @Field(() => ChannelEnum, { nullable: true, description: 'All where left out.' })
  channel?: Channel | null;
}

@ArgsType()
export class SuppressArguments implements SuppressInput {
  @Field(() => String, { description: 'In any spelling.' })
  phone!: string;

  @Field(() => [ChannelEnum], { description: 'At least one.' })
  channels!: Channel[];

  @Field(() => String, { nullable: true, description: 'Why, at most 500 characters.' })
  note?: string | null;
}
