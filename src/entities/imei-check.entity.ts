// One check of somebody who asked: the history. What the provider said is in the exchange, which many may share.
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Door, doors } from './account.enums.js';
import { bigintId, createdMoment, maybeMoment } from './columns.js';
import { type ImeiCheckStatus, imeiCheckStatuses } from './imei.enums.js';
import { ImeiExchange } from './imei-exchange.entity.js';

@Entity({ tableName: 'imei_check' })
@Index({ properties: ['requestedBy', 'id'] })
@Index({
  name: 'imei_check_imei_index',
  expression: 'create index imei_check_imei_index on imei_check (imei text_pattern_ops, id)',
})
@Index({
  name: 'imei_check_pending_index',
  expression: 'create index imei_check_pending_index on imei_check (exchange_id) where completed_at is null',
})
export class ImeiCheck {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'text' })
  imei!: string;

  @Enum({ items: () => [...imeiCheckStatuses], default: 'PENDING' })
  status: ImeiCheckStatus = 'PENDING';

  /** That it waits for, or was answered by. */
  @ManyToOne(() => ImeiExchange, { createForeignKeyConstraint: false })
  exchange!: ImeiExchange;

  /** Null where the brand chose. */
  @Property({ type: 'integer', nullable: true })
  requestedService: number | null = null;

  @Enum({ items: () => [...doors] })
  via!: Door;

  /** As the audit log names them. */
  @Property({ type: 'text' })
  requestedBy!: string;

  /** The exchange that it waits for was begun for it: it bears the cost. */
  @Property({ type: 'boolean' })
  pays!: boolean;

  @Property({ type: 'boolean' })
  cached!: boolean;

  /** The day of whose limit it took one; null where it took none. */
  @Property({ type: 'date', nullable: true })
  countedOn: string | null = null;

  /** How old the answer was. */
  @Property({ type: 'integer', default: 0 })
  ageSeconds = 0;

  @Property({ type: 'decimal', columnType: 'numeric', nullable: true })
  cost: string | null = null;

  @Property({ type: 'text', nullable: true })
  error: string | null = null;

  @Property(createdMoment())
  createdAt!: Date;

  @Property(maybeMoment())
  completedAt: Date | null = null;
}
