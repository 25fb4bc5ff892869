// Brings mailings on: starts what is due, plans audiences, completes what reaches nobody. In chunks, each of them one short
// transaction that leaves the counters right, so that whoever comes after a death goes on.
import { setTimeout as sleep } from 'node:timers/promises';
import { shareDirectory } from '../clients/directory-lock.js';
import type { Transaction, Work } from '../work.js';
import { type Audience, audienceCondition } from './audience.js';
import { readInOrder, tellFinal } from './close-queued.js';
import { lockMailings } from './mailing.lock.js';
import { isWaiting } from './mailing.rows.js';
import { ensureZones } from './zones.js';

/** The first ones are small, so that sending begins. */
const [smallestChunk, largestChunk] = [500, 5_000];
/** With the mailing's number: two planners of one audience would only undo each other's work. */
const planningLock = 7_301_006;
const afterTheOther = 20;

interface PlanRow extends Audience {
  readonly id: string;
  readonly planCursor: string;
  readonly pruneCursor: string | null;
  readonly chunkSize: number;
}

export class PlanService {
  constructor(private readonly work: Work) {}

  async start(mailingId: string, signal: AbortSignal): Promise<void> {
    await this.#startDue();
    await this.#planToEnd(mailingId, signal);
  }

  /**
   * Small ones first, so that a mailing of a million does not keep others waiting: each gets a chunk in turn. Tells after each that
   * there is something to claim.
   */
  async bringOn(signal: AbortSignal, planned: () => void = () => undefined): Promise<void> {
    await this.#startDue();
    for (let open = await this.#unplanned(); open.length > 0 && !signal.aborted; open = await this.#unplanned()) {
      for (const id of open) {
        if (signal.aborted) break;
        await this.#planChunk(id);
        planned();
      }
    }
    await this.#completeEmpty();
  }

  /** For a worker that looks often: is there anything to bring on? */
  async isAnyDue(): Promise<boolean> {
    const [row] = await this.work.rows<{ due: boolean }>(
      `select exists (select from mailing where ${isUnplanned})
         or exists (select from mailing where status = 'SCHEDULED' and starts_at <= statement_timestamp() and ends_at > statement_timestamp()) as due`,
    );
    return row?.due ?? false;
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
    const rows = await this.work.rows<{ id: string }>(`select id from mailing where ${isUnplanned} order by id`);
    return rows.map(({ id }) => id);
  }

