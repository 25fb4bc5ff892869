// The queue of messages as a worker sees it: claimed in batches, settled in batches, each one statement that locks the mailing
// first, asks everything again (pause, window, suppression, rate, deadline) and leaves the counters right.
import type { Rows } from '../live/event-log.js';
import { speedFadesIn } from './mailing.rows.js';
import { rateBurst } from './send-pace.js';

export interface Claim {
  readonly mailingId: string;
  readonly id: string;
  readonly phone: string;
  readonly epoch: number;
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

export interface Result {
  readonly claim: Pick<Claim, 'mailingId' | 'id' | 'epoch'>;
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

  constructor(
    private readonly db: Rows,
    readonly worker: string,
  ) {}

  async claim(limit: number): Promise<Claimed> {
    const rows = await this.db.rows<ClaimRow>(claimSql, [this.worker, limit]);
    const claims = rows.flatMap(({ waitMs: _, id, ...row }) => (id === null ? [] : [{ ...row, id }]));
    return { claims, waitMs: rows[0]?.waitMs ?? null };
  }

  async settle(given: readonly Result[]): Promise<Settlement> {
    const results = given.toSorted((a, b) => inOrder(a.claim, b.claim));
    const [row] = await this.db.rows<{ settled: number; mailingIds: string[] | null }>(settleSql, [
      results.map(({ claim }) => claim.mailingId),
      results.map(({ claim }) => claim.id),
      results.map(({ claim }) => claim.epoch),
      results.map(({ as }) => as),
      results.map(({ delayMs }) => delayMs),
      results.map(({ reason }) => reason),
    ]);
    return { settled: row?.settled ?? 0, mailingIds: row?.mailingIds ?? [] };
  }

