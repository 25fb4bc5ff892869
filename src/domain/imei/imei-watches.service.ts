// Watches: devices that are checked again every so many hours, in the name of whoever asked for it and within their daily limit. Here a
// check is begun, together with the watch's next moment and in one transaction; the queue of checks does the rest.
import { actorMay } from '../../auth/actors.js';
import { actorOf } from '../../auth/viewer.js';
import { conflict, notFound } from '../../shared/errors.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Transaction, Work } from '../work.js';
import { type WatchImeiInput, watchImeiInput } from './imei-check.inputs.js';
import { checksById, type ImeiCheckRow } from './imei-check.rows.js';
import { type ImeiCheckPorts, type ImeiCheckService, openDesk } from './imei-checks.service.js';

export interface ImeiWatchRow {
  id: string;
  imei: string;
  everyHours: number;
  requestedBy: string;
  nextAt: Date;
  createdAt: Date;
}

/** Of one person with all of their tokens: as many as IMEI_CHECKS_PER_DAY lets them check once a day where nothing else is said. */
const mostWatches = 1_000;
/** Of one tick: more than the provider does until the next one. */
const atOnce = 500;

export class ImeiWatchService {
  constructor(
    private readonly work: Work,
    private readonly ports: Pick<ImeiCheckPorts, 'imeiDesk'>,
    private readonly checks: ImeiCheckService,
  ) {}

  /**
   * Checks at once, unless there is an answer that is not older than the interval. Watching again changes the interval, counted from
   * the last check.
   */
  async watch(input: WatchImeiInput): Promise<ImeiWatchRow> {
    const { imei, everyHours } = parseInput(watchImeiInput, input);
    openDesk(this.ports);
    const actor = actorOf(this.work.viewer);
    const id = await this.work.write(async (tx) => {
      await tx.rows(`select pg_advisory_xact_lock(hashtextextended('imei_watch ' || imei_payer($1), 0))`, [actor]);
      const [watch] = await tx.rows<{ id: string }>(watchSql, [actor, imei, everyHours, mostWatches]);
      if (!watch)
        throw conflict(
          `You watch ${mostWatches} devices already, which is the most: stop one first.`,
          'TOO_MANY_WATCHES',
        );
      tx.audit('watchImei', `imeiWatch:${watch.id}`, { changed: ['everyHours'] });
      return watch.id;
    });
    await this.#begin({ id, imei });
    await this.work.rows(endSql, [id]);
    const [watch] = await this.work.rows<ImeiWatchRow>(`select ${watchColumns} from imei_watch w where w.id = $1`, [
      id,
    ]);
    if (!watch) throw notFound('The watch');
    return watch;
  }

  async unwatch(id: string): Promise<void> {
    const own = this.checks.ownOnly();
    await this.work.write(async (tx) => {
      const [gone] = isId(id)
        ? await tx.rows(
            'delete from imei_watch where id = $1 and requested_by = coalesce($2, requested_by) returning id',
            [id, own ?? null],
          )
        : [];
      if (!gone) throw notFound('The watch');
      tx.audit('unwatchImei', `imeiWatch:${id}`);
    });
  }

  list(args: PageArgs): Promise<Page<ImeiWatchRow>> {
    const own = this.checks.ownOnly();
    const condition = own === undefined ? {} : { where: ['w.requested_by = $1'], params: [own] };
    return pageOf<ImeiWatchRow>(
      this.work,
      { select: watchColumns, from: 'imei_watch w', ...condition, key: [['w.id', 'bigint']], direction: 'desc' },
      args,
    );
  }

  /** By watch: the newest check of that device by whoever watches it. */
  async lastChecks(ids: readonly string[]): Promise<Map<string, ImeiCheckRow>> {
    const newest = await this.work.rows<{ id: string; checkId: string }>(
      `select w.id, c.id as "checkId" from imei_watch w cross join lateral (
         select id from imei_check where imei = w.imei and requested_by = w.requested_by order by id desc limit 1
       ) c where w.id = any($1::bigint[])`,
      [ids],
    );
    const checks = await checksById(
      this.work,
      newest.map(({ checkId }) => checkId),
    );
    return new Map(
      newest.flatMap(({ id, checkId }) => {
        const check = checks.get(checkId);
        return check ? [[id, check] as const] : [];
      }),
    );
  }

