// Somebody who left their data. E-mail and phone are sealed with a key of the row's own, which is sealed with one of the
// configuration's; the indexes are keyed digests, in two sets because keys change while leads come in.
import { Entity, Enum, Index, ManyToOne, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { Client } from './client.entity.js';
import { bigintId, createdMoment } from './columns.js';
import { type LeadStatus, leadStatuses } from './lead.enums.js';

const partly = (name: string) =>
  ({
    name: `lead_${name}_index`,
    expression: `create index "lead_${name}_index" on "lead" ("${name}", "id") where ("${name}" is not null)`,
  }) as const;

@Entity({ tableName: 'lead' })
@Index({ properties: ['status', 'id'] })
@Index(partly('domain_a'))
@Index(partly('domain_b'))
@Index(partly('last_four_a'))
@Index(partly('last_four_b'))
export class Lead {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'text' })
  name!: string;

  @Property({ type: 'text' })
  sealedKey!: string;

  @Property({ type: 'text' })
  email!: string;

  @Property({ type: 'text' })
  phone!: string;

  @Property({ type: 'inet' })
  @Unique()
  ipAddress!: string;

  @Enum({ items: () => [...leadStatuses], default: 'NEW' })
  status: LeadStatus = 'NEW';

  @Property({ type: 'text', nullable: true })
  source: string | null = null;

  @Property({ type: 'text', nullable: true })
  note: string | null = null;

  @ManyToOne(() => Client, { nullable: true })
  client: Client | null = null;

  @Property(createdMoment())
  createdAt!: Date;

  @Property(createdMoment())
  updatedAt!: Date;

  @Property({ type: 'Buffer', nullable: true })
  @Unique()
  emailA: Buffer | null = null;

  @Property({ type: 'Buffer', nullable: true })
  @Unique()
  phoneA: Buffer | null = null;

  @Property({ type: 'Buffer', nullable: true })
  domainA: Buffer | null = null;

  @Property({ type: 'Buffer', nullable: true })
  lastFourA: Buffer | null = null;

  @Property({ type: 'Buffer', nullable: true })
  @Unique()
  emailB: Buffer | null = null;

  @Property({ type: 'Buffer', nullable: true })
  @Unique()
  phoneB: Buffer | null = null;

  @Property({ type: 'Buffer', nullable: true })
  domainB: Buffer | null = null;

  @Property({ type: 'Buffer', nullable: true })
  lastFourB: Buffer | null = null;
}
