// A key that a client sent with a creation: the same key and input give the first row again. Neither is kept in clear.
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { bigintRef, createdMoment } from './columns.js';

@Entity({ tableName: 'idempotency_key' })
export class IdempotencyKey {
  /** Keyed hash of actor, operation and key. */
  @PrimaryKey({ type: 'Buffer' })
  hash!: Buffer;

  @Property({ type: 'Buffer' })
  inputHash!: Buffer;

  @Property(bigintRef())
  rowId!: string;

  @Property(createdMoment())
  @Index()
  createdAt!: Date;
}