  async #planToEnd(mailingId: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && (await this.#planChunk(mailingId)));
  }

  /** Gives whether there is more. */
  async #planChunk(mailingId: string): Promise<boolean> {
    const [mailing] = await this.work.rows<PlanRow>(
      `select id, operator_codes as "operatorCodes", tags, plan_cursor as "planCursor", prune_cursor as "pruneCursor",
         least(greatest(planned, ${smallestChunk}), ${largestChunk}) as "chunkSize"
       from mailing where id = $1 and ${isUnplanned}`,
      [mailingId],
    );
    if (!mailing) return false;
    try {
      await (mailing.pruneCursor === null ? this.#addChunk(mailing) : this.#pruneChunk(mailing, mailing.pruneCursor));
    } catch (error) {
      if (!(error instanceof PlanOvertaken)) throw error;
      await sleep(afterTheOther);
    }
    return true;
  }

  /** The rows come first and the mailing's lock last, so that sending goes on while a large audience is planned. */
  async #addChunk(mailing: PlanRow): Promise<void> {
    const { where, params } = audienceCondition(mailing, 4);
    const condition = where.join(' and ');
    const newZones = await this.work.write(async (tx) => {
      const [alone] = await tx.rows<{ mine: boolean }>('select pg_try_advisory_xact_lock($1, $2) as mine', [
        planningLock,
        Number(BigInt(mailing.id) % 2_147_483_647n),
      ]);
      if (!alone?.mine) throw new PlanOvertaken();
      await shareDirectory(tx);
      const [chunk] = await tx.rows<ChunkRow>(chunkSql(condition), [
        mailing.id,
        mailing.planCursor,
        mailing.chunkSize,
        ...params,
      ]);
      if (!chunk || chunk.fresh === null) throw new PlanOvertaken();
      if (chunk.newZones) return chunk.newZones;
      await this.#insertChunk(tx, mailing, chunk);
      return [];
    });
    // The same chunk is planned again with its zones known.
    if (newZones.length > 0) await this.#ensureZones(mailing.id, newZones);
  }

  async #insertChunk(tx: Transaction, mailing: PlanRow, chunk: ChunkRow): Promise<void> {
    const { where, params } = audienceCondition(mailing, 4);
    const condition = where.join(' and ');
    const last = chunk.last ?? mailing.planCursor;
    const place = [mailing.id, mailing.planCursor, last];
    const [added = nothingAdded] = chunk.last
      ? await tx.rows<AddedRow>(addSql(condition, chunk.fresh === true), [...place, ...params])
      : [];
    const isLast = chunk.size < mailing.chunkSize;
    const { queued, suppressed } = added;
    const [mine] = await tx.rows<{ cancelled: number }>(advanceSql, [...place, isLast, queued, suppressed]);
    if (!mine) throw new PlanOvertaken();
    const again =
      mine.cancelled > 0 && chunk.last ? await tx.rows<StoppedRow>(addAgainSql(condition), [...place, ...params]) : [];
    const stopped = [...(added.stopped ?? []), ...again.flatMap((row) => row.stopped ?? [])];
    tellFinal(tx, { mailingId: mailing.id, status: 'SUPPRESSED', ids: stopped });
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
      await readInOrder(tx);
      const [chunk] = await tx.rows<{ last: string | null; left: string[] | null }>(
        `select max(id) as last, array_agg(id::text) filter (where not matches) as left from (
           select m.id, exists (select from client c where c.id = m.client_id and ${where.join(' and ')}) as matches
           from mailing g join message m on m.mailing_id = g.id where g.id = $1 and m.id > $2 and ${isWaiting} order by m.id limit $3) q`,
        [mailing.id, cursor, largestChunk, ...params],
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

interface StoppedRow {
  readonly stopped: string[] | null;
}

interface AddedRow extends StoppedRow {
  readonly queued: number;
  readonly suppressed: number;
}

const nothingAdded: AddedRow = { queued: 0, suppressed: 0, stopped: null };

interface ChunkRow {
  readonly last: string | null;
  readonly size: number;
  readonly newZones: string[] | null;
  /** Nobody of them was ever looked at, so that none has a message yet; null where another planner was faster. */
  readonly fresh: boolean | null;
}

const chunkSql = (condition: string): string => `
  select max(id) as last, count(*)::int as size,
    array_agg(distinct timezone) filter (where timezone not in (select timezone from mailing_zone where mailing_id = $1)) as "newZones",
    (select plan_cursor >= planned_to from mailing where id = $1 and plan_cursor = $2) as fresh
  from (select c.id, c.timezone from client c where c.id > $2 and ${condition} order by c.id limit $3) c`;

/** Where they are reached, and whether they may be; of the clients after $2 up to $3. */
const reachable = (condition: string): string => `
  from client c
  left join mailing_zone z on z.mailing_id = $1 and z.timezone = c.timezone
  left join suppression s on s.phone = c.phone and s.channel = 'MESSAGE'
  where c.id > $2 and c.id <= $3 and ${condition}`;

const reachedAs = `case when s.id is null then 'QUEUED' else 'SUPPRESSED' end`;

const addSql = (condition: string, fresh: boolean): string => `
  with added as (
    insert into message (mailing_id, client_id, phone, zone, status)
    select $1, c.id, c.phone, z.zone, ${reachedAs} ${reachable(condition)} order by c.id
    ${fresh ? '' : 'on conflict (client_id, mailing_id) do nothing'} returning id, status
  )
  select count(*) filter (where status = 'QUEUED')::int as queued, count(*) filter (where status = 'SUPPRESSED')::int as suppressed,
    array_agg(id::text) filter (where status = 'SUPPRESSED') as stopped
  from added`;

const isStarted = `status in ('RUNNING', 'PAUSED') and started_at is not null`;
const isUnplanned = `${isStarted} and (planned_at is null or prune_cursor is not null) and ends_at > statement_timestamp()`;
const isEmpty = `${isStarted} and planned_at is not null and prune_cursor is null and queued = 0 and sending = 0`;

const advanceSql = `
  update mailing set plan_cursor = $3, planned_to = greatest(planned_to, $3), planned_at = case when $4 then now() end,
    planned = planned + $5 + $6, queued = queued + $5, suppressed = suppressed + $6
  where id = $1 and plan_cursor = $2 and planned_at is null and prune_cursor is null and ${isStarted}
  returning cancelled`;

/** Those who had left the audience, and are in it again: under the mailing's lock. `offset 0` keeps the search by client. */
const addAgainSql = (condition: string): string => `
  with again as (
    update message m set status = r.status, phone = r.phone, zone = r.zone,
      next_at = case when r.status = 'QUEUED' then statement_timestamp() end
    from (select c.id, c.phone, z.zone, ${reachedAs} as status ${reachable(condition)}) r cross join lateral (
      select old.ctid as stands_at from message old where old.client_id = r.id and old.mailing_id = $1 and old.status = 'CANCELLED' offset 0
    ) old
    where m.ctid = old.stands_at returning m.id, m.status
  ), counts as (
    select count(*)::int as n, count(*) filter (where status = 'QUEUED')::int as queued,
      array_agg(id::text) filter (where status = 'SUPPRESSED') as stopped from again
  )
  update mailing set queued = mailing.queued + d.queued, suppressed = suppressed + d.n - d.queued, cancelled = cancelled - d.n
  from counts d where id = $1 returning d.stopped`;

async function cancelLeft(tx: Transaction, mailingId: string, ids: readonly string[]): Promise<void> {
  await tx.rows(
    `update message set status = 'CANCELLED', next_at = null where mailing_id = $1 and id = any($2::bigint[])`,
    [mailingId, ids],
  );
  await tx.rows('update mailing set queued = queued - $2, cancelled = cancelled + $2 where id = $1', [
    mailingId,
    ids.length,
  ]);
  tellFinal(tx, { mailingId, status: 'CANCELLED', ids });
}
