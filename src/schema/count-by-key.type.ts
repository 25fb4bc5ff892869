// How many there are of each: tags, operator codes, reasons.
import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'How many there are under one key.' })
export class CountByKey {
  @Field(() => String, { description: 'What is counted.' })
  key!: string;

  @Field(() => Int, { description: 'How many.' })
  count!: number;
}
