// What is asked of a device, and which checks are looked for. Rules stand beside the service.
import { ArgsType, Field, InputType, Int } from 'type-graphql';
import type { CheckImeiInput as CheckShape, ImeiCheckQuery } from '../domain/imei/imei-check.inputs.js';
import type { Door } from '../entities/account.enums.js';
import type { ImeiCheckStatus } from '../entities/imei.enums.js';
import { DateTimeRange } from './date-time-range.input.js';
import { DoorEnum, ImeiCheckStatusEnum } from './enums.js';
import { PageArguments } from './page.type.js';

@InputType({ description: 'A device to check.' })
export class CheckImeiInput implements CheckShape {
  @Field(() => String, { description: 'In any spelling; 14, 15 or 16 digits.' })
  imei!: string;

  @Field(() => Int, { nullable: true, description: 'Chosen by the brand where left out.' })
  serviceId?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Accept an earlier answer up to this old; 0 asks again, 86400 where left out.',
  })
  maxAgeSeconds?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input gives the first check again, for 24 hours.',
  })
  idempotencyKey?: string | null;
}

@InputType({
  description: 'Keys are combined with AND, the values of one with OR; what is empty or absent does not restrict.',
})
export class ImeiCheckFilter implements NonNullable<ImeiCheckQuery['filter']> {
  @Field(() => String, { nullable: true, description: 'This device, in any spelling.' })
  imei?: string | null;

  @Field(() => String, { nullable: true, description: 'All devices of this model: the first eight digits.' })
  tac?: string | null;

  @Field(() => [ImeiCheckStatusEnum], { nullable: true, description: 'One of these.' })
  status?: ImeiCheckStatus[] | null;

  @Field(() => [DoorEnum], { nullable: true, description: 'Asked for by one of these ways.' })
  via?: Door[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'When it was asked for.' })
  createdAt?: DateTimeRange | null;
}

@ArgsType()
export class ImeiCheckArguments extends PageArguments implements ImeiCheckQuery {
  @Field(() => ImeiCheckFilter, { nullable: true, description: 'All where left out.' })
  filter?: ImeiCheckFilter | null;
}
