// Messages cost less: room beside each for the version that is settled, so that settling writes no index; claims without JSON; and
// how far an audience was planned, so that what can't be there yet is not looked for.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261126000000 extends Migration {
  override up(): void {
    // What is settled is a little longer than what waits: half of a page would not do.
    this.addSql('alter table message set (fillfactor = 45);');
    this.addSql(`alter table "mailing" add column "planned_to" bigint not null default 0;`);
    this.addSql('update mailing set planned_to = (select coalesce(max(id), 0) from client);');
    this.addSql('drop function claim_messages;');
    this.#claims();
  }

  /**
   * As in 20261122: the mailings are locked first, and each statement after that sees what those who held them before have done.
   * Nobody who plans can commit meanwhile, so that what is not seen yet has a higher id than all that is. Zones whose window closes
   * soonest come first. What is claimed in turn was never tried: epochs and attempts are those of the first ones, out of turn.
   */
  #claims(): void {
    this.addSql(`
      create function claim_messages(claimer text, most int, lease interval, burst double precision, mailings int)
        returns table ("mailingId" bigint, "leaseId" bigint, "textVersion" int, "hold" boolean, "until" timestamptz, "ids" text,
          "phones" text, "epochs" text, "attempts" text, "waitMs" double precision)
        language plpgsql volatile as $body$
      declare
        chosen bigint[];
        g record;
        z record;
        out_of_turn record;
        in_turn record;
        room int;
        due bigint[];
        begun int;
        stopped bigint[];
        reached bigint[];
      begin
        chosen := array(
          select m.id from mailing m
          where ${isClaimable} and exists (select from mailing_zone o where o.mailing_id = m.id and ${isOpen})
          order by random() limit mailings
        );
        perform from mailing m where m.id = any (chosen) order by m.id for no key update;
        for g in
          select m.id, m.text_version, m.ends_at, m.rate_limit, m.claimed_to, m.on_uncertain = 'HOLD' as hold, count(*) over () as sharing,
            least(1 + m.rate_limit * burst, m.rate_tokens
              + extract(epoch from statement_timestamp() - coalesce(m.rate_at, m.started_at)) * m.rate_limit)::double precision as tokens
          from mailing m where m.id = any (chosen) and ${isClaimable} order by m.id
        loop
          room := least(coalesce(floor(g.tokens), most), greatest(1, most / g.sharing));
          if room < 1 then
            "waitMs" := least("waitMs", greatest(1, (1 - g.tokens) / g.rate_limit * 1000));
            continue;
          end if;
          begun := 0;
          stopped := '{}';
          reached := g.claimed_to;
          for z in
            select o.zone, least(o.closes_at, g.ends_at) as until from mailing_zone o
            where o.mailing_id = g.id and ${isOpen}
            order by o.closes_at nulls last
          loop
            exit when room = 0;
            due := array(
              select m.id from message m where m.mailing_id = g.id and m.zone = z.zone and m.next_at <= statement_timestamp()
              order by m.next_at limit room
            );
            with taken as (
              update message m set next_at = 'infinity', lease_epoch = m.lease_epoch + 1 where m.mailing_id = g.id and m.id = any (due)
              returning m.id, m.phone, m.lease_epoch, m.attempts, ${isStopped} as stopped
            )
            select count(*)::int as n, ${picked}, string_agg(t.lease_epoch::text, ',') filter (where not t.stopped) as epochs,
              string_agg(t.attempts::text, ',') filter (where not t.stopped) as attempts
            into out_of_turn from taken t;
            select count(*)::int as n, ${picked}, max(t.id) as last into in_turn from (
              select m.id, m.phone, ${isStopped} as stopped from message m
              where m.mailing_id = g.id and m.zone = z.zone and m.id > coalesce(reached[z.zone], 0)
                and m.status = 'QUEUED' and m.next_at is null
              order by m.id limit room - out_of_turn.n
            ) t;
            if out_of_turn.n + in_turn.n < room then
              in_turn.last := (select max(m.id) from message m where m.mailing_id = g.id and m.zone = z.zone);
            end if;
            reached[z.zone] := greatest(reached[z.zone], in_turn.last);
            room := room - out_of_turn.n - in_turn.n;
            stopped := stopped || out_of_turn.stopped || in_turn.stopped;
            continue when out_of_turn.ids is null and in_turn.ids is null;
            insert into message_lease (mailing_id, text_version, worker, lease_until, ids)
              values (g.id, g.text_version, claimer, clock_timestamp() + lease, out_of_turn.ids || in_turn.ids) returning id into "leaseId";
            begun := begun + coalesce(cardinality(out_of_turn.ids), 0) + coalesce(cardinality(in_turn.ids), 0);
            "mailingId" := g.id;
            "textVersion" := g.text_version;
            "hold" := g.hold;
            "until" := z.until;
            "ids" := array_to_string(out_of_turn.ids || in_turn.ids, ',');
            "phones" := concat_ws(',', out_of_turn.phones, in_turn.phones);
            "epochs" := out_of_turn.epochs;
            "attempts" := out_of_turn.attempts;
            return next;
          end loop;
          if cardinality(stopped) > 0 then
            update message m set status = 'SUPPRESSED', next_at = null where m.mailing_id = g.id and m.id = any (stopped);
            insert into event_pending (topic, subject, kind, data, items)
              values ('message', g.id::text, 'SUPPRESSED', '{}', stopped::text[]);
          end if;
          update mailing m set queued = m.queued - begun - cardinality(stopped), sending = m.sending + begun,
            suppressed = m.suppressed + cardinality(stopped), attempts = m.attempts + begun, claimed_to = reached,
            rate_tokens = case when begun + cardinality(stopped) > 0 then coalesce(g.tokens - begun, 0) else m.rate_tokens end,
            rate_at = case when begun + cardinality(stopped) > 0 then statement_timestamp() else m.rate_at end
          where m.id = g.id and (begun + cardinality(stopped) > 0 or m.claimed_to is distinct from reached);
        end loop;
        if "waitMs" is not null then
          "mailingId" := null;
          "ids" := null;
          return next;
        end if;
      end
      $body$;
    `);
  }
}

const picked = `array_agg(t.id) filter (where not t.stopped) as ids, string_agg(t.phone, ',') filter (where not t.stopped) as phones,
  coalesce(array_agg(t.id) filter (where t.stopped), '{}') as stopped`;
const isOpen = 'o.opens_at <= statement_timestamp() and (o.closes_at is null or o.closes_at > statement_timestamp())';
/** Nothing begins that could not end before the mailing does. */
const isClaimable = `m.status = 'RUNNING' and m.queued > 0 and m.prune_cursor is null and m.starts_at <= statement_timestamp()
  and statement_timestamp() < m.ends_at - least(interval '5 s', (m.ends_at - m.starts_at) / 10)`;
const isStopped = `exists (select from suppression s where s.phone = m.phone and s.channel = 'MESSAGE')`;
