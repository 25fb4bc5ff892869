// Messages are claimed in turn: a claim moves a mark on the mailing's row and writes one lease for all that it took, instead of
// each message. What a message's row says changes once, when it is settled, and no index with it.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261122000000 extends Migration {
  override up(): void {
    this.#turns();
    this.#giveBack();
    this.#messages();
    this.#claims();
  }

  #turns(): void {
    this.addSql(`alter table "mailing" add column "claimed_to" bigint[] not null default '{}';`);
    this.addSql(`
      create table message_lease (
        id bigserial primary key,
        mailing_id bigint not null,
        text_version int not null,
        worker text not null,
        lease_until timestamptz(3) not null,
        ids bigint[] not null
      ) with (autovacuum_vacuum_threshold = 500);
    `);
    this.addSql('create index message_lease_until_index on message_lease (lease_until);');
  }

  /** What workers of the version before have in hand: their answers come too late. */
  #giveBack(): void {
    this.addSql(`
      with back as (
        update message m set next_at = now(), last_error = 'the worker was replaced', lease_epoch = m.lease_epoch + 1,
          status = case when g.on_uncertain = 'HOLD' then 'UNCERTAIN' else 'QUEUED' end
        from mailing g where g.id = m.mailing_id and m.status = 'SENDING' returning m.mailing_id, m.status
      )
      update mailing g set sending = g.sending - d.n, queued = g.queued + d.queued, uncertain = g.uncertain + d.n - d.queued
      from (select mailing_id, count(*) as n, count(*) filter (where status = 'QUEUED') as queued from back group by 1) d
      where g.id = d.mailing_id;
    `);
  }

  /** next_at: null waits for its turn, which is that of its id; infinity: under way out of turn. */
  #messages(): void {
    this.addSql('alter table message alter column next_at drop not null;');
    this.addSql(`update message set next_at = null where status <> 'QUEUED';`);
    this.addSql('drop index message_queue_index, message_lease_index, message_left_index;');
    this.addSql(
      'alter table message drop column worker, drop column lease_until, drop constraint message_status_check;',
    );
    this.addSql(`
      alter table message
        add constraint message_status_check check (status in ('QUEUED', 'SENT', 'FAILED', 'EXPIRED', 'CANCELLED', 'SUPPRESSED', 'UNCERTAIN')),
        add constraint message_waits check (status = 'QUEUED' or next_at is null),
        add column left_as text generated always as (case when status not in ('QUEUED', 'SENT') then status end) stored;
    `);
    this.addSql('create index message_turn_index on message (mailing_id, zone, id);');
    this.addSql('create index message_next_index on message (mailing_id, zone, next_at) where next_at is not null;');
    // Not by status: an index that knows what is SENT would have to be written at each settlement.
    this.addSql('create index message_left_index on message (mailing_id, left_as, id) where left_as is not null;');
  }

  /**
   * The mailings are locked first, and each statement after that sees what those who held them before have done. Nobody who plans
   * can commit meanwhile, so that what is not seen yet has a higher id than all that is. Zones whose window closes
   * soonest come first.
   */
  #claims(): void {
    this.addSql(`
      create function claim_messages(claimer text, most int, lease interval, burst double precision, mailings int)
        returns table ("mailingId" bigint, "leaseId" bigint, "textVersion" int, "hold" boolean, "until" timestamptz, "messages" jsonb,
          "waitMs" double precision)
        language plpgsql volatile as $body$
      declare
        chosen bigint[];
        g record;
        z record;
        part record;
        room int;
        begun int;
        stopped int;
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
          stopped := 0;
          reached := g.claimed_to;
          for z in
            select o.zone, least(o.closes_at, g.ends_at) as until from mailing_zone o
            where o.mailing_id = g.id and ${isOpen}
            order by o.closes_at nulls last
          loop
            exit when room = 0;
            with due as materialized (
              select m.id, ${isStopped} as stopped from message m
              where m.mailing_id = g.id and m.zone = z.zone and m.next_at <= statement_timestamp()
              order by m.next_at limit room
            ), out_of_turn as (
              update message m set status = case when d.stopped then 'SUPPRESSED' else m.status end,
                next_at = case when not d.stopped then 'infinity'::timestamptz end, lease_epoch = m.lease_epoch + 1
              from due d where m.mailing_id = g.id and m.id = d.id
              returning m.id, m.phone, m.lease_epoch, m.attempts, d.stopped
            ), in_turn as materialized (
              select m.id, m.phone, m.lease_epoch, m.attempts, ${isStopped} as stopped from message m
              where m.mailing_id = g.id and m.zone = z.zone and m.id > coalesce(reached[z.zone], 0)
                and m.status = 'QUEUED' and m.next_at is null
              order by m.id limit room - (select count(*) from due)
            ), suppressed as (
              update message m set status = 'SUPPRESSED' from in_turn t where t.stopped and m.mailing_id = g.id and m.id = t.id
            ), taken as materialized (
              select * from out_of_turn union all select * from in_turn
            ), leased as (
              insert into message_lease (mailing_id, text_version, worker, lease_until, ids)
              select g.id, g.text_version, claimer, clock_timestamp() + lease, array_agg(t.id)
              from taken t where not t.stopped having count(*) > 0 returning id
            ), told as (
              insert into event_pending (topic, subject, kind, data, items)
              select 'message', g.id::text, 'SUPPRESSED', '{}', array_agg(t.id::text) from taken t where t.stopped having count(*) > 0
            )
            select count(*)::int as n, (count(*) filter (where t.stopped))::int as stopped, (select id from leased) as lease,
              jsonb_agg(jsonb_build_array(t.id::text, t.phone, t.lease_epoch, t.attempts)) filter (where not t.stopped) as messages,
              case when count(*) = room then (select max(id) from in_turn)
                else (select max(m.id) from message m where m.mailing_id = g.id and m.zone = z.zone) end as reached
            into part from taken t;
            room := room - part.n;
            begun := begun + part.n - part.stopped;
            stopped := stopped + part.stopped;
            reached[z.zone] := greatest(reached[z.zone], part.reached);
            continue when part.lease is null;
            "mailingId" := g.id;
            "leaseId" := part.lease;
            "textVersion" := g.text_version;
            "hold" := g.hold;
            "until" := z.until;
            "messages" := part.messages;
            return next;
          end loop;
          update mailing m set queued = m.queued - begun - stopped, sending = m.sending + begun, suppressed = m.suppressed + stopped,
            attempts = m.attempts + begun, claimed_to = reached,
            rate_tokens = case when begun + stopped > 0 then coalesce(g.tokens - begun, 0) else m.rate_tokens end,
            rate_at = case when begun + stopped > 0 then statement_timestamp() else m.rate_at end
          where m.id = g.id and (begun + stopped > 0 or m.claimed_to is distinct from reached);
        end loop;
        if "waitMs" is not null then
          "mailingId" := null;
          "messages" := null;
          return next;
        end if;
      end
      $body$;
    `);
  }
}

const isOpen = 'o.opens_at <= statement_timestamp() and (o.closes_at is null or o.closes_at > statement_timestamp())';
/** Nothing begins that could not end before the mailing does. */
const isClaimable = `m.status = 'RUNNING' and m.queued > 0 and m.prune_cursor is null and m.starts_at <= statement_timestamp()
  and statement_timestamp() < m.ends_at - least(interval '5 s', (m.ends_at - m.starts_at) / 10)`;
const isStopped = `exists (select from suppression s where s.phone = m.phone and s.channel = 'MESSAGE')`;