  async extend(given: readonly Pick<Claim, 'mailingId' | 'id' | 'epoch'>[]): Promise<void> {
    const claims = given.toSorted(inOrder);
    await this.db.rows(extendSql, [
      claims.map(({ mailingId }) => mailingId),
      claims.map(({ id }) => id),
      claims.map(({ epoch }) => epoch),
    ]);
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

type ClaimRow = (Claim | { readonly id: null }) & { readonly waitMs: number | null } & Omit<Claim, 'id'>;

/** Rows are locked in the order in which they are named: those who meet wait for each other in one direction only. */
const inOrder = (a: Pick<Claim, 'id'>, b: Pick<Claim, 'id'>): number =>
  a.id.length - b.id.length || (a.id < b.id ? -1 : 1);

const textsKept = 100;
/** So many mailings at a time, drawn by lot: the lock of each is taken in turn. */
const mailingsAtOnce = 16;

const sendable = `g.status = 'RUNNING' and g.queued > 0 and g.prune_cursor is null and g.starts_at <= statement_timestamp()
  and statement_timestamp() < g.ends_at - least(interval '5 s', (g.ends_at - g.starts_at) / 10)`;

const isOpen = `z.opens_at <= statement_timestamp() and (z.closes_at is null or z.closes_at > statement_timestamp())`;

/** m.status = 'SENDING', said so that a few rows are found by their keys and not by reading all that are alike. */
const isNow = (status: 'QUEUED' | 'SENDING'): string => `starts_with(m.status, '${status}')`;

/**
 * Whoever changes messages of a mailing holds its row, so that the messages themselves need no locks: a claim that waited for
 * another one's lock finds those rows changed, and leaves them alone.
 * clock_timestamp() is no index condition and would sort all that is ready; statement_timestamp() is. Zones whose window closes
 * soonest come first; a lateral join reads only what it takes, and stops when there is enough.
 */
const claimSql = `
  with chosen as materialized (
    select g.id from mailing g
    where ${sendable} and exists (select from mailing_zone z where z.mailing_id = g.id and ${isOpen})
    order by random() limit ${mailingsAtOnce}
  ), mine as materialized (
    select g.id, g.text_version, g.ends_at, g.on_uncertain, g.rate_limit,
      least(1 + g.rate_limit * ${rateBurst}, g.rate_tokens
        + extract(epoch from statement_timestamp() - coalesce(g.rate_at, g.started_at)) * g.rate_limit)::float8 as tokens
    from mailing g where g.id = any (array(select id from chosen)) and ${sendable} order by g.id for no key update
  ), shares as materialized (
    select m.*, least(coalesce(floor(m.tokens), $2::int), greatest(1, $2::int / (select count(*) from mine)))::int as share from mine m
  ), picked as materialized (
    select p.*, exists (select from suppression s where s.phone = p.phone and s.channel = 'MESSAGE') as stopped from (
      select q.mailing_id, q.id, q.phone, s.text_version, s.on_uncertain = 'HOLD' as hold,
        least(q.closes_at, s.ends_at) as until
      from shares s cross join lateral (
        select m.*, z.closes_at
        from (select z.zone, z.closes_at from mailing_zone z where z.mailing_id = s.id and ${isOpen}
          order by z.closes_at nulls last) z
        cross join lateral (
          select m.mailing_id, m.id, m.phone from message m
          where m.mailing_id = s.id and m.zone = z.zone and m.status = 'QUEUED' and m.next_at <= statement_timestamp()
          order by m.next_at limit s.share
        ) m limit s.share
      ) q where s.share > 0
    ) p
  ), claimed as (
    update message m set status = case when p.stopped then 'SUPPRESSED' else 'SENDING' end,
      attempts = m.attempts + (not p.stopped)::int, lease_epoch = m.lease_epoch + 1,
      worker = case when not p.stopped then $1 end, text_version = case when not p.stopped then p.text_version end,
      lease_until = case when not p.stopped then clock_timestamp() + interval '${leaseSeconds} s' end
    from picked p where m.mailing_id = p.mailing_id and m.id = p.id and ${isNow('QUEUED')}
    returning m.mailing_id, m.id, m.phone, m.lease_epoch, m.attempts, m.text_version, p.hold, p.until, p.stopped
  ), counted as (
    update mailing g set queued = g.queued - d.taken, sending = g.sending + d.sending, suppressed = g.suppressed + d.stopped,
      attempts = g.attempts + d.sending, rate_tokens = coalesce(d.tokens - d.sending, 0), rate_at = statement_timestamp()
    from (
      select c.mailing_id, s.tokens, count(*) as taken, count(*) filter (where not c.stopped) as sending,
        count(*) filter (where c.stopped) as stopped
      from claimed c join shares s on s.id = c.mailing_id group by c.mailing_id, s.tokens
    ) d where g.id = d.mailing_id
  ), told as (
    insert into event_pending (topic, subject, kind, data, items)
    select 'message', mailing_id::text, 'SUPPRESSED', '{}'::jsonb, array_agg(id::text) from claimed where stopped group by mailing_id
  )
  select c.mailing_id as "mailingId", c.id, c.phone, c.lease_epoch as epoch, c.attempts, c.text_version as "textVersion",
    c.hold, c.until,
    (select min(greatest(1, (1 - tokens) / rate_limit * 1000))::float8 from shares where share = 0) as "waitMs"
  from (select) one left join claimed c on not c.stopped`;

/** Back in the queue: to where the client is reached by now. */
const isBack = `d.outcome in ('QUEUED', 'BACK')`;
const isGone = `exists (select from client c where c.id = m.client_id and c.hidden_at is not null)`;

/** What comes back after the mailing was cancelled or has ended does not wait any more. */
const settleSql = `
  with done as materialized (
    select * from unnest($1::bigint[], $2::bigint[], $3::int[], $4::text[], $5::float8[], $6::text[])
      as d (mailing_id, id, epoch, outcome, delay, reason)
  ), mine as materialized (
    select g.id, g.status, g.ends_at from mailing g where g.id = any (array(select distinct mailing_id from done))
    order by g.id for no key update
  ), settled as (
    update message m set
      status = case when not ${isBack} then d.outcome when g.status = 'CANCELLED' or ${isGone} then 'CANCELLED'
        when g.status = 'EXPIRED' or g.ends_at <= statement_timestamp() then 'EXPIRED' else 'QUEUED' end,
      phone = case when ${isBack} then (select c.phone from client c where c.id = m.client_id) else m.phone end,
      zone = case when ${isBack} then coalesce((select z.zone from client c join mailing_zone z on z.timezone = c.timezone
        where c.id = m.client_id and z.mailing_id = m.mailing_id), m.zone) else m.zone end,
      sent_at = case when d.outcome = 'SENT' then clock_timestamp() end,
      next_at = case when ${isBack} then clock_timestamp() + d.delay * interval '1 ms' else m.next_at end,
      text_version = case when not ${isBack} then m.text_version end,
      attempts = m.attempts - (d.outcome = 'BACK')::int,
      last_error = case when d.outcome = 'BACK' then m.last_error else d.reason end, worker = null, lease_until = null
    from done d join mine g on g.id = d.mailing_id
    where m.mailing_id = d.mailing_id and m.id = d.id and ${isNow('SENDING')} and m.lease_epoch = d.epoch
    returning m.mailing_id, m.id, m.status, d.outcome
  ), sums as materialized (
    select mailing_id, count(*) as n, count(*) filter (where status = 'QUEUED') as queued,
      count(*) filter (where status = 'SENT') as sent, count(*) filter (where status = 'FAILED') as failed,
      count(*) filter (where status = 'EXPIRED') as expired, count(*) filter (where status = 'CANCELLED') as cancelled,
      count(*) filter (where status = 'UNCERTAIN') as uncertain, count(*) filter (where outcome = 'BACK') as back
    from settled group by mailing_id
  ), counted as (
    update mailing g set sending = g.sending - d.n, queued = g.queued + d.queued, sent = g.sent + d.sent,
      failed = g.failed + d.failed, expired = g.expired + d.expired, cancelled = g.cancelled + d.cancelled,
      uncertain = g.uncertain + d.uncertain, attempts = g.attempts - d.back,
      speed = g.speed * exp(-greatest(0, extract(epoch from clock_timestamp() - coalesce(g.speed_at, clock_timestamp()))) / ${speedFadesIn})
        + d.sent / ${speedFadesIn}.0,
      speed_at = clock_timestamp(),
      finished_at = case when ${isFinished()} then clock_timestamp() else g.finished_at end,
      status = case when ${isFinished()} then case when g.expired + d.expired > 0 then 'EXPIRED' else 'COMPLETED' end
        else g.status end
    from sums d where g.id = d.mailing_id returning g.id, ${isFinished('after')} as finished, g.status
  ), told as (
    insert into event_pending (topic, subject, kind, data, items)
    select 'message', mailing_id::text, status, '{}'::jsonb, array_agg(id::text) from settled where status <> 'QUEUED'
    group by mailing_id, status
    union all
    select 'mailing', id::text, status, '{}'::jsonb, null from counted where finished
  )
  select (select count(*)::int from settled) as settled, (select array_agg(id::text) from counted) as "mailingIds"`;

/** Nothing waits, nothing is under way, and everybody had been planned. */
function isFinished(when: 'before' | 'after' = 'before'): string {
  if (when === 'after')
    return `g.queued + g.sending = 0 and g.status in ('COMPLETED', 'EXPIRED') and g.finished_at is not null`;
  return `g.status in ('RUNNING', 'PAUSED') and g.planned_at is not null and g.prune_cursor is null
    and g.queued + d.queued = 0 and g.sending - d.n = 0`;
}

const extendSql = `
  update message m set lease_until = clock_timestamp() + interval '${leaseSeconds} s'
  from unnest($1::bigint[], $2::bigint[], $3::int[]) as d (mailing_id, id, epoch)
  where m.mailing_id = d.mailing_id and m.id = d.id and ${isNow('SENDING')} and m.lease_epoch = d.epoch`;
