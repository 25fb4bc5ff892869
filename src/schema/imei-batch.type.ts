// Batches of IMEI checks, as clients of the API see them. Checks and the link to the file are resolved.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { ImeiBatchHoldReason, ImeiBatchStatus } from '../entities/imei.enums.js';
import { ImeiBatchHoldReasonEnum, ImeiBatchStatusEnum } from './enums.js';
import { connectionOf } from './page.type.js';
import { DecimalScalar } from './scalars.js';

@ObjectType({ description: 'Why a batch does not go on now.' })
export class ImeiBatchHold {
  @Field(() => ImeiBatchHoldReasonEnum, { description: 'Why.' })
  reason!: ImeiBatchHoldReason;

  @Field(() => Date, { nullable: true, description: 'Until then; null where that is not known.' })
  until!: Date | null;

  @Field(() => Int, { description: 'Devices whose check has not ended.' })
  waiting!: number;
}

@ObjectType({
  description:
    'Devices that are checked together. done = successful + unsuccessful + failed; at the end total = done + skipped.',
})
export class ImeiBatch {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => ImeiBatchStatusEnum, { description: 'Whether it goes on.' })
  status!: ImeiBatchStatus;

  @Field(() => ImeiBatchHold, {
    nullable: true,
    description: 'Why a RUNNING one does not go on now; null while it does.',
  })
  hold!: ImeiBatchHold | null;

  @Field(() => DecimalScalar, { nullable: true, description: 'It never costs more.' })
  costLimit!: string | null;

  @Field(() => Int, { description: 'Devices, each counted once.' })
  total!: number;

  @Field(() => Int, { description: 'Devices whose check has ended.' })
  done!: number;

  @Field(() => Int, { description: 'Of these, whom the provider knows.' })
  successful!: number;

  @Field(() => Int, { description: 'Of these, whom the provider knows nothing of.' })
  unsuccessful!: number;

  @Field(() => Int, { description: 'Of these, about whom there is no answer.' })
  failed!: number;

  @Field(() => Int, { description: 'Not asked about, and not paid for: it was cancelled, or the limit was reached.' })
  skipped!: number;

  @Field(() => DecimalScalar, { description: 'Paid so far.' })
  cost!: string;

  @Field(() => Date, { nullable: true, description: 'When the last check ended that was under way.' })
  finishedAt!: Date | null;
}

export const ImeiBatchConnection = connectionOf(ImeiBatch, 'ImeiBatch');
