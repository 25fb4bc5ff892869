// A person of the directory as clients of the API see them. The number, the local time and what refers to them are resolved.
import { Field, ID, ObjectType } from 'type-graphql';
import { connectionOf } from './page.type.js';
import { TimeZoneScalar } from './scalars.js';

@ObjectType({ description: 'A person who can be reached.' })
export class Client {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  phone!: string;

  @Field(() => String, { description: 'Three digits; those of the phone where nothing else was said.' })
  operatorCode!: string;

  @Field(() => String, { description: 'A free label; empty where there is none.' })
  tag!: string;

  @Field(() => TimeZoneScalar, { description: 'Where they live.' })
  timezone!: string;

  @Field(() => String, { nullable: true, description: 'What they are called.' })
  name!: string | null;

  @Field(() => Date, { description: 'When they were added.' })
  createdAt!: Date;

  @Field(() => Date, { description: 'When they were last changed.' })
  updatedAt!: Date;
}

export const ClientConnection = connectionOf(Client, 'Client');
