// Who may use the Telegram bot for IMEI checks, how often and until when.
import { Entity, Enum, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { type GrantSource, grantSources } from './account.enums.js';
import { bigintId, createdMoment, maybeMoment } from './columns.js';

@Entity({ tableName: 'telegram_grant' })
export class TelegramGrant {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'text' })
  @Unique()
  telegramId!: string;

  @Property({ type: 'text', nullable: true })
  username: string | null = null;

  @Property({ type: 'text', nullable: true })
  note: string | null = null;

  @Property({ type: 'integer', nullable: true })
  dailyLimit: number | null = null;

  @Property(maybeMoment())
  expiresAt: Date | null = null;

  @Enum({ items: () => [...grantSources] })
  source!: GrantSource;

  @Property(createdMoment())
  createdAt!: Date;
}
