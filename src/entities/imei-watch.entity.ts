// A device that somebody has checked again and again by itself. The row says when the next check is due; the checks are in the history.
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { bigintId, bigintRef, createdMoment, moment } from './columns.js';

const indexed = (name: string, columns: string, where: string) => ({
  name: `imei_watch_${name}`,
  expression: `create index imei_watch_${name} on imei_watch (${columns}) where ${where}`,
});

@Entity({ tableName: 'imei_watch' })
@Index({
  name: 'imei_watch_device_unique',
  expression: 'create unique index imei_watch_device_unique on imei_watch (imei, requested_by)',
})
@Index({ properties: ['requestedBy', 'id'] })
@Index(indexed('due_index', 'next_at', 'not waiting'))
@Index(indexed('waiting_index', 'id', 'waiting'))
export class ImeiWatch {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'text' })
  imei!: string;

  /** As the audit log names them. */
  @Property({ type: 'text' })
  requestedBy!: string;

  @Property({ type: 'integer' })
  everyHours!: number;

  @Property(moment())
  nextAt!: Date;

  /** The last one that it asked for; null before the first. */
  @Property({ ...bigintRef(), nullable: true })
  checkId: string | null = null;

  /** That check has not been seen to end. */
  @Property({ type: 'boolean', default: false })
  waiting = false;

  /** How many in a row the provider did not do. */
  @Property({ type: 'integer', default: 0 })
  failures = 0;

  @Property(createdMoment())
  createdAt!: Date;
}
