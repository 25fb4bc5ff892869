// IMEI checks and their provider, as clients of the API see them. The raw answer is resolved.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Door } from '../entities/account.enums.js';
import type { ImeiCheckStatus } from '../entities/imei.enums.js';
import type { BreakerState } from '../entities/mailing.enums.js';
import { Device, DeviceChange } from './device.type.js';
import { BreakerStateEnum, DoorEnum, ImeiCheckStatusEnum } from './enums.js';
import { connectionOf } from './page.type.js';
import { DecimalScalar } from './scalars.js';

@ObjectType({ description: 'What somebody asked about one device, and what came of it.' })
export class ImeiCheck {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: '15 digits.' })
  imei!: string;

  @Field(() => String, { description: 'Its first eight digits: the model.' })
  tac!: string;

  @Field(() => ImeiCheckStatusEnum, { description: 'What became of it.' })
  status!: ImeiCheckStatus;

  @Field(() => String, { description: 'Who is asked.' })
  provider!: string;

  @Field(() => Int, { nullable: true, description: "The provider's service." })
  serviceId!: number | null;

  @Field(() => String, { nullable: true, description: 'What the provider calls it.' })
  serviceTitle!: string | null;

  @Field(() => Device, { nullable: true, description: 'Null unless SUCCESSFUL.' })
  device!: Device | null;

  rawText!: string | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'What was paid for it; null while it is not known.' })
  cost!: string | null;

  @Field(() => Boolean, {
    description: 'Answered from an earlier check, or together with another one; nothing was paid.',
  })
  cached!: boolean;

  @Field(() => Int, { description: 'How old the answer was.' })
  ageSeconds!: number;

  @Field(() => DoorEnum, { description: 'By which way it was asked for.' })
  via!: Door;

  @Field(() => String, { nullable: true, description: 'Who asked, as the audit log names them.' })
  requestedBy!: string | null;

  @Field(() => String, { nullable: true, description: 'Why there is no answer.' })
  error!: string | null;

  @Field(() => Date, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When it ended; null while it is PENDING.' })
  completedAt!: Date | null;

  @Field(() => [DeviceChange], {
    description: 'What changed since the previous successful check of this device by the same service.',
  })
  changes!: DeviceChange[];
}

@ObjectType({ description: 'A check ended.' })
export class ImeiCheckEvent {
  @Field(() => ID, { description: 'For `after`.' })
  id!: string;

  @Field(() => Date, { description: 'When.' })
  at!: Date;

  @Field(() => ImeiCheck, { description: 'The check.' })
  node!: ImeiCheck;
}

@ObjectType({ description: 'A kind of check that the provider offers.' })
export class ImeiService {
  @Field(() => Int, { description: 'For checkImei.' })
  id!: number;

  @Field(() => String, { description: 'Whose it is.' })
  provider!: string;

  @Field(() => String, { description: 'What the provider calls it.' })
  title!: string;

  @Field(() => DecimalScalar, { description: 'Of a successful check.' })
  price!: string;
}

@ObjectType({ description: 'A provider of IMEI checks, as this process sees it.' })
export class ImeiProviderStatus {
  @Field(() => String, { description: 'Its name.' })
  provider!: string;

  @Field(() => Boolean, { description: 'It answers, and is asked.' })
  available!: boolean;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'What is left on the account; null where it does not tell.',
  })
  balance!: string | null;

  @Field(() => BreakerStateEnum, { description: 'Whether it is asked.' })
  breaker!: BreakerState;
}

export const ImeiCheckConnection = connectionOf(ImeiCheck, 'ImeiCheck');
