// What is ordered as a batch. Rules stand beside the service.
import { Field, InputType, Int } from 'type-graphql';
import type { CheckImeisInput as CheckShape } from '../domain/imei/imei-batch.inputs.js';
import { DecimalScalar } from './scalars.js';

@InputType({ description: 'Devices to check together.' })
export class CheckImeisInput implements CheckShape {
  @Field(() => [String], {
    description:
      'At most 10,000; more by file over REST. In any spelling; who is there twice is checked and counted once.',
  })
  imeis!: string[];

  @Field(() => Int, { nullable: true, description: 'Chosen by the brand of each where left out.' })
  serviceId?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Accept earlier answers up to this old; 0 asks again, 86400 where left out.',
  })
  maxAgeSeconds?: number | null;

  @Field(() => DecimalScalar, {
    nullable: true,
    description: 'The batch never costs more: before that it ends with COST_LIMIT, and the rest is skipped.',
  })
  costLimit?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input gives the first batch again, for 24 hours.',
  })
  idempotencyKey?: string | null;
}
