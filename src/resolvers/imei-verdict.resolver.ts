// What a number says by itself: for everybody, without asking anyone.
import { Arg, Ctx, Query, Resolver } from 'type-graphql';
import { ImeiVerdict } from '../schema/imei-verdict.type.js';
import type { GraphqlContext } from './context.js';

@Resolver()
export class ImeiVerdictResolver {
  @Query(() => ImeiVerdict, {
    description: 'Whether this is an IMEI, and of what; nobody is asked and nothing is kept.',
  })
  validateImei(
    @Ctx() { services }: GraphqlContext,
    @Arg('imei', () => String, { description: 'In any spelling; 14, 15 or 16 digits.' }) imei: string,
  ): Promise<ImeiVerdict> {
    return services.imeiVerdicts.verdict(imei);
  }
}
