// Do not contact, as clients of the API see it. The number is resolved.
import { Field, ID, ObjectType } from 'type-graphql';
import type { Channel, SuppressionSource } from '../entities/mailing.enums.js';
import { ChannelEnum, SuppressionSourceEnum } from './enums.js';
import { connectionOf } from './page.type.js';

@ObjectType({
  description:
    'Do not contact: by number, so that it holds for clients, uploaded bases and leads alike, now and later.',
})
export class Suppression {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  phone!: string;

  @Field(() => ChannelEnum, { description: 'How the number must not be contacted.' })
  channel!: Channel;

  @Field(() => SuppressionSourceEnum, { description: 'Who or what asked for it.' })
  source!: SuppressionSource;

  @Field(() => String, { nullable: true, description: 'Why.' })
  note!: string | null;

  @Field(() => Date, { description: 'Since when.' })
  createdAt!: Date;
}

export const SuppressionConnection = connectionOf(Suppression, 'Suppression');
