// Addresses that nothing is answered to, as admins see them.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './page.type.js';

@ObjectType({ description: 'Addresses that nothing is answered to, whoever signs in from them.' })
export class BlockedIp {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: 'The range, e.g. 203.0.113.7/32.' })
  cidr!: string;

  @Field(() => String, { description: 'Why.' })
  reason!: string;

  @Field(() => Boolean, {
    description: 'The server did it itself, because whoever was there went on asking after being refused.',
  })
  automatic!: boolean;

  @Field(() => Int, { description: 'How often somebody was turned away, to within a second.' })
  hits!: number;

  @Field(() => Date, { nullable: true, description: 'When it ends by itself.' })
  expiresAt!: Date | null;

  @Field(() => Date, { description: 'Since when.' })
  createdAt!: Date;
}

export const BlockedIpConnection = connectionOf(BlockedIp, 'BlockedIp');
