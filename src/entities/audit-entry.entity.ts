// Who did what when, without the data that it was done to.
import { Entity, Index, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment } from './columns.js';

@Entity({ tableName: 'audit_entry' })
export class AuditEntry {
  @PrimaryKey(bigintId())
  id!: string;

  @Property(createdMoment())
  @Index()
  at!: Date;

  @Property({ type: 'text' })
  actor!: string;

  @Property({ type: 'text' })
  action!: string;

  @Property({ type: 'text', nullable: true })
  subject: string | null = null;

  @Property({ type: 'json', nullable: true })
  detail: Record<string, unknown> | null = null;
}
