// The queue of messages as a worker sees it: claimed in batches, settled in batches, each one statement that locks the mailing
// first, asks everything again (pause, window, suppression, rate, deadline) and leaves the counters right.
import type { Placed } from '../../shared/bag.js';
import type { Rows } from '../live/event-log.js';
import { isLeased, speedFadesIn } from './mailing.rows.js';
import { rateBurst } from './send-pace.js';

export interface Claim {
  readonly mailingId: string;
  readonly leaseId: string;
  readonly id: string;
  readonly phone: string;
  readonly epoch: number;
  /** With the one that it is claimed for. */
  readonly attempts: number;
  readonly textVersion: number;
  /** A lost answer is not to be followed by a second request. */
  readonly hold: boolean;
  /** By the database's clock: nothing may begin, or still be under way, after it. */
  readonly until: Date;
}

export interface Claimed {
  readonly claims: readonly Claim[];
  /** Milliseconds after which a rate limit lets the next one through; null where no limit holds anything back. */
  readonly waitMs: number | null;
}

/** QUEUED: to be tried again after the delay. BACK: it never left; the attempt is not counted. */
export type SettledAs = 'SENT' | 'FAILED' | 'UNCERTAIN' | 'QUEUED' | 'BACK';

export interface Result extends Placed {
  readonly claim: Pick<Claim, 'mailingId' | 'leaseId' | 'id' | 'epoch' | 'textVersion'>;
  readonly as: SettledAs;
  readonly delayMs: number;
  readonly reason: string | null;
}

export interface Settlement {
  /** Whose lease was still ours. */
  readonly settled: number;
  readonly mailingIds: readonly string[];
}

/** A dead worker's messages move on when this has passed; a living one extends it. */
export const leaseSeconds = 25;

export class MessageQueue {
  readonly #texts = new Map<string, string>();
  /** How many messages of each lease are not settled yet. */
  readonly #leases = new Map<string, number>();

  constructor(
    private readonly db: Rows,
    readonly worker: string,
    /** For what need not be on the disk when it is answered. */
    private readonly notes: Rows = db,
  ) {}

  async claim(limit: number): Promise<Claimed> {
    const parts = await this.db.rows<ClaimedPart>(claimSql, [this.worker, limit]);
    const claims: Claim[] = [];
    for (const { ids, phones, epochs, attempts, waitMs: _, ...part } of parts) {
      if (ids === null) continue;
      const phoneOf = phones.split(',');
      const epochOf = epochs?.split(',') ?? [];
      const attemptsOf = attempts?.split(',') ?? [];
      for (const [n, id] of ids.split(',').entries()) {
        const phone = phoneOf[n] ?? '';
        claims.push({ ...part, id, phone, epoch: Number(epochOf[n] ?? 0), attempts: 1 + Number(attemptsOf[n] ?? 0) });
      }
      this.#leases.set(part.leaseId, phoneOf.length);
    }
    return { claims, waitMs: parts.at(-1)?.waitMs ?? null };
  }

  /** The gateway has taken them: whoever takes them over when we die shall know. */
  async note(claims: readonly Pick<Claim, 'leaseId' | 'id'>[]): Promise<void> {
    const idsOf = new Map<string, string>();
    for (const { leaseId, id } of claims) {
      const before = idsOf.get(leaseId);
      idsOf.set(leaseId, before === undefined ? id : `${before},${id}`);
    }
    await this.notes.rows(noteSql, [`{${[...idsOf.keys()].join()}}`, `{"{${[...idsOf.values()].join('}","{')}}"}`]);
  }

  /** One of `inBatches`. */
  settle(batch: readonly Result[]): Promise<Settlement> {
    return batch[0]?.as === 'SENT'
      ? this.#settle(settleSentSql, batch, sentParams)
      : this.#settle(settleOthersSql, batch, otherParams);
  }

