// Do not contact: by number and channel.
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { phoneFor } from '../auth/masking.js';
import { SuppressArguments, SuppressionArguments } from '../schema/suppression.input.js';
import { Suppression, SuppressionConnection } from '../schema/suppression.type.js';
import type { GraphqlContext } from './context.js';

@Resolver(() => Suppression)
export class SuppressionResolver {
  @FieldResolver(() => String, {
    description: 'E.164 digits without the plus; for a VIEWER all but the last four are hidden.',
  })
  phone(@Root() suppression: Suppression, @Ctx() { viewer }: GraphqlContext): string {
    return phoneFor(viewer, suppression.phone);
  }

  @Query(() => SuppressionConnection, { description: 'Numbers that must not be contacted, newest first.' })
  suppressions(
    @Ctx() { services }: GraphqlContext,
    @Args(() => SuppressionArguments) { phone, channel, ...page }: SuppressionArguments,
  ) {
    return services.suppressions.list({ phone, channel }, page);
  }

  @Mutation(() => [Suppression], {
    description: 'Never contact this number on these channels; what is known stays, but for a new note.',
  })
  suppress(
    @Ctx() { services }: GraphqlContext,
    @Args(() => SuppressArguments) wanted: SuppressArguments,
  ): Promise<Suppression[]> {
    return services.suppressions.suppress(wanted);
  }

  @Mutation(() => Boolean, { description: 'The number may be contacted again.' })
  async unsuppress(
    @Ctx() { services }: GraphqlContext,
    @Arg('id', () => ID, { description: 'Of the suppression.' }) id: string,
  ): Promise<boolean> {
    await services.suppressions.unsuppress(id);
    return true;
  }
}
