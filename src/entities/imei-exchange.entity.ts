// One paid request to the provider of IMEI checks, written before it leaves, so that a death at the worst moment leaves a trace
// by which somebody else finds out what became of it. Open until it has ended, and then the answer for all who ask later.
import { Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment, maybeMoment } from './columns.js';
import { type ImeiCheckStatus, type ImeiExchangeState, imeiCheckStatuses, imeiExchangeStates } from './imei.enums.js';

const indexed = (name: string, columns: string, where: string, kind = 'index') => ({
  name: `imei_exchange_${name}`,
  expression: `create ${kind} imei_exchange_${name} on imei_exchange (${columns}) where ${where}`,
});

@Entity({ tableName: 'imei_exchange' })
@Index(indexed('open_unique', 'imei, service_id', 'ended_at is null', 'unique index'))
@Index(indexed('queue_index', 'background, id', `state = 'QUEUED'`))
@Index(indexed('due_index', 'next_at', `state in ('ASKING', 'LOST', 'WAITING')`))
@Index(indexed('conclusive_index', 'imei, ended_at', 'conclusive'))
@Index(indexed('answers_index', 'imei, service_id, ended_at', 'status is not null'))
@Index(indexed('provider_check_index', 'provider_check_id', 'provider_check_id is not null'))
export class ImeiExchange {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'text' })
  imei!: string;

  @Property({ type: 'text' })
  provider!: string;

  @Property({ type: 'integer' })
  serviceId!: number;

  @Property({ type: 'text', nullable: true })
  serviceTitle: string | null = null;

  /** One of those that are asked where nobody names a service. */
  @Property({ type: 'boolean' })
  automatic!: boolean;

  /** Which service is asked after an unsuccessful answer, for those who named none. */
  @Property({ type: 'integer', nullable: true })
  followService: number | null = null;

  /** Nobody waits for it: those for whom somebody does go first. */
  @Property({ type: 'boolean' })
  background!: boolean;

  @Enum({ items: () => [...imeiExchangeStates], default: 'QUEUED' })
  state: ImeiExchangeState = 'QUEUED';

  /** When somebody has to see to it: may ask, has been asking for too long, may look again. */
  @Property({ ...maybeMoment(), defaultRaw: 'now()' })
  nextAt: Date | null = null;

  @Property({ type: 'integer', default: 0 })
  asked = 0;

  /** Of these, those in which the breaker let nobody ask. */
  @Property({ type: 'integer', default: 0 })
  held = 0;

  @Property({ type: 'integer', default: 0 })
  looks = 0;

  @Property(maybeMoment())
  beganAt: Date | null = null;

  @Property(maybeMoment())
  askedAt: Date | null = null;

  @Property({ type: 'text', nullable: true })
  providerCheckId: string | null = null;

  @Enum({ items: () => [...imeiCheckStatuses], nullable: true })
  status: ImeiCheckStatus | null = null;

  /** Its answer is good for those who named no service. */
  @Property({ type: 'boolean', default: false })
  conclusive = false;

  @Property({ type: 'decimal', columnType: 'numeric', nullable: true })
  cost: string | null = null;

  /** The provider's check object, unchanged to the byte. */
  @Property({ type: 'text', nullable: true })
  raw: string | null = null;

  @Property({ type: 'jsonb', nullable: true })
  device: object | null = null;

  @Property({ type: 'jsonb', nullable: true })
  changes: object[] | null = null;

  /** The code and the words by which those who wait are told. */
  @Property({ type: 'text', nullable: true })
  failure: string | null = null;

  @Property({ type: 'text', nullable: true })
  error: string | null = null;

  @Property(createdMoment())
  createdAt!: Date;

  @Property(maybeMoment())
  endedAt: Date | null = null;
}
