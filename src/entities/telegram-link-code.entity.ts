// A one-time code that ties a Telegram account to the person who asked for it.
import { Entity, ManyToOne, PrimaryKey, Property } from '@mikro-orm/decorators/legacy';
import { moment } from './columns.js';
import { Person } from './person.entity.js';

@Entity({ tableName: 'telegram_link_code' })
export class TelegramLinkCode {
  /** SHA-256 of the code. */
  @PrimaryKey({ type: 'Buffer' })
  hash!: Buffer;

  @ManyToOne({ entity: () => Person, unique: true })
  person!: Person;

  @Property(moment())
  expiresAt!: Date;
}
