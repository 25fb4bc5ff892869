// What became of each test message, so that one that is asked for again under its idempotency key is not sent again.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261201050000 extends Migration {
  override up(): void {
    this.addSql(`
      create table test_message (
        id bigint primary key,
        begun_at timestamptz(3) not null default clock_timestamp(),
        outcome text
      );
    `);
    this.addSql('create index test_message_begun_at_index on test_message (begun_at);');
  }
}