  /** What is due, the longest due first, however often it was missed. */
  async checkDue(signal: AbortSignal): Promise<void> {
    if (!this.ports.imeiDesk) return;
    await this.work.rows(endSql, [null]);
    const due = await this.work.rows<DueWatch>(
      `select id, imei from imei_watch where ${isDue} order by next_at limit ${atOnce}`,
    );
    for (const watch of due) if (!signal.aborted) await this.#begin(watch);
  }

  /** For one process only, and once for each moment that it is due. */
  async #begin({ id, imei }: DueWatch): Promise<void> {
    const choice = await this.checks.choose(imei, null);
    const begun = await this.work.write(async (tx) => {
      const [watch] = await tx.rows<TakenWatch>(takeSql, [id]);
      if (!watch) return false;
      const { requestedBy: actor, goodFor } = watch;
      if (!(await actorMay(tx, actor, 'imeiCheck'))) return putOff(tx, id, restSeconds);
      const { checkId, retryAfter } = await this.checks.beginFor(tx, { actor, imei, choice, maxAge: goodFor });
      if (checkId === null) return putOff(tx, id, retryAfter + Math.random() * spreadSeconds);
      await tx.rows(begunSql, [id, checkId]);
      return true;
    });
    if (begun) this.ports.imeiDesk?.kick();
  }
}

interface DueWatch {
  readonly id: string;
  readonly imei: string;
}

interface TakenWatch {
  readonly requestedBy: string;
  /** Seconds for which a known answer will do: only instead of the first check. */
  readonly goodFor: number;
}

/** Whoever may not check now may again some day. */
const restSeconds = 3_600;
/** Behind midnight, so that not all that was put off comes in one moment. */
const spreadSeconds = 3_600;

async function putOff(tx: Transaction, id: string, seconds: number): Promise<false> {
  await tx.rows(`update imei_watch set next_at = now() + $2::float8 * interval '1 s' where id = $1`, [id, seconds]);
  return false;
}

const watchColumns = `w.id, w.imei, w.every_hours as "everyHours", w.requested_by as "requestedBy", w.next_at as "nextAt",
  w.created_at as "createdAt"`;

const isDue = 'next_at <= now() and not waiting';

/** Nothing where it would be one too many. One that failed, and waits to try again, goes on waiting. */
const watchSql = `
  insert into imei_watch as w (requested_by, imei, every_hours, next_at)
    select $1, $2, $3::int, now() where (
      select count(*) from imei_watch
      where requested_by in (select imei_actors(imei_payer($1))) and not (requested_by = $1 and imei = $2)
    ) < $4::int
  on conflict (imei, requested_by) do update set every_hours = excluded.every_hours, next_at = case when w.failures > 0 then w.next_at
    else greatest(now(), w.next_at + (excluded.every_hours - w.every_hours) * interval '1 hour') end
  returning w.id`;

const takeSql = `
  select requested_by as "requestedBy", case when check_id is null then every_hours * 3600 else 0 end as "goodFor"
  from imei_watch where id = $1 and ${isDue} for update skip locked`;

const begunSql = `
  update imei_watch set check_id = $2, waiting = true, next_at = now() + every_hours * interval '1 hour' where id = $1`;

/**
 * From the end of a check, or the age of the answer that did instead, it is everyHours to the next one. What the provider certainly did
 * not do is tried again sooner, after 15 minutes and then longer; what may have been charged (somebody had to look for it) is not.
 */
const endSql = `
  with ended as materialized (
    select w.id, c.completed_at - c.age_seconds * interval '1 s' as told_at,
      c.status = 'FAILED' and c.cost = 0 and (e.status is not null or e.looks = 0) as undone
    from imei_watch w join imei_check c on c.id = w.check_id join imei_exchange e on e.id = c.exchange_id
    where w.waiting and c.completed_at is not null and w.id = coalesce($1::bigint, w.id)
    for update of w skip locked
  )
  update imei_watch w set waiting = false, failures = case when d.undone then w.failures + 1 else 0 end,
    next_at = case when d.undone
      then now() + least(interval '15 minutes' * 2 ^ least(w.failures, 6), w.every_hours * interval '1 hour') * (0.5 + random() / 2)
      else d.told_at + w.every_hours * interval '1 hour' end
  from ended d where w.id = d.id`;
