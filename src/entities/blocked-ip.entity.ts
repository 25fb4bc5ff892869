// Addresses that are not answered: by hand, or because they went on asking after they had been refused.
import { Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment, maybeMoment } from './columns.js';

@Entity({ tableName: 'blocked_ip' })
export class BlockedIp {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'cidr' })
  @Unique()
  cidr!: string;

  @Property({ type: 'text' })
  reason!: string;

  @Property({ type: 'boolean', default: false })
  automatic = false;

  @Property({ type: 'int', default: 0 })
  hits = 0;

  @Property(maybeMoment())
  expiresAt: Date | null = null;

  @Property(createdMoment())
  createdAt!: Date;
}
