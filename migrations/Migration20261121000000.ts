// Clients, suppressions, imports, mailings and their messages. An event may stand for a run of events, one for each of its
// items: a batch of settled messages costs one row.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261121000000 extends Migration {
  override up(): void {
    this.#clients();
    this.#imports();
    this.#mailings();
    this.#messages();
    this.#eventRuns();
  }

  #clients(): void {
    this.addSql(
      `create table "client" ("id" bigserial primary key, "phone" text not null, "operator_code" text not null, "tag" text not null default '', "timezone" text not null, "name" text null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), "hidden_at" timestamptz(3) null);`,
    );
    this.addSql(`alter table "client" add constraint "client_phone_unique" unique ("phone");`);
    this.addSql(`create index "client_tag_id_index" on "client" ("tag", "id");`);
    this.addSql(`create index "client_operator_code_id_index" on "client" ("operator_code", "id");`);
    this.addSql(
      `create table "suppression" ("id" bigserial primary key, "phone" text not null, "channel" text not null, "source" text not null, "note" text null, "created_at" timestamptz(3) not null default now());`,
    );
    this.addSql(
      `alter table "suppression" add constraint "suppression_phone_channel_unique" unique ("phone", "channel");`,
    );
    this.addSql(
      `alter table "suppression" add constraint "suppression_channel_check" check ("channel" in ('MESSAGE', 'CALL'));`,
    );
    this.addSql(
      `alter table "suppression" add constraint "suppression_source_check" check ("source" in ('STAFF', 'KEYPRESS', 'IMPORT', 'INVALID_NUMBER'));`,
    );
  }

  #imports(): void {
    this.addSql(
      `create table "import" ("id" bigserial primary key, "kind" text not null, "file_name" text not null, "actor" text not null, "total" int null, "processed" int not null default 0, "created" int not null default 0, "updated" int not null default 0, "rejected" int not null default 0, "created_at" timestamptz(3) not null default now(), "received_at" timestamptz(3) null, "finished_at" timestamptz(3) null, "error" text null);`,
    );
    this.addSql(
      `alter table "import" add constraint "import_kind_check" check ("kind" in ('CLIENTS', 'CONTACTS', 'MEMBERS', 'SUPPRESSIONS'));`,
    );
    // What was uploaded, as it came, until it has been read; and what was wrong with it.
    this.addSql(
      'create table import_part (import_id bigint not null references import on delete cascade, part int not null, bytes bytea not null, primary key (import_id, part));',
    );
    this.addSql('alter table import_part alter column bytes set storage external;');
    this.addSql(
      'create table import_problem (import_id bigint not null references import on delete cascade, row_number int not null, field text not null, message text not null, primary key (import_id, row_number, field));',
    );
  }

  /** Its counters are settled in the transaction that changes messages, and the row is that transaction's lock. */
  #mailings(): void {
    const counters = ['planned', 'queued', 'sending', 'sent', 'failed', 'expired', 'cancelled', 'suppressed'];
    const columns = [...counters, 'uncertain', 'attempts'].map((name) => `"${name}" int not null default 0`);
    this.addSql(
      `create table "mailing" ("id" bigserial primary key, "text_version" int not null default 1, "operator_codes" text[] not null default '{}', "tags" text[] not null default '{}', "starts_at" timestamptz(3) not null, "ends_at" timestamptz(3) not null, "open_ended" boolean not null default false, "window_from" smallint null, "window_to" smallint null, "window_days" text[] null, "status" text not null, "rate_limit" int null, "on_uncertain" text not null default 'RETRY', "created_at" timestamptz(3) not null default now(), "started_at" timestamptz(3) null, "finished_at" timestamptz(3) null, "hidden_at" timestamptz(3) null, "plan_cursor" bigint not null default 0, "planned_at" timestamptz(3) null, "prune_cursor" bigint null, "rate_tokens" double precision not null default 0, "rate_at" timestamptz(3) null, "speed" double precision not null default 0, "speed_at" timestamptz(3) null, ${columns.join(', ')});`,
    );
    this.addSql('alter table mailing set (fillfactor = 40, autovacuum_vacuum_threshold = 500);');
    this.addSql(
      `alter table "mailing" add constraint "mailing_status_check" check ("status" in ('SCHEDULED', 'RUNNING', 'PAUSED', 'COMPLETED', 'EXPIRED', 'CANCELLED'));`,
    );
    this.addSql(
      `alter table "mailing" add constraint "mailing_on_uncertain_check" check ("on_uncertain" in ('RETRY', 'HOLD'));`,
    );
    this.addSql(
      `alter table "mailing" add constraint mailing_adds_up check (planned = queued + sending + sent + failed + expired + cancelled + suppressed + uncertain and least(queued, sending, sent, failed, expired, cancelled, suppressed, uncertain) >= 0);`,
    );
    this.addSql(
      `create index mailing_open_index on mailing (starts_at) where status in ('SCHEDULED', 'RUNNING', 'PAUSED');`,
    );
    // What each message was sent with stays readable.
    this.addSql(
      'create table mailing_text (mailing_id bigint not null references mailing, version int not null, text text not null, primary key (mailing_id, version));',
    );
    // When the mailing's window is open in each zone of its audience: that which is open, or the next; null: never again.
    this.addSql(`
      create table mailing_zone (
        mailing_id bigint not null references mailing,
        zone smallint not null,
        timezone text not null,
        opens_at timestamptz(3),
        closes_at timestamptz(3),
        primary key (mailing_id, zone),
        unique (mailing_id, timezone)
      );
    `);
  }

  /**
   * No foreign keys: mailings and clients are hidden, never erased, and a check for each of a million rows costs more than the
   * row. Five indexes would cost more than the sending: two of these hold only what waits, one only what went wrong.
   */
  #messages(): void {
    this.addSql('create sequence message_id_seq as bigint;');
    this.addSql(`
      create table message (
        mailing_id bigint not null,
        id bigint not null default nextval('message_id_seq'),
        client_id bigint not null,
        created_at timestamptz(3) not null default now(),
        next_at timestamptz(3) not null,
        sent_at timestamptz(3),
        lease_until timestamptz(3),
        lease_epoch int not null default 0,
        attempts int not null default 0,
        text_version int,
        zone smallint not null,
        status text not null check (status in ('QUEUED', 'SENDING', 'SENT', 'FAILED', 'EXPIRED', 'CANCELLED', 'SUPPRESSED', 'UNCERTAIN')),
        phone text not null,
        worker text,
        last_error text,
        primary key (mailing_id, id),
        unique (client_id, mailing_id)
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 5000);
    `);
    this.addSql(`create index message_queue_index on message (mailing_id, zone, next_at) where status = 'QUEUED';`);
    this.addSql(`create index message_lease_index on message (lease_until) where status = 'SENDING';`);
    this.addSql(
      `create index message_left_index on message (mailing_id, status, id) where status in ('FAILED', 'EXPIRED', 'CANCELLED', 'SUPPRESSED', 'UNCERTAIN');`,
    );
    // How the gateway does, as each worker last saw it.
    this.addSql(`
      create table gateway_worker (
        worker text primary key,
        name text not null,
        breaker text not null,
        concurrency int not null,
        success_rate double precision not null,
        p95_ms int not null,
        per_second double precision not null,
        last_error text,
        seen_at timestamptz(3) not null default now()
      );
    `);
  }

  #eventRuns(): void {
    this.addSql('alter table event_pending add column items text[];');
    this.addSql('alter table event add column items text[];');
    // A run of n events has the n ids up to its own. 7301002 is numberingLock in event-log.ts; under it the sequence is ours alone.
    this.addSql(`
      create or replace function number_events(batch int, out numbered int, out last_id bigint) language plpgsql volatile as $body$
      declare
        base bigint;
      begin
        numbered := 0;
        if not exists (select from event_pending) then
          return;
        end if;
        perform pg_advisory_xact_lock(7301002);
        select case when is_called then last_value else 0 end into base from event_id_seq;
        with taken as (
          delete from event_pending
            where seq = any (array(select p.seq from event_pending p order by p.seq limit batch))
            returning *
        ), added as (
          insert into event (id, topic, subject, kind, data, items, at)
            select base + sum(coalesce(cardinality(t.items), 1)) over (order by t.seq), t.topic, t.subject, t.kind, t.data, t.items, t.at
              from taken t
            returning id
        )
        select count(*), max(id) into numbered, last_id from added;
        if last_id is not null then
          perform setval('event_id_seq', last_id);
        end if;
      end
      $body$;
    `);
  }
}
