// Batches of IMEI checks: ordered, stopped, found again, watched. Files come and go over REST.
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { ImeiBatchRow } from '../domain/imei/imei-batch-hold.js';
import { CheckImeisInput } from '../schema/imei-batch.input.js';
import { ImeiBatch, ImeiBatchConnection } from '../schema/imei-batch.type.js';
import { ImeiCheckConnection } from '../schema/imei-check.type.js';
import { PageArguments } from '../schema/page.type.js';
import type { GraphqlContext } from './context.js';

@Resolver(() => ImeiBatch)
export class ImeiBatchResolver {
  @FieldResolver(() => ImeiCheckConnection, {
    description: 'The checks that were begun, in the order of the batch; what is skipped has none.',
  })
  checks(
    @Root() { id }: ImeiBatch,
    @Ctx() { services }: GraphqlContext,
    @Args(() => PageArguments) page: PageArguments,
  ) {
    return services.imeiBatches.checksOf(id, page);
  }

  @FieldResolver(() => String, {
    description:
      'Every device and what came of it as CSV, without a token, for a quarter of an hour; relative to this server where PUBLIC_URL is not set.',
  })
  resultUrl(@Root() { id }: ImeiBatch, @Ctx() { services }: GraphqlContext): string {
    return services.imeiBatches.resultUrl(id);
  }

  @Query(() => ImeiBatch, {
    nullable: true,
    description: 'One batch; of others for those only who may see the whole history.',
  })
  async imeiBatch(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the batch.' }) id: string,
  ): Promise<ImeiBatchRow | null> {
    return (await services.imeiBatches.find(id)) ?? null;
  }

  @Query(() => ImeiBatchConnection, {
    description: 'Batches, the newest first; for those who may not see the whole history, their own.',
  })
  imeiBatches(@Ctx() { services }: GraphqlContext, @Args(() => PageArguments) page: PageArguments) {
    return services.imeiBatches.list(page);
  }

  @Mutation(() => ImeiBatch, {
    description:
      'Orders checks of up to 10,000 devices, which go on in the background, behind those for whose answer somebody waits. Nothing is ordered where one of them is no IMEI, or where more would have to be asked than is left of the day’s checks (RATE_LIMITED).',
  })
  checkImeis(
    @Ctx() { services }: GraphqlContext,
    @Arg('input', () => CheckImeisInput, { description: 'Which, and how.' }) {
      idempotencyKey,
      ...input
    }: CheckImeisInput,
  ): Promise<ImeiBatchRow> {
    return services.imeiBatches.checkImeis(input, idempotencyKey);
  }

  @Mutation(() => ImeiBatch, {
    description: 'Stops a batch: what the provider is being asked ends as it ends, the rest is skipped.',
  })
  cancelImeiBatch(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the batch.' }) id: string,
  ): Promise<ImeiBatchRow> {
    return services.imeiBatches.cancel(id);
  }

  @Subscription(() => ImeiBatch, {
    description: 'The batch now, then as it goes on, at most 4 a second.',
    subscribe: async ({ args, context }: { args: { id: string }; context: GraphqlContext }) => {
      const { id } = await context.services.imeiBatches.get(args.id);
      return context.live.watch({ topic: 'imeiBatch', subject: id });
    },
  })
  imeiBatchProgress(
    @Root() state: ImeiBatchRow,
    @Arg('id', () => ID, { description: 'Of the batch.' }) _id: string,
  ): ImeiBatchRow {
    return state;
  }
}
