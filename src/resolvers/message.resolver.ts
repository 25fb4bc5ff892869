// Messages: what became of each, also live; and a test message. A client's messages are resolved here, where they are owned.
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import { phoneFor } from '../auth/masking.js';
import type { LiveEvent } from '../domain/live/topics.js';
import type { MessageInEvent, MessageRow } from '../domain/mailings/mailing.rows.js';
import type { MessageStatus } from '../entities/mailing.enums.js';
import { Client } from '../schema/client.type.js';
import { Mailing } from '../schema/mailing.type.js';
import { MailingMessageArguments, MessageArguments } from '../schema/message.input.js';
import { Message, MessageConnection, MessageEvent } from '../schema/message.type.js';
import { PageArguments } from '../schema/page.type.js';
import type { GraphqlContext } from './context.js';

interface MessageEventsCall {
  readonly args: { mailingId: string; after?: string | null };
  readonly context: GraphqlContext;
}

@Resolver(() => Message)
export class MessageResolver {
  @FieldResolver(() => Mailing, { description: 'Which mailing; a deleted one too.' })
  mailing(
    @Root() message: MessageRow | MessageInEvent,
    @Ctx() { loaders }: GraphqlContext,
  ): Mailing | Promise<Mailing> {
    return 'mailing' in message ? message.mailing : loaders.mailings.load(message.mailingId);
  }

  @FieldResolver(() => Client, { description: 'To whom; a deleted one too.' })
  client(@Root() message: MessageRow | MessageInEvent, @Ctx() { loaders }: GraphqlContext): Client | Promise<Client> {
    return 'client' in message ? message.client : loaders.clients.load(message.clientId);
  }

  @FieldResolver(() => String, { description: 'Where it goes; for a VIEWER all but the last four digits are hidden.' })
  phone(@Root() { phone }: Message, @Ctx() { viewer }: GraphqlContext): string {
    return phoneFor(viewer, phone);
  }

  @Query(() => MessageConnection, {
    description: 'Messages of a mailing in the order they were planned, else the newest mailing first.',
  })
  messages(@Ctx() { services }: GraphqlContext, @Args(() => MessageArguments) args: MessageArguments) {
    return services.messages.list(args, args);
  }

  @Mutation(() => Boolean, {
    description:
      'Sends one message to see whether the gateway takes it; CONFLICT SUPPRESSED where the number must not be contacted.',
  })
  async sendTestMessage(
    @Ctx() { services }: GraphqlContext,
    @Arg('phone', () => String, { description: '7XXXXXXXXXX.' }) phone: string,
    @Arg('text', () => String, { description: '1 to 2000 characters.' }) text: string,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description: 'Under the same key the same message is sent once, for 24 hours.',
    })
    idempotencyKey?: string | null,
  ): Promise<boolean> {
    await services.testMessages.send({ phone, text }, idempotencyKey);
    return true;
  }

  @Subscription(() => MessageEvent, {
    description: 'Final states of messages.',
    subscribe: async ({ args: { mailingId, after }, context: { live, services } }: MessageEventsCall) => {
      await services.mailings.demandKnown(mailingId);
      return live.subscribe({ topic: 'message', subjects: [mailingId], after });
    },
  })
  messageEvents(
    @Root() { id, kind, at, payload }: LiveEvent<MessageInEvent>,
    @Arg('mailingId', () => ID, { description: 'Of the mailing.' }) _mailingId: string,
    @Arg('after', () => ID, {
      nullable: true,
      description: 'The last event that was seen; what was missed since comes first.',
    })
    _after?: string | null,
  ): MessageEvent {
    return { id, message: payload, status: kind as MessageStatus, at };
  }
}

@Resolver(() => Mailing)
export class MailingMessagesResolver {
  @FieldResolver(() => MessageConnection, { description: 'In the order in which they were planned.' })
  messages(
    @Root() { id }: Mailing,
    @Ctx() { services }: GraphqlContext,
    @Args(() => MailingMessageArguments) args: MailingMessageArguments,
  ) {
    return services.messages.list({ mailingId: id, status: args.status }, args);
  }
}

@Resolver(() => Client)
export class ClientMessagesResolver {
  @FieldResolver(() => MessageConnection, {
    description: 'What they were sent, or are to be; the newest mailing first.',
  })
  messages(
    @Root() { id }: Client,
    @Ctx() { services }: GraphqlContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return services.messages.list({ clientId: id }, page);
  }
}
