// A span of time that a list is narrowed to.
import { Field, InputType } from 'type-graphql';

@InputType({ description: 'From, inclusive, to, exclusive.' })
export class DateTimeRange {
  @Field(() => Date, { nullable: true, description: 'No earlier than this.' })
  from?: Date | null;

  @Field(() => Date, { nullable: true, description: 'Before this.' })
  to?: Date | null;
}
