// Brings mailings on: starts what is due, plans audiences, completes what reaches nobody. In chunks, each of them one short
// transaction that leaves the counters right, so that whoever comes after a death goes on.
import { shareDirectory } from '../clients/directory-lock.js';
import type { Transaction, Work } from '../work.js';
import { type Audience, audienceCondition } from './audience.js';
import { tellFinal } from './close-queued.js';
import { lockMailings } from './mailing.lock.js';
import { ensureZones } from './zones.js';

const chunkSize = 5_000;

interface PlanRow extends Audience {
  readonly id: string;
  readonly planCursor: string;
  readonly pruneCursor: string | null;
}

export class PlanService {
  constructor(private readonly work: Work) {}

  async start(mailingId: string, signal: AbortSignal): Promise<void> {
    await this.#startDue();
    await this.#planToEnd(mailingId, signal);
  }

  /** Small ones first, so that a mailing of a million does not keep others waiting: each gets a chunk in turn. */
  async bringOn(signal: AbortSignal): Promise<void> {
    await this.#startDue();
    for (let open = await this.#unplanned(); open.length > 0 && !signal.aborted; open = await this.#unplanned()) {
      for (const id of open) if (!signal.aborted) await this.#planChunk(id);
    }
    await this.#completeEmpty();
  }

  async #startDue(): Promise<void> {
    await this.work.write(async (tx) => {
      const due = await tx.rows<{ id: string }>(
        `update mailing set status = 'RUNNING', started_at = coalesce(started_at, now())
         where id = any (array(select id from mailing where status = 'SCHEDULED' and starts_at <= statement_timestamp()
           and ends_at > statement_timestamp() order by id for no key update)) and status = 'SCHEDULED' returning id`,
      );
      for (const { id } of due) tx.publish({ topic: 'mailing', subject: id, kind: 'RUNNING' });
    });
  }

  async #unplanned(): Promise<string[]> {
    const rows = await this.work.rows<{ id: string }>(
      `select id from mailing where status in ('RUNNING', 'PAUSED') and (planned_at is null or prune_cursor is not null)
         and ends_at > statement_timestamp() order by id`,
    );
    return rows.map(({ id }) => id);
  }

  async #planToEnd(mailingId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#planChunk(mailingId)));
  }

  /** Gives whether there is more. */
  async #planChunk(mailingId: string): Promise<boolean> {
    const [mailing] = await this.work.rows<PlanRow>(
      `select id, operator_codes as "operatorCodes", tags, plan_cursor as "planCursor", prune_cursor as "pruneCursor"
       from mailing where id = $1 and status in ('RUNNING', 'PAUSED') and (planned_at is null or prune_cursor is not null)
         and ends_at > statement_timestamp()`,
      [mailingId],
    );
    if (!mailing) return false;
    try {
      await (mailing.pruneCursor === null ? this.#addChunk(mailing) : this.#pruneChunk(mailing, mailing.pruneCursor));
    } catch (error) {
      if (!(error instanceof PlanOvertaken)) throw error;
    }
    return true;
  }

  /** The rows come first and the mailing's lock last, so that sending goes on while a large audience is planned. */
  async #addChunk(mailing: PlanRow): Promise<void> {
    const { where, params } = audienceCondition(mailing, 4);
    const condition = where.join(' and ');
    const newZones = await this.work.write(async (tx) => {
      await shareDirectory(tx);
      const [chunk] = await tx.rows<ChunkRow>(chunkSql(condition), [
        mailing.id,
        mailing.planCursor,
        chunkSize,
        ...params,
      ]);
      if (chunk?.newZones) return chunk.newZones;
      await this.#insertChunk(tx, mailing, chunk);
      return [];
    });
    // The same chunk is planned again with its zones known.
    if (newZones.length > 0) await this.#ensureZones(mailing.id, newZones);
  }

  async #insertChunk(tx: Transaction, mailing: PlanRow, chunk: ChunkRow | undefined): Promise<void> {
    const { where, params } = audienceCondition(mailing, 3);
    const last = chunk?.last ?? mailing.planCursor;
    const rows = chunk?.last
      ? await tx.rows<AddedRow>(addSql(where.join(' and '), params.length), [
          mailing.id,
          mailing.planCursor,
          ...params,
          last,
        ])
      : [];
    const [added = nothingAdded] = rows;
    const isLast = (chunk?.size ?? 0) < chunkSize;
    const [mine] = await tx.rows<{ empty: boolean }>(advanceSql, [
      ...[mailing.id, mailing.planCursor, last, isLast],
      ...[added.fresh, added.queued, added.suppressed, added.again],
    ]);
    if (!mine) throw new PlanOvertaken();
    tellFinal(tx, { mailingId: mailing.id, status: 'SUPPRESSED', ids: added.stopped ?? [] });
    tx.publish({ topic: 'mailing', subject: mailing.id, kind: 'PLANNED' });
  }

  async #ensureZones(mailingId: string, timezones: readonly string[]): Promise<void> {
    await this.work.write(async (tx) => {
      await lockMailings(tx, [mailingId]);
      await ensureZones(tx, mailingId, timezones);
    });
  }

  /** Those who left the audience and still wait are cancelled; nothing is claimed until that is done. */
  async #pruneChunk(mailing: PlanRow, cursor: string): Promise<void> {
    const { where, params } = audienceCondition(mailing, 4);
    await this.work.write(async (tx) => {
      await lockMailings(tx, [mailing.id]);
      const [chunk] = await tx.rows<{ last: string | null; left: string[] | null }>(
        `select max(id) as last, array_agg(id::text) filter (where not matches) as left from (
           select m.id, exists (select from client c where c.id = m.client_id and ${where.join(' and ')}) as matches
           from message m where m.mailing_id = $1 and m.id > $2 and m.status = 'QUEUED' order by m.id limit $3) q`,
        [mailing.id, cursor, chunkSize, ...params],
      );
      const left = chunk?.left ?? [];
      if (left.length > 0) await cancelLeft(tx, mailing.id, left);
      const [mine] = await tx.rows(
        `update mailing set prune_cursor = $3 where id = $1 and prune_cursor = $2 and operator_codes = $4 and tags = $5 returning id`,
        [mailing.id, cursor, chunk?.last ?? null, mailing.operatorCodes, mailing.tags],
      );
      if (!mine) throw new PlanOvertaken();
    });
  }

  async #completeEmpty(): Promise<void> {
    await this.work.write(async (tx) => {
      const done = await tx.rows<{ id: string }>(
        `update mailing set status = 'COMPLETED', finished_at = now()
         where id = any (array(select id from mailing where ${isEmpty} order by id for no key update)) and ${isEmpty} returning id`,
      );
      for (const { id } of done) tx.publish({ topic: 'mailing', subject: id, kind: 'COMPLETED' });
    });
  }
}

