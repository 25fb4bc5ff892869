// An uploaded file being read. Its bytes wait in import_part until they have been; what was wrong is in import_problem.
import { Entity, Enum, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment, maybeMoment } from './columns.js';
import { type ImportKind, importKinds } from './mailing.enums.js';

@Entity({ tableName: 'import' })
export class Import {
  @PrimaryKey(bigintId())
  id!: string;

  @Enum({ items: () => [...importKinds] })
  kind!: ImportKind;

  @Property({ type: 'text' })
  fileName!: string;

  /** Who brought it: a token sees its own imports only. */
  @Property({ type: 'text' })
  actor!: string;

  /** Known once the file has been read to its end. */
  @Property({ type: 'integer', nullable: true })
  total: number | null = null;

  @Property({ type: 'integer', default: 0 })
  processed = 0;

  @Property({ type: 'integer', default: 0 })
  created = 0;

  @Property({ type: 'integer', default: 0 })
  updated = 0;

  @Property({ type: 'integer', default: 0 })
  rejected = 0;

  @Property(createdMoment())
  createdAt!: Date;

  /** When the last byte of the upload was stored; without it there is nothing to read yet. */
  @Property(maybeMoment())
  receivedAt: Date | null = null;

  @Property(maybeMoment())
  finishedAt: Date | null = null;

  @Property({ type: 'text', nullable: true })
  error: string | null = null;
}
