// IMEI checks: asked for, found again, told live; and the provider that answers them.
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { ImeiCheckRow } from '../domain/imei/imei-check.rows.js';
import type { LiveEvent } from '../domain/live/topics.js';
import { CheckImeiInput, ImeiCheckArguments } from '../schema/imei-check.input.js';
import {
  ImeiCheck,
  ImeiCheckConnection,
  ImeiCheckEvent,
  ImeiProviderStatus,
  ImeiService,
} from '../schema/imei-check.type.js';
import { JSONScalar } from '../schema/scalars.js';
import { SystemStatus } from '../schema/system.type.js';
import type { GraphqlContext } from './context.js';

interface ImeiChecksCall {
  readonly args: { after?: string | null };
  readonly context: GraphqlContext;
}

@Resolver(() => ImeiCheck)
export class ImeiCheckResolver {
  @FieldResolver(() => JSONScalar, { nullable: true, description: "The provider's answer as it came." })
  raw(@Root() { rawText }: ImeiCheckRow): unknown {
    return rawText === null ? null : JSON.parse(rawText);
  }

  @Query(() => ImeiCheck, {
    nullable: true,
    description: 'One check; of others for those only who may see the whole history.',
  })
  async imeiCheck(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the check.' }) id: string,
  ): Promise<ImeiCheck | null> {
    return (await services.imeiChecks.find(id)) ?? null;
  }

  @Query(() => ImeiCheckConnection, {
    description: 'Checks, the newest first; for those who may not see the whole history, their own.',
  })
  imeiChecks(
    @Ctx() { services }: GraphqlContext,
    @Args(() => ImeiCheckArguments) { filter, ...page }: ImeiCheckArguments,
  ) {
    return services.imeiChecks.list({ filter }, page);
  }

  @Query(() => [ImeiService], { description: 'What the provider offers.' })
  imeiServices(@Ctx() { services }: GraphqlContext): Promise<ImeiService[]> {
    return services.imeiProvider.services();
  }

  @Query(() => [ImeiProviderStatus], { description: 'Whether the provider answers, and what is left on the account.' })
  imeiProviders(@Ctx() { services }: GraphqlContext): Promise<ImeiProviderStatus[]> {
    return services.imeiProvider.providers();
  }

  @Mutation(() => ImeiCheck, {
    description:
      'Checks a device; PENDING where the provider takes its time: imeiCheck and the subscription tell the end. UPSTREAM_FAILED or UNAVAILABLE where the provider failed, RATE_LIMITED where the checks of the day are used up.',
  })
  checkImei(
    @Ctx() { services }: GraphqlContext,
    @Arg('input', () => CheckImeiInput, { description: 'Which, and how.' }) {
      idempotencyKey,
      ...input
    }: CheckImeiInput,
  ): Promise<ImeiCheck> {
    return services.imeiChecks.check(input, { idempotencyKey });
  }

  @Subscription(() => ImeiCheckEvent, {
    name: 'imeiChecks',
    description:
      'Checks as they end, from now on or from `after` on; for those who may not see the whole history, their own.',
    subscribe: ({ args: { after }, context: { live, services } }: ImeiChecksCall) => {
      const own = services.imeiChecks.ownOnly();
      return live.subscribe({ topic: 'imeiCheck', after, ...(own === undefined ? {} : { subjects: [own] }) });
    },
  })
  imeiCheckEvents(
    @Root() { id, at, payload }: LiveEvent<ImeiCheckRow>,
    @Arg('after', () => ID, {
      nullable: true,
      description: 'The last event that was seen; what was missed since comes first.',
    })
    _after?: string | null,
  ): ImeiCheckEvent {
    return { id, at, node: payload };
  }
}

@Resolver(() => SystemStatus)
export class SystemImeiResolver {
  @FieldResolver(() => [ImeiProviderStatus], { description: 'Who answers IMEI checks.' })
  imei(@Ctx() { services }: GraphqlContext): Promise<ImeiProviderStatus[]> {
    return services.imeiProvider.providers();
  }
}
