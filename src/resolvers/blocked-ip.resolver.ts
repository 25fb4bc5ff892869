// Blocked addresses.
import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { BlockIpArguments } from '../schema/blocked-ip.input.js';
import { BlockedIp, BlockedIpConnection } from '../schema/blocked-ip.type.js';
import { PageArguments } from '../schema/page.type.js';
import type { GraphqlContext } from './context.js';

@Resolver()
export class BlockedIpResolver {
  @Query(() => BlockedIpConnection, { description: 'Addresses that are blocked now, newest first.' })
  blockedIps(@Ctx() { services }: GraphqlContext, @Args(() => PageArguments) page: PageArguments) {
    return services.blockedAddresses.list(page);
  }

  @Mutation(() => BlockedIp, {
    description:
      'Nothing is answered to these addresses any more. Blocking a range again replaces what was said of it; CONFLICT where the own address is in it.',
  })
  blockIp(
    @Ctx() { services }: GraphqlContext,
    @Args(() => BlockIpArguments) wanted: BlockIpArguments,
  ): Promise<BlockedIp> {
    return services.blockedAddresses.block(wanted);
  }

  @Mutation(() => Boolean, { description: 'These addresses are answered again.' })
  async unblockIp(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the block.' }) id: string,
  ): Promise<boolean> {
    await services.blockedAddresses.unblock(id);
    return true;
  }
}
