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
  const counter = as === 'CANCELLED' ? 'cancelled' : 'expired';
  const gone = await tx.rows<{ id: string }>(closeSql(counter), [mailingId, as, limit]);
  tellFinal(tx, { mailingId, status: as, ids: gone.map(({ id }) => id) });
  return gone.length;
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

const closeSql = (counter: 'cancelled' | 'expired'): string => `
  with picked as (
    select id from message where mailing_id = $1 and status = 'QUEUED' limit $3
  ), gone as (
    update message m set status = $2 from picked p where m.mailing_id = $1 and m.id = p.id returning m.id
  ), counted as (
    update mailing set queued = queued - d.n, ${counter} = ${counter} + d.n
    from (select count(*)::int as n from gone) d where id = $1
  )
  select id from gone order by id`;
