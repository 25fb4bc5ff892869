// IMEI_CHECKS_PER_DAY counts a person together with all of their tokens.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261201030000 extends Migration {
  override up(): void {
    this.#payers();
    this.#begin();
    this.#count();
  }

  /** An actor is `person:<id>`, `token:<id>` or another name of the audit log. LEGACY_IMEI_TOKEN counts by itself. */
  #payers(): void {
    this.addSql(`
      create function imei_payer(who text) returns text language sql stable as $body$
        select coalesce((
          select 'person:' || person_id from token
          where id = case when who like 'token:%' then substr(who, 7)::bigint end and prefix is distinct from 'LEGACY_IMEI_TOKEN'
        ), who)
      $body$;
    `);
    this.addSql(`
      create function imei_actors(payer text) returns setof text language sql stable as $body$
        select payer union all
        select 'token:' || id from token
        where person_id = case when payer like 'person:%' then substr(payer, 8)::bigint end and kind = 'api'
          and prefix is distinct from 'LEGACY_IMEI_TOKEN'
      $body$;
    `);
  }

  /** As in 20261124, but that the payer's day is counted. */
  #begin(): void {
    this.addSql(`
      create or replace function begin_imei_check(asked_imei text, provider_name text, service int, follow int, is_automatic boolean, wanted int,
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
            insert into imei_day as d (actor, day, asked) values (imei_payer(who), today, 1)
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

  /** What tokens asked today counts for their owners from now on. */
  #count(): void {
    this.addSql(`
      with counted as (
        delete from imei_day where imei_payer(actor) <> actor returning imei_payer(actor) as payer, day, asked
      )
      insert into imei_day (actor, day, asked) select payer, day, sum(asked) from counted group by payer, day
      on conflict (actor, day) do update set asked = imei_day.asked + excluded.asked;
    `);
  }
}
