// What a mailing would do, and why one person was, or was not, reached, as clients see it.
import { Field, Int, ObjectType } from 'type-graphql';
import type { RecipientVerdict } from '../entities/mailing.enums.js';
import { CountByKey } from './count-by-key.type.js';
import { RecipientVerdictEnum } from './enums.js';
import { Message } from './message.type.js';
import { LocalTimeScalar } from './scalars.js';

@ObjectType({ description: 'How many messages are sent by then; straight lines lie between these points.' })
export class RehearsalPoint {
  @Field(() => Date, { description: 'When.' })
  at!: Date;

  @Field(() => Int, { description: 'How many.' })
  done!: number;
}

@ObjectType({
  description:
    'What would happen, from the same planner that runs live, on a virtual clock. An estimate: the audience is as it is now, and the workers are as fast as they were in the last minutes (500 messages a second where none has sent any), with nothing else to send and nothing to send twice.',
})
export class Rehearsal {
  @Field(() => Int, { description: 'Who would get a message: those who match the filter and may be contacted.' })
  recipients!: number;

  @Field(() => Int, { description: 'Who match the filter, too, but must not be contacted.' })
  suppressed!: number;

  @Field(() => Int, { nullable: true, description: 'SMS segments of the text.' })
  segments!: number | null;

  @Field(() => Date, { nullable: true, description: 'When the last message goes out; null where some would miss.' })
  finishesAt!: Date | null;

  @Field(() => Int, { description: 'How many of the recipients the end comes too early for.' })
  willMiss!: number;

  @Field(() => [CountByKey], {
    description:
      'Why they miss. WINDOW_NEVER_OPENS: not in this span. RATE_LIMIT: without the limit they would be reached. WINDOW_TOO_SHORT: not even so, but at any hour they would. CAPACITY: more than the workers can send in this span.',
  })
  reasons!: readonly CountByKey[];

  @Field(() => [RehearsalPoint], { description: 'How it goes, in at most 60 points.' })
  curve!: readonly RehearsalPoint[];

  @Field(() => String, {
    nullable: true,
    description: 'The smallest change that would reach those who miss, in a sentence; null where none do.',
  })
  advice!: string | null;
}

@ObjectType({ description: 'Why one person was, or was not, reached.' })
export class RecipientExplanation {
  @Field(() => Boolean, { description: 'Whether the filter matches this person, as both are now.' })
  matched!: boolean;

  @Field(() => LocalTimeScalar, { description: 'What their clock shows now.' })
  localTime!: string;

  @Field(() => Boolean, { description: 'Whether their time lies in the window now; true where there is none.' })
  windowOpen!: boolean;

  @Field(() => Date, {
    nullable: true,
    description: 'When it opens next; null while it is open, and where it does not open again before the end.',
  })
  nextWindowAt!: Date | null;

  @Field(() => Boolean, { description: 'Whether this number must not be contacted.' })
  suppressed!: boolean;

  @Field(() => Message, { nullable: true, description: 'Their message in this mailing; null where there is none.' })
  message!: Message | null;

  @Field(() => RecipientVerdictEnum, { description: 'Which question of the sending decides.' })
  verdict!: RecipientVerdict;

  @Field(() => String, { description: 'In a sentence, with what happens next.' })
  explanation!: string;
}
