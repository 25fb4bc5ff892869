// The queue of exchanges with the provider, in SQL: claimed together with a slot, so that never more are under way over all processes
// than there are slots; looked after when their time has come. A slot and a claim are leases: those of the dead end by themselves.
import type { Rows } from '../live/event-log.js';

export interface ImeiClaim {
  readonly id: string;
  readonly imei: string;
  readonly serviceId: number;
  readonly background: boolean;
  /** How often it was claimed, this time included: whoever has an older number changes nothing. */
  readonly asked: number;
  /** How often of these it was not held back by the breaker. */
  readonly attempts: number;
}

type Fenced = Pick<ImeiClaim, 'id' | 'asked'>;

export interface DueExchange extends ImeiClaim {
  readonly state: 'LOST' | 'WAITING';
  readonly beganAt: Date;
  readonly askedAt: Date;
  readonly providerCheckId: string | null;
}

export interface ImeiQueueOptions {
  /** IMEI_CONCURRENCY. */
  readonly concurrency: number;
  /** IMEI_TIMEOUT. */
  readonly timeoutMs: number;
}

/** Longer than any exchange by what a busy process may need to write down its end. */
const leaseMarginMs = 5_000;
const atOnce = 50;

export class ImeiQueue {
  constructor(
    private readonly db: Rows,
    private readonly options: ImeiQueueOptions,
  ) {}

  /** As many slots as are configured; more stay unused. */
  async prepare(): Promise<void> {
    await this.db.rows('insert into imei_slot (n) select generate_series(1, $1::int) on conflict do nothing', [
      this.options.concurrency,
    ]);
  }

  /** A claim is the record that a request may have left. */
  claim(): Promise<ImeiClaim[]> {
    const { concurrency, timeoutMs } = this.options;
    return this.db.rows<ImeiClaim>(claimSql, [concurrency, timeoutMs + leaseMarginMs]);
  }

  /** Whose answer was lost, who is waited for, and whose process died while asking; each of them for one process only. */
  due(): Promise<DueExchange[]> {
    return this.db.rows<DueExchange>(dueSql);
  }

  /** Milliseconds until something is due again; undefined where nothing is. */
  async nextDueIn(): Promise<number | undefined> {
    const [row] = await this.db.rows<{ ms: number | null }>(
      `select extract(epoch from min(next_at) - clock_timestamp())::float8 * 1000 as ms
       from imei_exchange where state in ('ASKING', 'LOST', 'WAITING')`,
    );
    return row?.ms ?? undefined;
  }

  /** It did not happen, and is asked again later. */
  async giveBack(claim: Fenced, inMs: number): Promise<void> {
    await this.db.rows(movedTo('QUEUED', 'looks = 0'), [claim.id, claim.asked, inMs]);
  }

  /** Nobody was asked at all. */
  async holdBack(claim: Fenced, inMs: number): Promise<void> {
    await this.db.rows(movedTo('QUEUED', 'looks = 0, held = held + 1'), [claim.id, claim.asked, inMs]);
  }

  async lose(claim: Fenced): Promise<void> {
    await this.db.rows(movedTo('LOST', 'looks = 0'), [claim.id, claim.asked, firstLookMs]);
  }

  /** The provider has it and works on it. */
  async wait(claim: Fenced, providerCheckId: string): Promise<void> {
    const sql = movedTo('WAITING', 'provider_check_id = $4, looks = 0');
    await this.db.rows(sql, [claim.id, claim.asked, firstLookMs, providerCheckId]);
  }
}

const firstLookMs = 250;
const longestPause = 60;

/** Those for whom somebody waits first; the first slot is theirs alone, so that no batch of slow answers keeps them waiting. */
const claimSql = `
  with due as materialized (
    select id, background from imei_exchange where state = 'QUEUED' and next_at <= clock_timestamp()
    order by background, id limit ${atOnce} for update skip locked
  ), free as materialized (
    select n from imei_slot where n <= $1::int and (leased_until is null or leased_until < clock_timestamp())
      and (n > 1 or $1::int = 1 or exists (select from due where not background))
    order by n limit (select count(*) from due) for update skip locked
  ), pairs as materialized (
    select d.id, f.n from (select id, row_number() over () as place from due) d
    join (select n, row_number() over () as place from free) f using (place)
  ), taken as (
    update imei_slot s set exchange_id = p.id, leased_until = clock_timestamp() + $2::float8 * interval '1 ms'
    from pairs p where s.n = p.n
  )
  update imei_exchange e set state = 'ASKING', asked = e.asked + 1, asked_at = clock_timestamp(),
    began_at = coalesce(e.began_at, clock_timestamp()), next_at = clock_timestamp() + $2::float8 * interval '1 ms'
  from pairs p where e.id = p.id
  returning e.id, e.imei, e.service_id as "serviceId", e.background, e.asked, e.asked - e.held as attempts`;

const dueSql = `
  with due as materialized (
    select id from imei_exchange where state in ('ASKING', 'LOST', 'WAITING') and next_at <= clock_timestamp()
    order by next_at limit ${atOnce} for update skip locked
  )
  update imei_exchange e set state = case e.state when 'ASKING' then 'LOST' else e.state end, looks = e.looks + 1,
    next_at = clock_timestamp() + least(${longestPause}, 0.5 * 2 ^ least(e.looks, 10)) * interval '1 s'
  from due where e.id = due.id
  returning e.id, e.imei, e.service_id as "serviceId", e.background, e.asked, e.asked - e.held as attempts, e.state, e.began_at as "beganAt",
    e.asked_at as "askedAt", e.provider_check_id as "providerCheckId"`;

/** Its slot is free at once. Who was taken for dead, and comes back after it was asked again, changes nothing. */
const movedTo = (state: string, also: string): string => `
  with moved as (
    update imei_exchange set state = '${state}', next_at = clock_timestamp() + $3::float8 * interval '1 ms', ${also}
    where id = $1::bigint and asked = $2::int and ended_at is null returning id
  )
  update imei_slot s set exchange_id = null, leased_until = null from moved m where s.exchange_id = m.id`;
