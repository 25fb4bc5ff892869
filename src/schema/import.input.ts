// Which imports are asked for.
import { ArgsType, Field } from 'type-graphql';
import type { ImportKind } from '../entities/mailing.enums.js';
import { ImportKindEnum } from './enums.js';
import { PageArguments } from './page.type.js';

@ArgsType()
export class ImportArguments extends PageArguments {
  @Field(() => ImportKindEnum, { nullable: true, description: 'All kinds where left out.' })
  kind?: ImportKind | null;
}
