// Ends what has ended: messages of dead workers, mailings whose time is up, queues of cancelled ones. Each step is one short
// transaction under the mailing's lock.
import type { Transaction, Work } from '../work.js';
import { closeQueued, tellFinal } from './close-queued.js';
import { lockMailings } from './mailing.lock.js';
import { isLeased } from './mailing.rows.js';

const chunkSize = 5_000;

export class UpkeepService {
  constructor(private readonly work: Work) {}

  async end(mailingId: string, signal: AbortSignal): Promise<void> {
    await this.#endDue();
    await this.#closeToEnd(mailingId, signal);
  }

  async expire(signal: AbortSignal): Promise<void> {
    await this.#endDue();
    await this.closeAll(signal);
  }

  /** What is still queued of mailings that were cancelled or have ended. */
  async closeAll(signal: AbortSignal): Promise<void> {
    const rows = await this.work.rows<{ id: string }>(
      `select id from mailing where status in ('CANCELLED', 'EXPIRED') and queued > 0 order by id`,
    );
    for (const { id } of rows) await this.#closeToEnd(id, signal);
  }

  /**
   * A dead worker's messages: what it noted as taken is sent. The requests of the others may have gone out, so the mailing's policy
   * on lost answers decides.
   */
  async reap(): Promise<void> {
    await this.work.rows(
      'delete from message_answer a where not exists (select from message_lease l where l.id = a.lease_id)',
    );
    const lost = await this.work.rows<{ id: string }>(
      'select distinct mailing_id as id from message_lease where lease_until < statement_timestamp()',
    );
    if (lost.length === 0) return;
    const ids = lost.map(({ id }) => id);
    const reaped = await this.work.write(async (tx) => {
      await lockMailings(tx, ids);
      const rows = await tx.rows<ReapedRow>(reapSql, [ids]);
      await countReaped(tx, rows);
      return rows.length;
    });
    if (reaped > 0) this.work.log.warn({ messages: reaped }, 'took messages over from a worker that is gone');
  }

  /** With something waiting, or not yet planned, it is EXPIRED; what had all been sent out waits for its last answers. */
  async #endDue(): Promise<void> {
    await this.work.write(async (tx) => {
      const ended = await tx.rows<{ id: string; status: string }>(
        `update mailing set finished_at = now(),
           status = case when queued > 0 or planned_at is null or expired > 0 then 'EXPIRED' else 'COMPLETED' end
         where id = any (array(select id from mailing where ${isOver} order by id for no key update)) and ${isOver}
         returning id, status`,
      );
      for (const { id, status } of ended) tx.publish({ topic: 'mailing', subject: id, kind: status });
    });
  }

  async #closeToEnd(mailingId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#closeChunk(mailingId)));
  }

  async #closeChunk(mailingId: string): Promise<boolean> {
    return this.work.write(async (tx) => {
      const [mailing] = await tx.rows<{ status: 'CANCELLED' | 'EXPIRED' }>(
        `select status from mailing where id = $1 and status in ('CANCELLED', 'EXPIRED') and queued > 0 for no key update`,
        [mailingId],
      );
      if (!mailing) return false;
      tx.publish({ topic: 'mailing', subject: mailingId, kind: mailing.status });
      return (await closeQueued(tx, { mailingId, as: mailing.status, limit: chunkSize })) > 0;
    });
  }
}

const isOver = `status in ('SCHEDULED', 'RUNNING', 'PAUSED') and ends_at <= statement_timestamp()
  and (queued > 0 or planned_at is null or sending = 0)`;

interface ReapedRow {
  readonly mailingId: string;
  readonly id: string;
  readonly status: 'SENT' | 'QUEUED' | 'UNCERTAIN' | 'CANCELLED' | 'EXPIRED';
}

const reapSql = `
  with over as (
    delete from message_lease where mailing_id = any($1::bigint[]) and lease_until < statement_timestamp()
    returning id as lease_id, mailing_id, text_version, ids
  ), noted as (
    delete from message_answer a using over where a.lease_id = over.lease_id returning a.ids, a.at
  ), taken as materialized (
    select id, min(at) as at from (select unnest(ids) as id, at from noted) n group by id
  ), held as materialized (
    select mailing_id, text_version, unnest(ids) as id from over
  )
  update message m set status = s.status, attempts = m.attempts + 1, sent_at = t.at,
    last_error = case when t.id is null then 'the worker died' end,
    next_at = case when s.status = 'QUEUED' then clock_timestamp() end,
    text_version = case when s.status in ('SENT', 'UNCERTAIN') then h.text_version end,
    phone = case when t.id is null then c.phone else m.phone end,
    zone = coalesce((select z.zone from mailing_zone z where z.mailing_id = h.mailing_id and z.timezone = c.timezone), m.zone)
  from held h left join taken t on t.id = h.id, mailing g, client c, lateral (
    select case when t.id is not null then 'SENT'
      when g.on_uncertain = 'HOLD' then 'UNCERTAIN'
      when g.status = 'CANCELLED' or c.hidden_at is not null then 'CANCELLED'
      when g.status = 'EXPIRED' or g.ends_at <= statement_timestamp() then 'EXPIRED' else 'QUEUED' end as status
  ) s
  where m.mailing_id = h.mailing_id and m.id = h.id and ${isLeased} and g.id = h.mailing_id and c.id = m.client_id
  returning m.mailing_id as "mailingId", m.id, m.status`;

async function countReaped(tx: Transaction, rows: readonly ReapedRow[]): Promise<void> {
  for (const [mailingId, ofMailing] of Map.groupBy(rows, (row) => row.mailingId)) {
    for (const [status, alike] of Map.groupBy(ofMailing, (row) => row.status)) {
      const counter = status.toLowerCase();
      await tx.rows(`update mailing set sending = sending - $2, ${counter} = ${counter} + $2 where id = $1`, [
        mailingId,
        alike.length,
      ]);
      if (status !== 'QUEUED') tellFinal(tx, { mailingId, status, ids: alike.map(({ id }) => id) });
    }
    tx.publish({ topic: 'mailing', subject: mailingId, kind: 'REAPED' });
  }
}
