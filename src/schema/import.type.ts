// Imports, as clients see them. Problems and the link to them are resolved in the resolver.
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { ImportKind } from '../entities/mailing.enums.js';
import { ImportKindEnum } from './enums.js';
import { connectionOf } from './page.type.js';

@ObjectType({
  description: 'A CSV/XLSX upload being read; rows that fail are told one by one, the others are kept.',
})
export class Import {
  @Field(() => ID, { description: 'Decimal id.' })
  id!: string;

  @Field(() => ImportKindEnum, { description: 'What the file holds.' })
  kind!: ImportKind;

  @Field(() => String, { description: 'As its sender called it.' })
  fileName!: string;

  @Field(() => Int, { nullable: true, description: 'Rows; null until the file has been looked through.' })
  total!: number | null;

  @Field(() => Int, { description: 'Rows done: created, updated or rejected.' })
  processed!: number;

  @Field(() => Int, { description: 'Rows of something new.' })
  created!: number;

  @Field(() => Int, {
    description:
      'Rows of something that was known, also from an earlier row of the file; of such rows the last one wins.',
  })
  updated!: number;

  @Field(() => Int, { description: 'Rows that were not taken; the problems say why.' })
  rejected!: number;

  @Field(() => Date, { description: 'When the upload began.' })
  createdAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When nothing was left to read.' })
  finishedAt!: Date | null;

  @Field(() => String, { nullable: true, description: 'Why the file could not be read, in a sentence.' })
  error!: string | null;
}

@ObjectType({
  description:
    'What was wrong with one row, or is not read of the file: a column that is not known is told at its first line.',
})
export class ImportProblem {
  @Field(() => Int, { description: 'As a spreadsheet numbers it: the first line of the file is 1, empty ones count.' })
  row!: number;

  @Field(() => String, {
    nullable: true,
    description: 'Which field of it, or the name of a column that is not read; null where it is the row as a whole.',
  })
  field!: string | null;

  @Field(() => String, { description: 'What was expected; never what stood there.' })
  message!: string;
}

export const ImportConnection = connectionOf(Import, 'Import');
