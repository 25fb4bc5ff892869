// Takes messages of a mailing that is cancelled, or over, out of its queue, a chunk at a time, with the counters and an event
// for each.
import type { Transaction } from '../work.js';

interface Closing {
  readonly mailingId: string;
  readonly as: 'CANCELLED' | 'EXPIRED';
  readonly limit: number;
}

/** Under the lock of the mailing's row. Gives how many there were. */
export async function closeQueued(tx: Transaction, { mailingId, as, limit }: Closing): Promise<number> {
  await readInOrder(tx);
  const counter = as === 'CANCELLED' ? 'cancelled' : 'expired';
  const gone = await tx.rows<{ id: string }>(closeSql(counter), [mailingId, as, limit]);
  tellFinal(tx, { mailingId, status: as, ids: gone.map(({ id }) => id) });
  return gone.length;
}

/**
 * For a transaction that takes a chunk from a mailing in the order of an index. The planner does not know that the mailing is larger
 * than the chunk, and with bitmaps it would read and sort the whole mailing for each chunk.
 */
export async function readInOrder(tx: Transaction): Promise<void> {
  await tx.rows('set local enable_bitmapscan = off');
}

interface Final {
  readonly mailingId: string;
  readonly status: string;
  readonly ids: readonly string[];
}

export function tellFinal(tx: Transaction, { mailingId, status, ids }: Final): void {
  for (let from = 0; from < ids.length; from += eventRun) {
    tx.publish({ topic: 'message', subject: mailingId, kind: status, items: ids.slice(from, from + eventRun) });
  }
}

const eventRun = 500;

/**
 * Those that wait for a moment and, once these are few, those of one zone that wait for their turn; the mark of the zone moves on past
 * them. They are updated by their place in the table, so that no estimate can make the planner join them in another way: whoever changes
 * messages holds the mailing's lock, and a place that was read under it stays.
 */
const closeSql = (counter: 'cancelled' | 'expired'): string => `
  with out_of_turn as materialized (
    select m.ctid as stands_at from message m where m.mailing_id = $1 and m.next_at is not null and m.next_at < 'infinity' limit $3
  ), place as materialized (
    select z.zone, coalesce(g.claimed_to[z.zone], 0) as reached from mailing g join mailing_zone z on z.mailing_id = g.id
    cross join lateral (select from message m where m.mailing_id = g.id and m.zone = z.zone
      and m.id > coalesce(g.claimed_to[z.zone], 0) and m.status = 'QUEUED' and m.next_at is null order by m.id limit 1) first
    where g.id = $1 and (select count(*) from out_of_turn) < $3 order by z.zone limit 1
  ), in_turn as materialized (
    select m.id, m.ctid as stands_at from place p cross join lateral (
      select m.id, m.ctid from message m where m.mailing_id = $1 and m.zone = p.zone and m.id > p.reached and m.status = 'QUEUED' and m.next_at is null
      order by m.id limit $3
    ) m
  ), gone as (
    update message m set status = $2, next_at = null
    where m.ctid = any (array(select stands_at from in_turn union all select stands_at from out_of_turn)) returning m.id
  ), counted as (
    update mailing g set queued = queued - d.n, ${counter} = ${counter} + d.n,
      claimed_to[coalesce(d.zone, 1)] = case when d.zone is null then g.claimed_to[1] else d.reached end
    from (select (select count(*)::int from gone) as n, (select zone from place) as zone, (select max(id) from in_turn) as reached) d
    where g.id = $1
  )
  select id from gone order by id`;
