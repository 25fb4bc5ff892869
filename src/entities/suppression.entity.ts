// Do not contact: by number, so that it holds for clients, uploaded bases and leads alike, now and later.
import { Entity, Enum, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment } from './columns.js';
import { type Channel, channels, type SuppressionSource, suppressionSources } from './mailing.enums.js';

@Entity({ tableName: 'suppression' })
@Unique({ properties: ['phone', 'channel'] })
export class Suppression {
  @PrimaryKey(bigintId())
  id!: string;

  /** E.164 digits without the plus. */
  @Property({ type: 'text' })
  phone!: string;

  @Enum({ items: () => [...channels] })
  channel!: Channel;

  @Enum({ items: () => [...suppressionSources] })
  source!: SuppressionSource;

  @Property({ type: 'text', nullable: true })
  note: string | null = null;

  @Property(createdMoment())
  createdAt!: Date;
}
