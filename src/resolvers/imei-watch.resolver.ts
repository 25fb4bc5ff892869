// Devices that are checked again by themselves.
import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { ImeiCheck } from '../schema/imei-check.type.js';
import { ImeiWatch, ImeiWatchConnection } from '../schema/imei-watch.type.js';
import { PageArguments } from '../schema/page.type.js';
import type { GraphqlContext } from './context.js';

@Resolver(() => ImeiWatch)
export class ImeiWatchResolver {
  @FieldResolver(() => ImeiCheck, {
    nullable: true,
    description: 'The newest check of the device by whoever watches it, PENDING while it is under way.',
  })
  lastCheck(@Root() { id }: ImeiWatch, @Ctx() { loaders }: GraphqlContext): Promise<ImeiCheck | null> {
    return loaders.lastImeiChecks.load(id);
  }

  @Query(() => ImeiWatchConnection, {
    description: 'Watches, the newest first; for those who may not see the whole history, their own.',
  })
  imeiWatches(@Ctx() { services }: GraphqlContext, @Args(() => PageArguments) page: PageArguments) {
    return services.imeiWatches.list(page);
  }

  @Mutation(() => ImeiWatch, {
    description:
      'Checks a device every so many hours, the first time at once unless an answer is known that is not older than that. Watching it again changes the interval. CONFLICT for more than 1000 devices.',
  })
  watchImei(
    @Ctx() { services }: GraphqlContext,
    @Arg('imei', () => String, { description: 'In any spelling; 14, 15 or 16 digits.' }) imei: string,
    @Arg('everyHours', () => Int, { description: '1 to 8760, which is a year.' }) everyHours: number,
  ): Promise<ImeiWatch> {
    return services.imeiWatches.watch({ imei, everyHours });
  }

  @Mutation(() => Boolean, {
    description:
      "Ends one's own watch, or anybody's for those who may see the whole history. Its checks stay in the history.",
  })
  async unwatchImei(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the watch.' }) id: string,
  ): Promise<boolean> {
    await services.imeiWatches.unwatch(id);
    return true;
  }
}
