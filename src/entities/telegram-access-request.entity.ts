// Somebody in Telegram who asked to be let in and has had no answer yet.
import { Entity, PrimaryKey, Property, Unique } from '@mikro-orm/decorators/legacy';
import { bigintId, createdMoment } from './columns.js';

@Entity({ tableName: 'telegram_access_request' })
export class TelegramAccessRequest {
  @PrimaryKey(bigintId())
  id!: string;

  @Property({ type: 'text' })
  @Unique()
  telegramId!: string;

  @Property({ type: 'text', nullable: true })
  username: string | null = null;

  @Property(createdMoment())
  createdAt!: Date;
}
