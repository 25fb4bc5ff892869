// Something that a person has to look at.
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment, maybeMoment } from './columns.js';

@Entity({ tableName: 'alarm' })
/** One open alarm for each thing that is wrong: raising it again finds the one that is there. */
@Index({
  name: 'alarm_open_unique',
  expression: 'create unique index alarm_open_unique on alarm (kind, key) where acknowledged_at is null',
})
export class Alarm {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'text' })
  kind!: string;

  /** What it is about, within its kind: a provider's name, a job's name. */
  @Property({ type: 'text', default: '' })
  key = '';

  @Property({ type: 'text' })
  message!: string;

  @Property(createdMoment())
  since!: Date;

  @Property(maybeMoment())
  acknowledgedAt: Date | null = null;

  /** When ALERT_WEBHOOK_URL took it. */
  @Property(maybeMoment())
  toldAt: Date | null = null;
}
