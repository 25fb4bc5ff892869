// Batches of IMEI checks: what was ordered together, and its devices in their order.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261124020000 extends Migration {
  override up(): void {
    const counters = ['total', 'begun_up_to', 'begun', 'successful', 'unsuccessful', 'failed', 'skipped']
      .map((name) => `"${name}" int not null default 0`)
      .join(', ');
    this.addSql(
      `create table "imei_batch" ("id" bigserial primary key, "status" text not null default 'RUNNING', "requested_by" text not null, "via" text not null, "requested_service" int null, "max_age" int not null, "cost_limit" numeric null, ${counters}, "cost" numeric not null default '0', "reserved" numeric not null default '0', "next_at" timestamptz(3) not null default now(), "created_at" timestamptz(3) not null default now(), "received_at" timestamptz(3) null, "finished_at" timestamptz(3) null);`,
    );
    this.addSql(`alter table "imei_batch" set (fillfactor = 50);`);
    this.addSql(
      `alter table "imei_batch" add constraint "imei_batch_status_check" check ("status" in ('RUNNING', 'COMPLETED', 'CANCELLED', 'COST_LIMIT'));`,
    );
    this.addSql(
      `alter table "imei_batch" add constraint "imei_batch_via_check" check ("via" in ('GRAPHQL', 'REST', 'BOT', 'JOB'));`,
    );
    // What is counted twice stops whoever counts it.
    this.addSql(
      `alter table "imei_batch" add constraint "imei_batch_adds_up" check (successful + unsuccessful + failed + skipped <= total);`,
    );
    this.addSql(`create index "imei_batch_requested_by_id_index" on "imei_batch" ("requested_by", "id");`);
    this.addSql(
      `create index imei_batch_running_index on imei_batch (id) where status = 'RUNNING' and received_at is not null;`,
    );
    this.#items();
  }

  /** `n`: which row of the file, or which of the list. `bound`: the most that its check may cost, once it is begun. */
  #items(): void {
    this.addSql(`
      create table imei_batch_item (
        batch_id bigint not null references imei_batch (id) on delete cascade,
        n int not null,
        imei text not null,
        check_id bigint,
        bound numeric,
        primary key (batch_id, n)
      ) with (fillfactor = 80);
    `);
    this.addSql('create unique index imei_batch_item_imei_unique on imei_batch_item (batch_id, imei);');
    this.addSql(
      'create unique index imei_batch_item_check_unique on imei_batch_item (check_id) where check_id is not null;',
    );
  }
}
