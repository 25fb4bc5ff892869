// Mailings: their life, their figures, and both live.
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { MailingRow } from '../domain/mailings/mailing.rows.js';
import type { MessageStatus } from '../entities/mailing.enums.js';
import { MessageStatusEnum } from '../schema/enums.js';
import { CreateMailingInput, MailingArguments, UpdateMailingInput } from '../schema/mailing.input.js';
import {
  Audience,
  Mailing,
  MailingConnection,
  MailingOverview,
  MailingProgress,
  MailingStats,
} from '../schema/mailing.type.js';
import type { GraphqlContext } from './context.js';

const ofMailing = { description: 'Of the mailing.' };

@Resolver(() => Mailing)
export class MailingResolver {
  @FieldResolver(() => Audience, { description: 'Who is meant.' })
  filter(@Root() { operatorCodes, tags }: Mailing): Audience {
    return { operatorCodes, tags };
  }

  @FieldResolver(() => MailingStats, { description: 'Its figures, which add up at every moment.' })
  stats(@Root() mailing: MailingRow, @Ctx() { services }: GraphqlContext): MailingStats {
    return services.mailings.stats(mailing);
  }

  @Query(() => Mailing, { nullable: true, description: 'One mailing; null where it is not there, or was deleted.' })
  mailing(@Ctx() { services }: GraphqlContext, @Arg('id', () => ID, ofMailing) id: string): Promise<Mailing | null> {
    return services.mailings.find(id);
  }

  @Query(() => MailingConnection, { description: 'Mailings that are not deleted.' })
  mailings(
    @Ctx() { services }: GraphqlContext,
    @Args(() => MailingArguments) { filter, orderBy, ...page }: MailingArguments,
  ) {
    return services.mailings.list({ filter, orderBy }, page);
  }

  @Query(() => MailingOverview, { description: 'All mailings and messages by status; deleted ones keep counting.' })
  mailingOverview(@Ctx() { services }: GraphqlContext): Promise<MailingOverview> {
    return services.mailings.overview();
  }

  @Mutation(() => Mailing, { description: 'A new mailing; within its span it starts at once.' })
  createMailing(
    @Ctx() { services }: GraphqlContext,
    @Arg('input', () => CreateMailingInput, { description: 'What, to whom, when.' }) {
      idempotencyKey,
      ...input
    }: CreateMailingInput,
  ): Promise<Mailing> {
    return services.mailings.create(input, { idempotencyKey });
  }

  @Mutation(() => Mailing, { description: 'Changes what is given, also while it runs; CONFLICT when it is finished.' })
  updateMailing(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, ofMailing) id: string,
    @Arg('input', () => UpdateMailingInput, { description: 'What is to change.' }) input: UpdateMailingInput,
  ): Promise<Mailing> {
    return services.mailings.update(id, input);
  }

  @Mutation(() => Boolean, { description: 'Hides one that does not run; statistics keep counting it.' })
  async deleteMailing(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, ofMailing) id: string,
  ): Promise<boolean> {
    await services.mailings.delete(id);
    return true;
  }

  @Mutation(() => Mailing, { description: 'Holds a SCHEDULED or RUNNING one.' })
  pauseMailing(@Ctx() { services }: GraphqlContext, @Arg('id', () => ID, ofMailing) id: string): Promise<Mailing> {
    return services.mailingControl.pause(id);
  }

  @Mutation(() => Mailing, { description: 'Lets a PAUSED one go on: back to SCHEDULED or RUNNING.' })
  resumeMailing(@Ctx() { services }: GraphqlContext, @Arg('id', () => ID, ofMailing) id: string): Promise<Mailing> {
    return services.mailingControl.resume(id);
  }

  @Mutation(() => Mailing, {
    description: 'Stops it for good: queued messages are cancelled, sending ones end as they end.',
  })
  cancelMailing(@Ctx() { services }: GraphqlContext, @Arg('id', () => ID, ofMailing) id: string): Promise<Mailing> {
    return services.mailingControl.cancel(id);
  }

  @Mutation(() => Mailing, {
    description: 'Queues failed and uncertain messages again; nothing that was sent is touched.',
  })
  retryMessages(
    @Ctx() { services }: GraphqlContext,
    @Arg('mailingId', () => ID, ofMailing) mailingId: string,
    @Arg('status', () => [MessageStatusEnum], { description: 'FAILED, UNCERTAIN or both.' }) status: MessageStatus[],
  ): Promise<Mailing> {
    return services.mailingControl.retry(mailingId, { status });
  }

  @Subscription(() => MailingProgress, {
    description:
      'State now, then every change, at most 4 a second for each mailing; all running mailings where no id is given.',
    subscribe: ({ args, context }: { args: { mailingId?: string | null }; context: GraphqlContext }) =>
      context.live.watch({ topic: 'mailing', subject: args.mailingId ?? undefined }),
  })
  mailingProgress(
    @Root() mailing: MailingRow,
    @Ctx() { services }: GraphqlContext,
    @Arg('mailingId', () => ID, { nullable: true, description: 'All that run where left out.' }) _mailingId?:
      | string
      | null,
  ): MailingProgress {
    return { mailing, stats: services.mailings.stats(mailing), at: services.work.now() };
  }
}
