// What is said of a client who is made, changed or looked for. Rules stand beside the service.
import { ArgsType, Field, InputType } from 'type-graphql';
import type { ClientQuery, CreateClientInput, UpdateClientInput } from '../domain/clients/client.inputs.js';
import type { ClientOrder } from '../entities/mailing.enums.js';
import { ClientOrderEnum } from './enums.js';
import { PageArguments } from './page.type.js';
import { TimeZoneScalar } from './scalars.js';

@InputType('CreateClientInput', { description: 'A person for the directory.' })
export class CreateClientInputType implements CreateClientInput {
  @Field(() => String, { description: '7XXXXXXXXXX.' })
  phone!: string;

  @Field(() => String, { nullable: true, description: 'Taken from the phone where left out.' })
  operatorCode?: string | null;

  @Field(() => String, { nullable: true, description: 'A free label, at most 100 characters.' })
  tag?: string | null;

  @Field(() => TimeZoneScalar, { description: 'Where they live.' })
  timezone!: string;

  @Field(() => String, { nullable: true, description: 'What they are called, at most 200 characters.' })
  name?: string | null;
}

@InputType('UpdateClientInput', { description: 'What is to change; an absent key leaves the value.' })
export class UpdateClientInputType implements UpdateClientInput {
  @Field(() => String, { nullable: true, description: '7XXXXXXXXXX; queued messages follow to it.' })
  phone?: string;

  @Field(() => String, { nullable: true, description: 'null: taken from the phone.' })
  operatorCode?: string | null;

  @Field(() => String, { nullable: true, description: 'null: none.' })
  tag?: string | null;

  @Field(() => TimeZoneScalar, { nullable: true, description: 'Where they live; queued messages keep to its clock.' })
  timezone?: string;

  @Field(() => String, { nullable: true, description: 'null: none.' })
  name?: string | null;
}

@InputType({ description: 'Keys are combined with AND, values in one key with OR; empty ones do not restrict.' })
export class ClientFilter implements NonNullable<ClientQuery['filter']> {
  @Field(() => [String], { nullable: true, description: 'Three digits each.' })
  operatorCodes?: string[] | null;

  @Field(() => [String], { nullable: true, description: 'Labels, as they are written.' })
  tags?: string[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Part of a name, a tag or a number; who sees masked numbers finds them by exactly their last four digits.',
  })
  search?: string | null;
}

@ArgsType()
export class ClientArguments extends PageArguments implements ClientQuery {
  @Field(() => ClientFilter, { nullable: true, description: 'Everybody where left out.' })
  filter?: ClientFilter | null;

  @Field(() => ClientOrderEnum, { nullable: true, description: 'NEWEST where left out.' })
  orderBy?: ClientOrder | null;
}
