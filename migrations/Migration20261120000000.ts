// Accounts, audit, alarms, idempotency keys and the fingerprints of encryption keys.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261120000000 extends Migration {
  override up(): void {
    this.addSql(
      `create table "alarm" ("id" bigserial primary key, "kind" text not null, "key" text not null default '', "message" text not null, "since" timestamptz(3) not null default now(), "acknowledged_at" timestamptz(3) null, "told_at" timestamptz(3) null);`,
    );
    this.addSql(`create unique index alarm_open_unique on alarm (kind, key) where acknowledged_at is null;`);
    this.addSql(
      `create table "audit_entry" ("id" bigserial primary key, "at" timestamptz(3) not null default now(), "actor" text not null, "action" text not null, "subject" text null, "detail" jsonb null);`,
    );
    this.addSql(`create index "audit_entry_at_index" on "audit_entry" ("at");`);
    this.addSql(
      `create table "idempotency_key" ("hash" bytea not null, "input_hash" bytea not null, "row_id" bigint not null, "created_at" timestamptz(3) not null default now(), primary key ("hash"));`,
    );
    this.addSql(`create index "idempotency_key_created_at_index" on "idempotency_key" ("created_at");`);
    this.addSql(`create table "key_check" ("kid" text not null, "fingerprint" bytea not null, primary key ("kid"));`);
    this.addSql(
      `create table "person" ("id" bigserial primary key, "login" text not null, "name" text not null, "role" text not null, "password_hash" text not null, "must_change_password" boolean not null default false, "telegram_id" text null, "created_at" timestamptz(3) not null default now(), "last_seen_at" timestamptz(3) null, "disabled_at" timestamptz(3) null);`,
    );
    this.addSql(`alter table "person" add constraint "person_login_unique" unique ("login");`);
    this.addSql(`alter table "person" add constraint "person_telegram_id_unique" unique ("telegram_id");`);
    this.addSql(
      `alter table "person" add constraint "person_role_check" check ("role" in ('ADMIN', 'OPERATOR', 'VIEWER'));`,
    );
    this.addSql(
      `create table "telegram_access_request" ("id" bigserial primary key, "telegram_id" text not null, "username" text null, "created_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "telegram_access_request" add constraint "telegram_access_request_telegram_id_unique" unique ("telegram_id");`,
    );
    this.addSql(
      `create table "telegram_grant" ("id" bigserial primary key, "telegram_id" text not null, "username" text null, "note" text null, "daily_limit" int null, "expires_at" timestamptz(3) null, "source" text not null, "created_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "telegram_grant" add constraint "telegram_grant_telegram_id_unique" unique ("telegram_id");`,
    );
    this.addSql(
      `alter table "telegram_grant" add constraint "telegram_grant_source_check" check ("source" in ('ADMIN', 'CHANNEL_SUBSCRIPTION', 'REQUEST'));`,
    );
    this.addSql(
      `create table "telegram_link_code" ("hash" bytea not null, "person_id" bigint not null, "expires_at" timestamptz(3) not null, primary key ("hash"));`,
    );
    this.addSql(
      `alter table "telegram_link_code" add constraint "telegram_link_code_person_id_unique" unique ("person_id");`,
    );
    this.addSql(
      `create table "token" ("id" bigserial primary key, "kind" text not null, "hash" bytea not null, "person_id" bigint not null, "family" uuid null, "session_started_at" timestamptz(3) null, "name" text null, "prefix" text null, "scopes" text[] null, "created_at" timestamptz(3) not null default now(), "expires_at" timestamptz(3) null, "used_at" timestamptz(3) null, "last_used_at" timestamptz(3) null, "revoked_at" timestamptz(3) null);`,
    );
    this.addSql(`alter table "token" add constraint "token_hash_unique" unique ("hash");`);
    this.addSql(`create index "token_person_id_index" on "token" ("person_id");`);
    this.addSql(`create index "token_family_index" on "token" ("family");`);
    this.addSql(`create index "token_expires_at_index" on "token" ("expires_at");`);
    this.addSql(
      `alter table "token" add constraint "token_kind_check" check ("kind" in ('access', 'refresh', 'api'));`,
    );
    this.addSql(
      `alter table "telegram_link_code" add constraint "telegram_link_code_person_id_foreign" foreign key ("person_id") references "person" ("id");`,
    );
    this.addSql(
      `alter table "token" add constraint "token_person_id_foreign" foreign key ("person_id") references "person" ("id");`,
    );
  }
}