  async #settle(sql: string, given: readonly Result[], paramsOf: typeof sentParams): Promise<Settlement> {
    const results = given.toSorted((a, b) => inOrder(a.claim, b.claim));
    const left = new Map<string, number>();
    for (const { claim } of results) {
      const before = left.get(claim.leaseId) ?? this.#leases.get(claim.leaseId);
      if (before !== undefined) left.set(claim.leaseId, before - 1);
    }
    const over = [...left].filter(([, count]) => count === 0).map(([leaseId]) => leaseId);
    const [row] = await this.db.rows<{ settled: number; mailingIds: string[] | null }>(sql, [
      over,
      ...paramsOf(results),
    ]);
    for (const [leaseId, count] of left) this.#leases.set(leaseId, count);
    for (const leaseId of over) this.#leases.delete(leaseId);
    return { settled: row?.settled ?? 0, mailingIds: row?.mailingIds ?? [] };
  }

  /** Gives those that were still there. */
  async extend(leaseIds: readonly string[]): Promise<string[]> {
    const rows = await this.db.rows<{ id: string }>(extendSql, [leaseIds]);
    return rows.map(({ id }) => id);
  }

  /** A version's text never changes: each is read once. */
  async text({ mailingId, textVersion }: Pick<Claim, 'mailingId' | 'textVersion'>): Promise<string> {
    const key = `${mailingId} ${textVersion}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const [row] = await this.db.rows<{ text: string }>(
      'select text from mailing_text where mailing_id = $1 and version = $2',
      [mailingId, textVersion],
    );
    if (!row) throw new Error(`mailing ${mailingId} has no text ${textVersion}`);
    if (this.#texts.size >= textsKept) this.#texts.clear();
    this.#texts.set(key, row.text);
    return row.text;
  }

  /** Milliseconds that the database's clock is ahead of ours. */
  async clockOffset(): Promise<number> {
    const asked = Date.now();
    const [row] = await this.db.rows<{ now: number }>(
      'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
    );
    return (row?.now ?? asked) - (asked + Date.now()) / 2;
  }
}

/** What was sent and is alike goes by itself: that is nearly everything, and is written in the quickest way. */
export function inBatches(results: readonly Result[]): Result[][] {
  const kind = ({ claim, as }: Result) => as === 'SENT' && `${claim.mailingId} ${claim.textVersion} ${claim.epoch}`;
  return [...Map.groupBy(results, kind).values()];
}

interface ClaimedPart extends Pick<Claim, 'mailingId' | 'leaseId' | 'textVersion' | 'hold' | 'until'> {
  /** Parted by commas, as the phones are. Of no message while there is only something to wait for. */
  readonly ids: string | null;
  readonly phones: string;
  /** Of the first ones; the others were never claimed before. */
  readonly epochs: string | null;
  readonly attempts: string | null;
  readonly waitMs: number | null;
}

/** Rows are locked in the order in which they are named: those who meet wait for each other in one direction only. */
const inOrder = (a: Pick<Claim, 'id'>, b: Pick<Claim, 'id'>): number =>
  a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

const textsKept = 100;
/** So many mailings at a time, drawn by lot: the lock of each is taken in turn. */
const mailingsAtOnce = 16;

const claimSql = `select * from claim_messages($1, $2, interval '${leaseSeconds} s', ${rateBurst}, ${mailingsAtOnce})`;

function sentParams(results: readonly Result[]): unknown[] {
  const [first] = results;
  const ids = `{${results.map(({ claim }) => claim.id).join()}}`;
  return [first?.claim.mailingId, first?.claim.textVersion, ids, first?.claim.epoch];
}

function otherParams(results: readonly Result[]): unknown[] {
  return [
    results.map(({ claim }) => claim.mailingId),
    results.map(({ claim }) => claim.textVersion),
    results.map(({ claim }) => claim.id),
    results.map(({ claim }) => claim.epoch),
    results.map(({ as }) => as),
    results.map(({ delayMs }) => delayMs),
    results.map(({ reason }) => reason),
    [...new Set(results.map(({ claim }) => claim.leaseId))],
  ];
}

/**
 * Whoever changes messages of a mailing holds its row, so that the messages need no locks of their own: a settlement that
 * waited finds those that are not its own any more changed, and leaves them alone.
 */
const mine = (mailings: string): string => `mine as materialized (
    select g.id, g.status, g.ends_at from mailing g where ${mailings} order by g.id for no key update
  )`;
const over = `over as (delete from message_lease where id = any ($1::bigint[])),
  known as (delete from message_answer where lease_id = any ($1::bigint[]))`;
const noteSql = `insert into message_answer (lease_id, ids)
  select lease_id, ids::bigint[] from unnest($1::bigint[], $2::text[]) as a (lease_id, ids)`;

const speed = `speed_at = clock_timestamp(), speed = g.speed * exp(-greatest(0, extract(epoch from clock_timestamp()
      - coalesce(g.speed_at, clock_timestamp()))::float8) / ${speedFadesIn})`;
/** Nothing waits, nothing is under way, and everybody had been planned. */
const finish = (queued: string, sending: string, expired: string): string => {
  const isFinished = `g.status in ('RUNNING', 'PAUSED') and g.planned_at is not null and g.prune_cursor is null
      and ${queued} = 0 and ${sending} = 0`;
  return `finished_at = case when ${isFinished} then clock_timestamp() else g.finished_at end,
      status = case when not (${isFinished}) then g.status when ${expired} > 0 then 'EXPIRED' else 'COMPLETED' end`;
};
const finished = `g.queued + g.sending = 0 and g.status in ('COMPLETED', 'EXPIRED') and g.finished_at is not null`;

/** No index knows any of what is changed here, so that none is written. */
const settleSentSql = `
  with ${mine('g.id = $2::bigint')}, settled as (
    update message m set status = 'SENT', sent_at = clock_timestamp(), next_at = null, text_version = $3::int,
      attempts = m.attempts + 1, last_error = null
    from mine g where m.mailing_id = g.id and m.id = any ($4::bigint[]) and m.lease_epoch = $5::int and ${isLeased}
    returning m.id
  ), ${over}, counted as (
    update mailing g set sending = g.sending - d.n, sent = g.sent + d.n, ${speed} + d.n::float8 / ${speedFadesIn},
      ${finish('g.queued', 'g.sending - d.n', 'g.expired')}
    from (select count(*) as n from settled) d where g.id = $2::bigint and d.n > 0 returning g.status, ${finished} as finished
  ), told as (
    insert into event_pending (topic, subject, kind, data, items)
    select 'message', $2::bigint::text, 'SENT', '{}'::jsonb, array_agg(id::text) from settled having count(*) > 0
    union all
    select 'mailing', $2::bigint::text, status, '{}'::jsonb, null from counted where finished
  )
  select count(*)::int as settled, array[$2::bigint::text] as "mailingIds" from settled`;

/** Back in the queue: to where the client is reached by now; after the mailing was cancelled or has ended nothing waits any more. */
const isBack = `d.outcome in ('QUEUED', 'BACK')`;
const settledAs = `case when not ${isBack} then d.outcome
  when g.status = 'CANCELLED' or exists (select from client c where c.id = m.client_id and c.hidden_at is not null) then 'CANCELLED'
  when g.status = 'EXPIRED' or g.ends_at <= statement_timestamp() then 'EXPIRED' else 'QUEUED' end`;

const settleOthersSql = `
  with ${mine('g.id = any ($2::bigint[])')}, done as materialized (
    select * from unnest($2::bigint[], $3::int[], $4::bigint[], $5::int[], $6::text[], $7::float8[], $8::text[])
      as d (mailing_id, text_version, id, epoch, outcome, delay, reason)
  ), settled as (
    update message m set status = ${settledAs}, attempts = m.attempts + (d.outcome <> 'BACK')::int,
      next_at = case when ${settledAs} = 'QUEUED' then clock_timestamp() + d.delay * interval '1 ms' end,
      phone = case when ${isBack} then (select c.phone from client c where c.id = m.client_id) else m.phone end,
      zone = case when ${isBack} then coalesce((select z.zone from client c join mailing_zone z on z.timezone = c.timezone
        where c.id = m.client_id and z.mailing_id = m.mailing_id), m.zone) else m.zone end,
      text_version = case when not ${isBack} then d.text_version end,
      last_error = case when d.outcome = 'BACK' then m.last_error else d.reason end
    from done d join mine g on g.id = d.mailing_id
    where m.mailing_id = d.mailing_id and m.id = d.id and m.lease_epoch = d.epoch and ${isLeased}
    returning m.mailing_id, m.id, m.status, d.outcome
  ), ${over}, shrunk as (
    update message_lease set ids = array(select unnest(ids) except select unnest($4::bigint[]))
    where id = any ($9::bigint[]) and id <> all ($1::bigint[])
  ), sums as materialized (
    select mailing_id, count(*) as n, count(*) filter (where status = 'QUEUED') as queued,
      count(*) filter (where status = 'FAILED') as failed, count(*) filter (where status = 'EXPIRED') as expired,
      count(*) filter (where status = 'CANCELLED') as cancelled, count(*) filter (where status = 'UNCERTAIN') as uncertain,
      count(*) filter (where outcome = 'BACK') as back
    from settled group by mailing_id
  ), counted as (
    update mailing g set sending = g.sending - d.n, queued = g.queued + d.queued, failed = g.failed + d.failed,
      expired = g.expired + d.expired, cancelled = g.cancelled + d.cancelled, uncertain = g.uncertain + d.uncertain,
      attempts = g.attempts - d.back, ${speed}, ${finish('g.queued + d.queued', 'g.sending - d.n', 'g.expired + d.expired')}
    from sums d where g.id = d.mailing_id returning g.id, g.status, ${finished} as finished
  ), told as (
    insert into event_pending (topic, subject, kind, data, items)
    select 'message', mailing_id::text, status, '{}'::jsonb, array_agg(id::text) from settled where status <> 'QUEUED'
    group by mailing_id, status
    union all
    select 'mailing', id::text, status, '{}'::jsonb, null from counted where finished
  )
  select (select count(*)::int from settled) as settled, (select array_agg(id::text) from counted) as "mailingIds"`;

const extendSql = `
  update message_lease set lease_until = clock_timestamp() + interval '${leaseSeconds} s' where id = any ($1::bigint[]) returning id`;
