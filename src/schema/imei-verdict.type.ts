// What a number says by itself, as clients of the API see it.
import { Field, ObjectType } from 'type-graphql';
import type { ImeiProblem } from '../entities/imei.enums.js';
import { ImeiProblemEnum } from './enums.js';

@ObjectType({
  description:
    'What can be said without asking, or paying, anyone. valid = an IMEI could be derived; checkImei accepts exactly what is valid here.',
})
export class ImeiVerdict {
  @Field(() => String, { description: 'As it was asked.' })
  input!: string;

  @Field(() => Boolean, { description: 'Whether an IMEI could be derived.' })
  valid!: boolean;

  @Field(() => ImeiProblemEnum, { nullable: true, description: 'Why not.' })
  problem!: ImeiProblem | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Normalised 15 digits where they can be derived (a 14-digit input gets its check digit, a 16-digit one is an IMEISV).',
  })
  imei!: string | null;

  @Field(() => String, { nullable: true, description: 'Its first eight digits: the model.' })
  tac!: string | null;

  @Field(() => String, { nullable: true, description: 'Who registered the model; not the country of sale.' })
  reportingBody!: string | null;

  @Field(() => String, { nullable: true, description: 'Whose model it is, where that is known.' })
  brand!: string | null;

  @Field(() => String, { nullable: true, description: 'Which model, where that is known.' })
  model!: string | null;

  @Field(() => [String], {
    description: 'Valid numbers one swapped pair or one digit away from a mistyped one, best first; ten at most.',
  })
  suggestions!: readonly string[];
}
