// Devices that are checked again and again by themselves.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261124030000 extends Migration {
  override up(): void {
    this.addSql(
      `create table "imei_watch" ("id" bigserial primary key, "imei" text not null, "requested_by" text not null, "every_hours" int not null, "next_at" timestamptz(3) not null, "check_id" bigint null, "waiting" boolean not null default false, "failures" int not null default 0, "created_at" timestamptz(3) not null default now());`,
    );
    // By device first: whoever watches one is told of a change that somebody else's check finds.
    this.addSql('create unique index imei_watch_device_unique on imei_watch (imei, requested_by);');
    this.addSql(`create index "imei_watch_requested_by_id_index" on "imei_watch" ("requested_by", "id");`);
    this.addSql('create index imei_watch_due_index on imei_watch (next_at) where not waiting;');
    this.addSql('create index imei_watch_waiting_index on imei_watch (id) where waiting;');
  }
}
