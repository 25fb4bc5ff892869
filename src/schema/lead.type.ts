// Somebody who left their data, and the figures of intake, as clients of the API see them. E-mail, number, client and what is
// reckoned are resolved.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { LeadEventKind, LeadStatus } from '../entities/lead.enums.js';
import { LeadEventKindEnum, LeadStatusEnum } from './enums.js';
import { connectionOf } from './page.type.js';
import { DateScalar } from './scalars.js';

@ObjectType({ description: 'Somebody who left their data.' })
export class Lead {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: 'As they wrote it.' })
  name!: string;

  email!: string | null;

  phone!: string | null;

  @Field(() => String, { description: 'Where they came from; no other lead has it.' })
  ipAddress!: string;

  @Field(() => Date, { description: 'When they came.' })
  createdAt!: Date;

  @Field(() => LeadStatusEnum, { description: 'How far they are.' })
  status!: LeadStatus;

  @Field(() => String, { nullable: true, description: 'Which form or campaign they came by.' })
  source!: string | null;

  @Field(() => String, { nullable: true, description: 'What staff wrote of them.' })
  note!: string | null;
}

@ObjectType({ description: 'Something happened to a lead.' })
export class LeadEvent {
  @Field(() => ID, { description: 'For `after`.' })
  id!: string;

  @Field(() => Date, { description: 'When.' })
  at!: Date;

  @Field(() => LeadEventKindEnum, { description: 'What.' })
  kind!: LeadEventKind;

  @Field(() => ID, { description: 'Of the lead.' })
  leadId!: string;

  @Field(() => Lead, { nullable: true, description: 'The lead as it is now; null once erased.' })
  node!: Lead | null;
}

@ObjectType({ description: 'What became of the attempts of one day.' })
export class LeadIntake {
  @Field(() => DateScalar, { description: 'Which day.' })
  day!: string;

  @Field(() => Int, { description: 'Taken in.' })
  accepted!: number;

  @Field(() => Int, {
    description: 'Refused: the e-mail address was known. One attempt may be refused for several reasons.',
  })
  duplicateEmail!: number;

  @Field(() => Int, { description: 'Refused: the number was known.' })
  duplicatePhone!: number;

  @Field(() => Int, { description: 'Refused: from that address somebody had left their data.' })
  duplicateIp!: number;

  @Field(() => Int, { description: 'Refused: a field was missing or malformed.' })
  invalid!: number;

  @Field(() => Int, { description: 'Refused: too many attempts from one address.' })
  limited!: number;
}

export const LeadConnection = connectionOf(Lead, 'Lead');
