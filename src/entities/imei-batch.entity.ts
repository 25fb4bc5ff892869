// Many devices that were ordered to be checked together: how far that is, and what it has cost. Its devices are rows of
// imei_batch_item; what the counters say of them is written together with the checks that they count.
import { Check, Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { type Door, doors } from './account.enums.js';
import { bigintId, createdMoment, maybeMoment, moment } from './columns.js';
import { type ImeiBatchStatus, imeiBatchStatuses } from './imei.enums.js';

const counter = () => ({ type: 'integer', default: 0 }) as const;
const money = () => ({ type: 'decimal', columnType: 'numeric' }) as const;

@Entity({ tableName: 'imei_batch' })
@Index({ properties: ['requestedBy', 'id'] })
@Index({
  name: 'imei_batch_running_index',
  expression: `create index imei_batch_running_index on imei_batch (id) where status = 'RUNNING' and received_at is not null`,
})
@Check({ name: 'imei_batch_adds_up', expression: 'successful + unsuccessful + failed + skipped <= total' })
export class ImeiBatch {
  @PrimaryKey(bigintId())
  id!: string;

  @Enum({ items: () => [...imeiBatchStatuses], default: 'RUNNING' })
  status: ImeiBatchStatus = 'RUNNING';

  /** As the audit log names them. */
  @Property({ type: 'text' })
  requestedBy!: string;

  @Enum({ items: () => [...doors] })
  via!: Door;

  /** Null where the brand of each chooses. */
  @Property({ type: 'integer', nullable: true })
  requestedService: number | null = null;

  @Property({ type: 'integer' })
  maxAge!: number;

  /** USD. */
  @Property({ ...money(), nullable: true })
  costLimit: string | null = null;

  @Property(counter())
  total = 0;

  /** Which item was begun last, and how many have been: checks are ordered for them. */
  @Property(counter())
  begunUpTo = 0;

  @Property(counter())
  begun = 0;

  @Property(counter())
  successful = 0;

  @Property(counter())
  unsuccessful = 0;

  @Property(counter())
  failed = 0;

  @Property(counter())
  skipped = 0;

  @Property({ ...money(), default: '0' })
  cost = '0';

  /** The most that checks under way may cost, and those of which nobody knows whether they did. */
  @Property({ ...money(), default: '0' })
  reserved = '0';

  /** When it may go on. */
  @Property({ ...moment(), defaultRaw: 'now()' })
  nextAt!: Date;

  @Property(createdMoment())
  createdAt!: Date;

  /** When all of its devices were known; nobody sees it before. */
  @Property(maybeMoment())
  receivedAt: Date | null = null;

  @Property(maybeMoment())
  finishedAt: Date | null = null;
}
