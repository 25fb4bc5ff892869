// Mailings and their figures, as clients see them. Relations are resolved in the resolvers.
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { MailingStatus, MessageStatus, UncertainPolicy, Weekday } from '../entities/mailing.enums.js';
import { MailingStatusEnum, MessageStatusEnum, UncertainPolicyEnum, WeekdayEnum } from './enums.js';
import { connectionOf } from './page.type.js';
import { LocalTimeScalar } from './scalars.js';

@ObjectType({ description: 'A local-time interval; `to` earlier than `from` crosses midnight.' })
export class LocalWindow {
  @Field(() => LocalTimeScalar, { description: 'When it opens.' })
  from!: string;

  @Field(() => LocalTimeScalar, { description: 'When it closes; this minute is outside.' })
  to!: string;

  @Field(() => [WeekdayEnum], { nullable: true, description: 'Days on which it opens; any where null.' })
  days!: Weekday[] | null;
}

@ObjectType({
  description: 'Who is meant: keys are combined with AND, values in one key with OR; an empty one is any.',
})
export class Audience {
  @Field(() => [String], { description: 'Three digits each.' })
  operatorCodes!: string[];

  @Field(() => [String], { description: 'One of these.' })
  tags!: string[];
}

@ObjectType({ description: 'What is sent to whom, within which span.' })
export class Mailing {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: 'What messages not yet sent will say.' })
  text!: string;

  operatorCodes!: string[];

  tags!: string[];

  @Field(() => Date, { description: 'Nothing is sent before.' })
  startsAt!: Date;

  @Field(() => Date, { description: 'Nothing is sent after.' })
  endsAt!: Date;

  @Field(() => LocalWindow, { nullable: true, description: "Times of each client's own day; any where null." })
  window!: LocalWindow | null;

  @Field(() => MailingStatusEnum, { description: 'How far it is.' })
  status!: MailingStatus;

  @Field(() => Int, { nullable: true, description: 'Messages a second, over all workers; no limit where null.' })
  rateLimit!: number | null;

  @Field(() => UncertainPolicyEnum, { description: 'What becomes of a message whose answer was lost.' })
  onUncertain!: UncertainPolicy;

  @Field(() => Date, { description: 'When it was made.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it first ran.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it was completed, cancelled or came to its end.' })
  finishedAt!: Date | null;
}

const counter = (description: string) => Field(() => Int, { description });

@ObjectType({
  description:
    'Sums to `planned` at every moment: planned = queued + sending + sent + failed + expired + cancelled + suppressed + uncertain.',
})
export class MailingStats {
  @counter('Messages so far; the audience is planned from the start on.')
  planned!: number;

  @counter('Waiting.')
  queued!: number;

  @counter('Under way.')
  sending!: number;

  @counter('Taken by the gateway.')
  sent!: number;

  @counter('Refused for good.')
  failed!: number;

  @counter('Not sent before the end.')
  expired!: number;

  @counter('Taken back before they were sent.')
  cancelled!: number;

  @counter('To numbers that must not be contacted.')
  suppressed!: number;

  @counter('Whose answer was lost, where the mailing holds such messages.')
  uncertain!: number;

  @counter('Requests that were begun.')
  attempts!: number;

  @Field(() => Float, { description: 'Speed now.' })
  perSecond!: number;

  @Field(() => Date, {
    nullable: true,
    description: 'When the last one will be sent at this speed; null where nothing goes on or nothing is left.',
  })
  etaAt!: Date | null;
}

@ObjectType({ description: 'How many mailings are in a status.' })
export class MailingStatusCount {
  @Field(() => MailingStatusEnum, { description: 'Which.' })
  status!: MailingStatus;

  @counter('How many.')
  count!: number;
}

@ObjectType({ description: 'How many messages are in a status.' })
export class MessageStatusCount {
  @Field(() => MessageStatusEnum, { description: 'Which.' })
  status!: MessageStatus;

  @counter('How many.')
  count!: number;
}

@ObjectType({ description: 'All mailings together; deleted ones keep counting.' })
export class MailingOverview {
  @counter('Mailings ever made.')
  mailings!: number;

  @Field(() => [MailingStatusCount], { description: 'Each status once.' })
  byMailingStatus!: MailingStatusCount[];

  @counter('Messages ever planned.')
  messages!: number;

  @Field(() => [MessageStatusCount], { description: 'Each status once.' })
  byMessageStatus!: MessageStatusCount[];
}

@ObjectType({ description: 'A mailing as it is now.' })
export class MailingProgress {
  @Field(() => Mailing, { description: 'The mailing.' })
  mailing!: Mailing;

  @Field(() => MailingStats, { description: 'Its figures.' })
  stats!: MailingStats;

  @Field(() => Date, { description: 'As of when.' })
  at!: Date;
}

export const MailingConnection = connectionOf(Mailing, 'Mailing');
