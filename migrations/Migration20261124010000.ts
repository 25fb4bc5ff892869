// IMEI checks: what was asked of the provider, who asked, the slots that bound how much is asked at once, and how much each has
// asked today.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261124010000 extends Migration {
  override up(): void {
    this.#exchanges();
    this.#checks();
    this.#bounds();
    this.#begin();
  }

  #exchanges(): void {
    const answer = `"provider_check_id" text null, "status" text null, "conclusive" boolean not null default false, "cost" numeric null, "raw" text null, "device" jsonb null, "changes" jsonb null, "failure" text null, "error" text null`;
    this.addSql(
      `create table "imei_exchange" ("id" bigserial primary key, "imei" text not null, "provider" text not null, "service_id" int not null, "service_title" text null, "automatic" boolean not null, "follow_service" int null, "background" boolean not null, "state" text not null default 'QUEUED', "next_at" timestamptz(3) null default now(), "asked" int not null default 0, "held" int not null default 0, "looks" int not null default 0, "began_at" timestamptz(3) null, "asked_at" timestamptz(3) null, ${answer}, "created_at" timestamptz(3) not null default now(), "ended_at" timestamptz(3) null);`,
    );
    this.addSql(`alter table "imei_exchange" set (fillfactor = 70);`);
    this.addSql(
      `alter table "imei_exchange" add constraint "imei_exchange_state_check" check ("state" in ('QUEUED', 'ASKING', 'LOST', 'WAITING', 'ANSWERED', 'FAILED'));`,
    );
    this.addSql(`alter table "imei_exchange" add constraint "imei_exchange_status_check" check (${statusIsKnown});`);
    const index = (name: string, columns: string, where: string, kind = 'index') =>
      this.addSql(`create ${kind} imei_exchange_${name} on imei_exchange (${columns}) where ${where};`);
    // One request at a time for each device and service, whoever asks: this is the single flight.
    index('open_unique', 'imei, service_id', 'ended_at is null', 'unique index');
    index('queue_index', 'background, id', `state = 'QUEUED'`);
    index('due_index', 'next_at', `state in ('ASKING', 'LOST', 'WAITING')`);
    index('conclusive_index', 'imei, ended_at', 'conclusive');
    index('answers_index', 'imei, service_id, ended_at', 'status is not null');
    index('provider_check_index', 'provider_check_id', 'provider_check_id is not null');
  }

  #checks(): void {
    this.addSql(
      `create table "imei_check" ("id" bigserial primary key, "imei" text not null, "status" text not null default 'PENDING', "exchange_id" bigint not null, "requested_service" int null, "via" text not null, "requested_by" text not null, "pays" boolean not null, "cached" boolean not null, "counted_on" date null, "age_seconds" int not null default 0, "cost" numeric null, "error" text null, "created_at" timestamptz(3) not null default now(), "completed_at" timestamptz(3) null);`,
    );
    this.addSql(`alter table "imei_check" add constraint "imei_check_status_check" check (${statusIsKnown});`);
    this.addSql(
      `alter table "imei_check" add constraint "imei_check_via_check" check ("via" in ('GRAPHQL', 'REST', 'BOT', 'JOB'));`,
    );
    // No foreign key: exchanges are never deleted, and checking it would lock a popular one for each answer that it gives.
    this.addSql(`create index "imei_check_requested_by_id_index" on "imei_check" ("requested_by", "id");`);
    this.addSql('create index imei_check_imei_index on imei_check (imei text_pattern_ops, id);');
    this.addSql('create index imei_check_pending_index on imei_check (exchange_id) where completed_at is null;');
  }

  #bounds(): void {
    this.addSql(`
      create table imei_slot (n int primary key, exchange_id bigint, leased_until timestamptz(3)) with (fillfactor = 50);
    `);
    this.addSql(
      'create table imei_day (actor text not null, day date not null, asked int not null, primary key (actor, day));',
    );
  }

  /**
   * One call answers from what is known, joins what is under way, or begins an exchange; it gives the check, and nothing where the
   * limit is reached. Joining locks the exchange against its settlement, which then sees this check too; beginning is decided by the
   * unique index alone, and looks once more when nobody else can begin.
   */
  #begin(): void {
    this.addSql(`
      create function known_imei_answer(asked_imei text, wanted int, max_age int)
        returns table (id bigint, status text, ended_at timestamptz)
        language sql stable as $body$
        (select e.id, e.status, e.ended_at from imei_exchange e
          where wanted is null and max_age > 0 and e.imei = asked_imei and e.conclusive
            and e.ended_at > clock_timestamp() - max_age * interval '1 second'
          order by e.ended_at desc limit 1)
        union all
        (select e.id, e.status, e.ended_at from imei_exchange e
          where max_age > 0 and e.imei = asked_imei and e.service_id = wanted and e.status in ('SUCCESSFUL', 'UNSUCCESSFUL')
            and e.ended_at > clock_timestamp() - max_age * interval '1 second'
          order by e.ended_at desc limit 1)
      $body$;
    `);
    this.addSql(`
      create function imei_knows_nothing(asked_imei text, service int, max_age int) returns boolean language sql stable as $body$
        select exists (select from imei_exchange e
          where max_age > 0 and e.imei = asked_imei and e.service_id = service and e.status = 'UNSUCCESSFUL'
            and e.ended_at > clock_timestamp() - max_age * interval '1 second')
      $body$;
    `);
    this.addSql(`
      create function begin_imei_check(asked_imei text, provider_name text, service int, follow int, is_automatic boolean, wanted int,
          max_age int, door text, who text, today date, per_day int)
        returns bigint
        language plpgsql volatile as $body$
      declare
        known bigint;
        known_status text;
        known_since timestamptz;
        under_way bigint;
        begun bigint;
        made bigint;
      begin
        loop
          -- Of whom the brand's service knew nothing a moment ago the generic one is asked at once.
          if wanted is null and follow is not null and imei_knows_nothing(asked_imei, service, max_age) then
            service := follow;
            follow := null;
          end if;
          select k.id, k.status, k.ended_at into known, known_status, known_since
            from known_imei_answer(asked_imei, wanted, max_age) k;
          if known is not null then
            insert into imei_check (imei, status, exchange_id, requested_service, via, requested_by, pays, cached, age_seconds, cost, completed_at)
              values (asked_imei, known_status, known, wanted, door, who, false, true,
                greatest(floor(extract(epoch from clock_timestamp() - known_since)), 0)::int, 0, now())
              returning id into made;
            insert into event_pending (topic, subject, kind, data, items)
              values ('imeiCheck', who, known_status, '{}', array[made::text]);
            exit;
          end if;

          if door <> 'JOB' then
            update imei_exchange e set background = false
              where e.imei = asked_imei and e.service_id = service and e.ended_at is null and e.background and e.state = 'QUEUED';
          end if;
          select e.id into under_way from imei_exchange e
            where e.imei = asked_imei and e.service_id = service and e.ended_at is null for share;
          if found then
            insert into imei_check (imei, exchange_id, requested_service, via, requested_by, pays, cached)
              values (asked_imei, under_way, wanted, door, who, false, true) returning id into made;
            exit;
          end if;

          begun := null;
          insert into imei_exchange (imei, provider, service_id, automatic, follow_service, background)
            values (asked_imei, provider_name, service, is_automatic, follow, door = 'JOB')
            on conflict (imei, service_id) where ended_at is null do nothing returning id into begun;
          -- Somebody else was first: join them, or take their answer.
          continue when begun is null;
          -- Nobody else can begin now; what ended since this loop looked is seen here, and nothing is paid twice.
          if exists (select from known_imei_answer(asked_imei, wanted, max_age))
            or (wanted is null and follow is not null and imei_knows_nothing(asked_imei, service, max_age)) then
            delete from imei_exchange where id = begun;
            continue;
          end if;
          if per_day is not null then
            insert into imei_day as d (actor, day, asked) values (who, today, 1)
              on conflict (actor, day) do update set asked = d.asked + 1 where d.asked < per_day;
            if not found then
              delete from imei_exchange where id = begun;
              return null;
            end if;
          end if;
          insert into imei_check (imei, exchange_id, requested_service, via, requested_by, pays, cached, counted_on)
            values (asked_imei, begun, wanted, door, who, true, false, case when per_day is not null then today end) returning id into made;
          exit;
        end loop;
        if door <> 'JOB' then
          insert into audit_entry (actor, action, subject) values (who, 'checkImei', 'imeiCheck:' || made);
        end if;
        return made;
      end
      $body$;
    `);
  }
}

const statusIsKnown = `"status" in ('PENDING', 'SUCCESSFUL', 'UNSUCCESSFUL', 'FAILED')`;
