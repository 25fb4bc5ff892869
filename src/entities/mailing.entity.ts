// A mailing: what is sent to whom within which span. Its row carries the counters of its messages and is the lock of all who
// change them, so that the counters always add up; its texts, zones and messages are tables of raw SQL.
import { Check, Entity, Enum, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { bigintId, bigintRef, createdMoment, maybeMoment, moment } from './columns.js';
import {
  type MailingStatus,
  mailingStatuses,
  type UncertainPolicy,
  uncertainPolicies,
  type Weekday,
} from './mailing.enums.js';

const counter = () => ({ type: 'integer', default: 0 }) as const;

@Entity({ tableName: 'mailing' })
@Index({
  name: 'mailing_open_index',
  expression: `create index mailing_open_index on mailing (starts_at) where status in ('SCHEDULED', 'RUNNING', 'PAUSED')`,
})
@Check({
  name: 'mailing_adds_up',
  expression:
    'planned = queued + sending + sent + failed + expired + cancelled + suppressed + uncertain and least(queued, sending, sent, failed, expired, cancelled, suppressed, uncertain) >= 0',
})
export class Mailing {
  @PrimaryKey(bigintId())
  id!: string;

  /** Of mailing_text: messages not yet sent go with this one. */
  @Property({ type: 'integer', default: 1 })
  textVersion = 1;

  @Property({ type: 'text[]', defaultRaw: `'{}'` })
  operatorCodes: string[] = [];

  @Property({ type: 'text[]', defaultRaw: `'{}'` })
  tags: string[] = [];

  @Property(moment())
  startsAt!: Date;

  @Property(moment())
  endsAt!: Date;

  /** Legacy clients may leave the end out: it lies ten years on and reads back as null there. */
  @Property({ type: 'boolean', default: false })
  openEnded = false;

  /** Minutes of the local day; null where any time will do. */
  @Property({ type: 'smallint', nullable: true })
  windowFrom: number | null = null;

  @Property({ type: 'smallint', nullable: true })
  windowTo: number | null = null;

  @Property({ type: 'text[]', nullable: true })
  windowDays: Weekday[] | null = null;

  @Enum({ items: () => [...mailingStatuses] })
  status!: MailingStatus;

  /** Messages a second, over all workers. */
  @Property({ type: 'integer', nullable: true })
  rateLimit: number | null = null;

  @Enum({ items: () => [...uncertainPolicies], default: 'RETRY' })
  onUncertain: UncertainPolicy = 'RETRY';

  @Property(createdMoment())
  createdAt!: Date;

  @Property(maybeMoment())
  startedAt: Date | null = null;

  @Property(maybeMoment())
  finishedAt: Date | null = null;

  @Property(maybeMoment())
  hiddenAt: Date | null = null;

  /** The last client that was looked at for this audience. */
  @Property({ ...bigintRef(), defaultRaw: '0' })
  planCursor = '0';

  /** The last client who was ever looked at: those after it have no message. */
  @Property({ ...bigintRef(), defaultRaw: '0' })
  plannedTo = '0';

  /** When the audience had been planned to its end; null while there is some left. */
  @Property(maybeMoment())
  plannedAt: Date | null = null;

  /** Not null while those who left the audience are being cancelled; nothing is claimed meanwhile. */
  @Property({ ...bigintRef(), nullable: true })
  pruneCursor: string | null = null;

  /** By number of the zone: the last message that was claimed in its turn. */
  @Property({ type: 'bigint[]', defaultRaw: `'{}'` })
  claimedTo: string[] = [];

  /** The bucket of the rate limit, and when it was last filled. */
  @Property({ type: 'double', default: 0 })
  rateTokens = 0;

  @Property(maybeMoment())
  rateAt: Date | null = null;

  /** Messages a second, fading: what it was at that moment. */
  @Property({ type: 'double', default: 0 })
  speed = 0;

  @Property(maybeMoment())
  speedAt: Date | null = null;

  @Property(counter())
  planned = 0;

  @Property(counter())
  queued = 0;

  @Property(counter())
  sending = 0;

  @Property(counter())
  sent = 0;

  @Property(counter())
  failed = 0;

  @Property(counter())
  expired = 0;

  @Property(counter())
  cancelled = 0;

  @Property(counter())
  suppressed = 0;

  @Property(counter())
  uncertain = 0;

  @Property(counter())
  attempts = 0;
}
