// Live events: what waits for its number, what has one, and from which number on events are kept.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261120010000 extends Migration {
  override up(): void {
    // Written in the transaction of the change and emptied right after it: vacuumed by its few rows, not by a share of them.
    this.addSql(`
      create table event_pending (
        seq bigint generated always as identity primary key,
        topic text not null,
        subject text not null,
        kind text not null,
        data jsonb not null,
        at timestamptz(3) not null default clock_timestamp()
      ) with (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
    `);

    // An identity column of a partitioned table needs PostgreSQL 17; a sequence does not.
    this.addSql('create sequence event_id_seq as bigint;');
    this.addSql(`
      create table event (
        id bigint not null,
        topic text not null,
        subject text not null,
        kind text not null,
        data jsonb not null,
        at timestamptz(3) not null,
        primary key (id, at)
      ) partition by range (at);
    `);
    this.addSql('create index event_topic_index on event (topic, id);');
    this.addSql('create index event_subject_index on event (topic, subject, id);');
    this.addSql('create table event_default partition of event default;');

    this.addSql(
      'create table event_floor (id bigint not null, one_row boolean primary key default true check (one_row));',
    );
    this.addSql('insert into event_floor (id) values (0);');

    // Each statement of a volatile function sees what had been committed when it began, so the delete sees all that was
    // committed before the lock was had; the lock is held until these numbers are visible. 7301002 is numberingLock in event-log.ts.
    this.addSql(`
      create function number_events(batch int, out numbered int, out last_id bigint) language plpgsql volatile as $body$
      begin
        numbered := 0;
        if not exists (select from event_pending) then
          return;
        end if;
        perform pg_advisory_xact_lock(7301002);
        with taken as (
          delete from event_pending
            where seq = any (array(select p.seq from event_pending p order by p.seq limit batch))
            returning *
        ), added as (
          insert into event (id, topic, subject, kind, data, at)
            select nextval('event_id_seq'), t.topic, t.subject, t.kind, t.data, t.at
              from (select * from taken order by seq) t
            returning id
        )
        select count(*), max(id) into numbered, last_id from added;
      end
      $body$;
    `);
  }
}
