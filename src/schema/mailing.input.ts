// What mailings are made, changed and found with. The services check it.
import { ArgsType, Field, InputType, Int } from 'type-graphql';
import type {
  CreateMailingInput as CreateShape,
  UpdateMailingInput as UpdateShape,
} from '../domain/mailings/mailing.inputs.js';
import type { MailingFilterInput, MailingQuery } from '../domain/mailings/mailings.service.js';
import type { MailingOrder, MailingStatus, UncertainPolicy, Weekday } from '../entities/mailing.enums.js';
import { DateTimeRange } from './date-time-range.input.js';
import { MailingOrderEnum, MailingStatusEnum, UncertainPolicyEnum, WeekdayEnum } from './enums.js';
import { PageArguments } from './page.type.js';
import { LocalTimeScalar } from './scalars.js';

@InputType({ description: 'A local-time interval; `to` earlier than `from` crosses midnight.' })
export class LocalWindowInput {
  @Field(() => LocalTimeScalar, { description: 'When it opens.' })
  from!: string;

  @Field(() => LocalTimeScalar, { description: 'When it closes; not the same as `from`.' })
  to!: string;

  @Field(() => [WeekdayEnum], { nullable: true, description: 'Days on which it opens; any where left out.' })
  days?: Weekday[] | null;
}

@InputType({
  description: 'Empty or absent keys do not restrict; keys are combined with AND, values in one key with OR.',
})
export class AudienceFilter {
  @Field(() => [String], { nullable: true, description: 'Three digits each.' })
  operatorCodes?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'At most 100 characters each.' })
  tags?: string[] | null;
}

const rateLimit = 'Messages a second, over all workers, 1 to 10000; no limit where it is null.';

@InputType({ description: 'A new mailing.' })
export class CreateMailingInput implements CreateShape {
  @Field(() => String, { description: '1 to 2000 characters.' })
  text!: string;

  @Field(() => AudienceFilter, { nullable: true, description: 'Everybody where left out.' })
  filter?: AudienceFilter | null;

  @Field(() => Date, { nullable: true, description: 'Now where left out.' })
  startsAt?: Date | null;

  @Field(() => Date, { description: 'Nothing is sent after; in the future.' })
  endsAt!: Date;

  @Field(() => LocalWindowInput, { nullable: true, description: "Times of each client's own day; any where left out." })
  window?: LocalWindowInput | null;

  @Field(() => Int, { nullable: true, description: rateLimit })
  rateLimit?: number | null;

  @Field(() => UncertainPolicyEnum, {
    nullable: true,
    description: 'RETRY where left out, under the same message id.',
  })
  onUncertain?: UncertainPolicy | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input gives the first mailing again, for 24 hours.',
  })
  idempotencyKey?: string | null;
}

@InputType({
  description:
    'While it runs: a new text goes to messages not yet sent, a new filter plans those who join and cancels the queued who leave, a new end, window or limit applies at the next claim. A start that has passed cannot change; a finished mailing can only be deleted.',
})
export class UpdateMailingInput implements UpdateShape {
  @Field(() => String, { nullable: true, description: '1 to 2000 characters; not null.' })
  text?: string;

  @Field(() => AudienceFilter, { nullable: true, description: 'Everybody where it is null.' })
  filter?: AudienceFilter | null;

  @Field(() => Date, { nullable: true, description: 'Not null.' })
  startsAt?: Date;

  @Field(() => Date, { nullable: true, description: 'Not null.' })
  endsAt?: Date;

  @Field(() => LocalWindowInput, { nullable: true, description: 'Any time where it is null.' })
  window?: LocalWindowInput | null;

  @Field(() => Int, { nullable: true, description: rateLimit })
  rateLimit?: number | null;
}

@InputType({ description: 'Which mailings are meant.' })
export class MailingFilter implements MailingFilterInput {
  @Field(() => [MailingStatusEnum], { nullable: true, description: 'One of these.' })
  status?: MailingStatus[] | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'When they start.' })
  startsAt?: DateTimeRange | null;

  @Field(() => String, { nullable: true, description: 'Part of the text, in upper or lower case.' })
  search?: string | null;
}

@ArgsType()
export class MailingArguments extends PageArguments implements MailingQuery {
  @Field(() => MailingFilter, { nullable: true, description: 'All where left out.' })
  filter?: MailingFilter | null;

  @Field(() => MailingOrderEnum, { nullable: true, description: 'NEWEST where left out.' })
  orderBy?: MailingOrder | null;
}
