// The state of the system, its alarms and its ticks, as operators see them.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { ErrorCode } from '../shared/errors.js';
import { ErrorCodeEnum } from './enums.js';
import { GatewayStatus } from './message.type.js';

@ObjectType({ description: 'What an error code means, and the HTTP status that REST gives it.' })
export class ErrorInfo {
  @Field(() => ErrorCodeEnum, { description: 'As in extensions.code.' })
  code!: ErrorCode;

  @Field(() => Int, { description: 'Status of the same failure over REST.' })
  httpStatus!: number;

  @Field(() => String, { description: 'In a sentence.' })
  meaning!: string;

  @Field(() => [String], { description: 'What extensions.reasons can hold with it.' })
  reasons!: string[];

  @Field(() => [String], { description: 'What extensions.fields[].code can be with it.' })
  fieldCodes!: string[];
}

@ObjectType({
  description: 'Something that a person has to look at; also told to the bot’s admins and to ALERT_WEBHOOK_URL.',
})
export class Alarm {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: 'What kind of trouble, e.g. JOB_FAILING.' })
  kind!: string;

  @Field(() => String, { description: 'What happened and what to do, in a sentence.' })
  message!: string;

  @Field(() => Date, { description: 'Since when.' })
  since!: Date;

  @Field(() => Date, { nullable: true, description: 'When somebody took it on.' })
  acknowledgedAt!: Date | null;
}

@ObjectType({ description: 'What runs here, on what, since when.' })
export class SystemStatus {
  @Field(() => String, { description: 'Of the program.' })
  version!: string;

  @Field(() => Date, { description: 'When this process started.' })
  startedAt!: Date;

  @Field(() => [String], { description: 'Roles of this process: web, worker, bot.' })
  roles!: string[];

  @Field(() => String, { description: 'The database server.' })
  database!: string;

  @Field(() => String, { description: 'Where scheduled jobs are kept.' })
  jobs!: string;

  @Field(() => String, { description: 'What carries live events between processes.' })
  pubsub!: string;

  @Field(() => [GatewayStatus], { description: 'The message gateway as each worker sees it.' })
  gateways!: GatewayStatus[];

  @Field(() => Int, { description: 'Messages that wait, of all mailings.' })
  queuedMessages!: number;

  @Field(() => [Alarm], { description: 'What nobody has taken on yet.' })
  alarms!: Alarm[];
}

@ObjectType({ description: 'A tick of the scheduler.' })
export class ScheduledJob {
  @Field(() => String, { description: 'Its fixed name.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'How often it runs.' })
  every!: string | null;

  @Field(() => Date, { nullable: true, description: 'When it last began.' })
  lastRunAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it last ended.' })
  lastFinishedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it runs next.' })
  nextRunAt!: Date | null;

  @Field(() => Int, { description: 'How often it failed.' })
  failCount!: number;

  @Field(() => String, { nullable: true, description: 'Code of its last failure.' })
  lastError!: string | null;
}