/** The filter, the status or another planner was faster: what was done is undone, and looked at anew. */
class PlanOvertaken extends Error {}

interface AddedRow {
  readonly fresh: number;
  readonly queued: number;
  readonly suppressed: number;
  /** Left the audience before, and is in it again. */
  readonly again: number;
  readonly stopped: string[] | null;
}

const nothingAdded: AddedRow = { fresh: 0, queued: 0, suppressed: 0, again: 0, stopped: null };

interface ChunkRow {
  readonly last: string | null;
  readonly size: number;
  readonly newZones: string[] | null;
}

const chunkSql = (condition: string): string => `
  select max(id) as last, count(*)::int as size,
    array_agg(distinct timezone) filter (where timezone not in (select timezone from mailing_zone where mailing_id = $1)) as "newZones"
  from (select c.id, c.timezone from client c where c.id > $2 and ${condition} order by c.id limit $3) c`;

const addSql = (condition: string, conditions: number): string => `
  with added as (
    insert into message (mailing_id, client_id, phone, zone, status, next_at)
    select $1, c.id, c.phone, z.zone, case when s.id is null then 'QUEUED' else 'SUPPRESSED' end, statement_timestamp()
    from client c
    left join mailing_zone z on z.mailing_id = $1 and z.timezone = c.timezone
    left join suppression s on s.phone = c.phone and s.channel = 'MESSAGE'
    where c.id > $2 and ${condition} and c.id <= $${conditions + 3}
    order by c.id
    on conflict (client_id, mailing_id) do update
      set status = excluded.status, phone = excluded.phone, zone = excluded.zone, next_at = excluded.next_at
      where message.status = 'CANCELLED'
    returning id, status, xmax = 0 as fresh
  )
  select count(*) filter (where fresh)::int as fresh, count(*) filter (where not fresh)::int as again,
    count(*) filter (where status = 'QUEUED')::int as queued, count(*) filter (where status = 'SUPPRESSED')::int as suppressed,
    array_agg(id::text) filter (where status = 'SUPPRESSED') as stopped
  from added`;

const advanceSql = `
  update mailing set plan_cursor = $3, planned_at = case when $4 then now() end,
    planned = planned + $5, queued = queued + $6, suppressed = suppressed + $7, cancelled = cancelled - $8
  where id = $1 and plan_cursor = $2 and planned_at is null and prune_cursor is null and status in ('RUNNING', 'PAUSED')
  returning queued = 0 as empty`;

const isEmpty = `status in ('RUNNING', 'PAUSED') and planned_at is not null and prune_cursor is null and queued = 0 and sending = 0`;

async function cancelLeft(tx: Transaction, mailingId: string, ids: readonly string[]): Promise<void> {
  await tx.rows(`update message set status = 'CANCELLED' where mailing_id = $1 and id = any($2::bigint[])`, [
    mailingId,
    ids,
  ]);
  await tx.rows('update mailing set queued = queued - $2, cancelled = cancelled + $2 where id = $1', [
    mailingId,
    ids.length,
  ]);
  tellFinal(tx, { mailingId, status: 'CANCELLED', ids });
}
