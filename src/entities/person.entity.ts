// A person who may sign in.
import { Entity, Enum, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type Role, roles } from './account.enums.js';
import { bigintId, createdMoment, maybeMoment } from './columns.js';

@Entity({ tableName: 'person' })
export class Person {
  @PrimaryKey(bigintId())
  id!: string;

  /** NFKC and lower case: what is compared. */
  @Property({ type: 'text' })
  @Unique()
  login!: string;

  @Property({ type: 'text' })
  name!: string;

  @Enum({ items: () => [...roles] })
  role!: Role;

  @Property({ type: 'text' })
  passwordHash!: string;

  @Property({ type: 'boolean', default: false })
  mustChangePassword = false;

  @Property({ type: 'text', nullable: true })
  @Unique()
  telegramId: string | null = null;

  @Property(createdMoment())
  createdAt!: Date;

  @Property(maybeMoment())
  lastSeenAt: Date | null = null;

  @Property(maybeMoment())
  disabledAt: Date | null = null;
}
