// What is said of a lead who is taken in, changed or looked for. Rules stand beside the service.
import { ArgsType, Field, ID, InputType } from 'type-graphql';
import type {
  CreateLeadInput as CreateShape,
  LeadQuery,
  UpdateLeadInput as UpdateShape,
} from '../domain/leads/lead.inputs.js';
import type { ConvertLeadInput } from '../domain/leads/lead-conversion.service.js';
import type { LeadOrder, LeadStatus } from '../entities/lead.enums.js';
import { DateTimeRange } from './date-time-range.input.js';
import { LeadOrderEnum, LeadStatusEnum } from './enums.js';
import { PageArguments } from './page.type.js';
import { TimeZoneScalar } from './scalars.js';

@InputType({ description: 'Somebody who leaves their data.' })
export class CreateLeadInput implements CreateShape {
  @Field(() => String, { description: '1 to 200 characters.' })
  name!: string;

  @Field(() => String, { description: 'An e-mail address; kept in lower case, its domain as DNS spells it.' })
  email!: string;

  @Field(() => String, { description: 'A phone number in any spelling; Russian where no country is given.' })
  phone!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Honoured from a caller with LEADS_WRITE, and from loopback itself (no proxy, no forwarding header); otherwise the caller's address is taken.",
  })
  ipAddress?: string | null;

  @Field(() => String, { nullable: true, description: 'Which form or campaign, at most 100 characters.' })
  source?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The same key with the same input gives the first lead again, for 24 hours.',
  })
  idempotencyKey?: string | null;
}

@InputType({ description: 'What is to change; an absent key leaves the value.' })
export class UpdateLeadInput implements UpdateShape {
  @Field(() => String, { nullable: true, description: '1 to 200 characters; not null.' })
  name?: string;

  @Field(() => String, { nullable: true, description: 'An e-mail address that no other lead has; not null.' })
  email?: string;

  @Field(() => String, { nullable: true, description: 'A phone number that no other lead has; not null.' })
  phone?: string;

  @Field(() => LeadStatusEnum, { nullable: true, description: 'How far they are; not null.' })
  status?: LeadStatus;

  @Field(() => String, { nullable: true, description: 'At most 2000 characters; null: none.' })
  note?: string | null;
}

const whole = 'who sees them masked can’t ask by it.';

@InputType({ description: 'Keys are combined with AND, statuses with OR; what is empty or absent does not restrict.' })
export class LeadFilter implements NonNullable<LeadQuery['filter']> {
  @Field(() => String, { nullable: true, description: `The whole e-mail address, in any spelling; ${whole}` })
  email?: string | null;

  @Field(() => String, { nullable: true, description: 'The domain of their e-mail address.' })
  emailDomain?: string | null;

  @Field(() => String, { nullable: true, description: `The whole number, in any spelling; ${whole}` })
  phone?: string | null;

  @Field(() => String, { nullable: true, description: 'The last four digits of their number.' })
  phoneLastFour?: string | null;

  @Field(() => String, { nullable: true, description: 'Part of the name, in upper or lower case.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'Where they came from.' })
  ipAddress?: string | null;

  @Field(() => [LeadStatusEnum], { nullable: true, description: 'One of these.' })
  status?: LeadStatus[] | null;

  @Field(() => String, { nullable: true, description: 'Which form or campaign they came by.' })
  source?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: 'When they came.' })
  createdAt?: DateTimeRange | null;
}

@ArgsType()
export class LeadArguments extends PageArguments implements LeadQuery {
  @Field(() => LeadFilter, { nullable: true, description: 'All where left out.' })
  filter?: LeadFilter | null;

  @Field(() => LeadOrderEnum, { nullable: true, description: 'NEWEST where left out.' })
  orderBy?: LeadOrder | null;
}

@ArgsType()
export class ConvertLeadArguments implements ConvertLeadInput {
  @Field(() => ID, { description: 'Of the lead.' })
  id!: string;

  @Field(() => String, { nullable: true, description: 'Of a new client; at most 100 characters.' })
  tag?: string | null;

  @Field(() => TimeZoneScalar, { nullable: true, description: 'Of a new client; DEFAULT_TIMEZONE where left out.' })
  timezone?: string | null;
}
