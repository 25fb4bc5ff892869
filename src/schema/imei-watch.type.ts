// Watches of devices, as clients of the API see them.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './page.type.js';

@ObjectType({
  description: 'A device that is checked again by itself; a change is announced on imeiChecks, whoever finds it.',
})
export class ImeiWatch {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => String, { description: '15 digits.' })
  imei!: string;

  @Field(() => Int, { description: 'From the end of one check to the next one.' })
  everyHours!: number;

  @Field(() => String, { description: 'Who watches, as the audit log names them.' })
  requestedBy!: string;

  @Field(() => Date, {
    description:
      'When it is checked next. Put off to the next day where the daily limit is reached, and for an hour at a time while its owner may not check.',
  })
  nextAt!: Date;

  @Field(() => Date, { description: 'Since when.' })
  createdAt!: Date;
}

export const ImeiWatchConnection = connectionOf(ImeiWatch, 'ImeiWatch');
