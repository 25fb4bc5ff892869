// What the gateway has taken and is not settled yet: noted so that a worker's death doesn't send it again.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261125000000 extends Migration {
  override up(): void {
    this.addSql(`
      create table message_answer (
        lease_id bigint not null,
        ids bigint[] not null,
        at timestamptz(3) not null default clock_timestamp()
      ) with (autovacuum_vacuum_threshold = 500);
    `);
    this.addSql('create index message_answer_lease_index on message_answer (lease_id);');
  }
}
