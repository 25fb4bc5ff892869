// Messages, what becomes of them live, and the gateway that takes them, as clients see them.
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { BreakerState, MessageStatus } from '../entities/mailing.enums.js';
import { BreakerStateEnum, MessageStatusEnum } from './enums.js';
import { connectionOf } from './page.type.js';

@ObjectType({ description: 'One mailing to one client.' })
export class Message {
  @Field(() => ID, { description: "Decimal id, the gateway's message id over all attempts." })
  id!: string;

  mailingId!: string;

  clientId!: string;

  phone!: string;

  @Field(() => String, { description: 'As it was, or will be, sent.' })
  text!: string;

  @Field(() => Int, { description: "Which of the mailing's texts that is, from 1 on." })
  textVersion!: number;

  @Field(() => MessageStatusEnum, { description: 'What became of it.' })
  status!: MessageStatus;

  @Field(() => Date, { description: 'When it was planned.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When the gateway took it.' })
  sentAt!: Date | null;

  @Field(() => Int, { description: 'Requests that were begun.' })
  attempts!: number;

  @Field(() => Date, { nullable: true, description: 'Not tried before; null where it is not waiting.' })
  nextAttemptAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why the last attempt did not succeed.' })
  lastError!: string | null;
}

@ObjectType({ description: 'A message came to a final state.' })
export class MessageEvent {
  @Field(() => ID, { description: 'For `after`.' })
  id!: string;

  @Field(() => Message, { description: 'The message as it is now.' })
  message!: Message;

  @Field(() => MessageStatusEnum, { description: 'What it came to then.' })
  status!: MessageStatus;

  @Field(() => Date, { description: 'When.' })
  at!: Date;
}

@ObjectType({ description: 'The message gateway as one worker sees it.' })
export class GatewayStatus {
  @Field(() => String, { description: 'Of the gateway.' })
  name!: string;

  @Field(() => String, { description: 'Who says so.' })
  worker!: string;

  @Field(() => BreakerStateEnum, { description: 'Whether it is asked.' })
  breaker!: BreakerState;

  @Field(() => Int, { description: 'How many requests may be under way.' })
  concurrency!: number;

  @Field(() => Float, { description: 'Share of the last exchanges that went well, 0 to 1.' })
  successRate!: number;

  @Field(() => Int, { description: 'In which time 95 of 100 answers came.' })
  p95Ms!: number;

  @Field(() => String, { nullable: true, description: 'The last thing that went wrong.' })
  lastError!: string | null;
}

export const MessageConnection = connectionOf(Message, 'Message');
