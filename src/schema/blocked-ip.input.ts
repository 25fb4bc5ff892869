// What is said when addresses are blocked. Rules stand beside the service.
import { ArgsType, Field } from 'type-graphql';
import type { BlockAddressInput } from '../domain/leads/blocked-address.inputs.js';

@ArgsType()
export class BlockIpArguments implements BlockAddressInput {
  @Field(() => String, { description: 'An address or a CIDR range, e.g. 203.0.113.7 or 2001:db8::/48.' })
  cidr!: string;

  @Field(() => String, { description: 'For other admins, at most 200 characters.' })
  reason!: string;

  @Field(() => Date, { nullable: true, description: 'When it ends by itself; never where left out.' })
  expiresAt?: Date | null;
}
