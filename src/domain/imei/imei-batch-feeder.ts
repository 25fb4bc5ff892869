// Orders the next checks of running batches, as many as may be under way: as checks like all others, of which nobody waits for the
// answer, so that those for whom somebody does go first. Stops at the cost limit, and pauses until tomorrow at the limit of the day.
import { seconds } from '../../shared/clock.js';
import type { Transaction, Work } from '../work.js';
import type { BatchItem } from './imei-batch.inputs.js';
import { countInBatches, holdBatch, skipTheRest } from './imei-batch-counts.js';
import type { ImeiFacts } from './imei-facts.js';
import { type Micros, mostPaid, pricesOf, type ServicePrices, toMicros, toUsd } from './imei-prices.js';
import { chooseService, type ImeiServices, type ServiceChoice } from './service-choice.js';
import type { ImeiVerdictService } from './verdicts.service.js';

export interface ImeiBatchFeederPorts {
  readonly defaultTimezone: string;
  readonly imeiFacts: ImeiFacts | undefined;
  readonly imeiServices: ImeiServices;
  /** IMEI_CHECKS_PER_DAY. */
  readonly imeiChecksPerDay: number;
}

interface Running {
  readonly id: string;
  readonly requestedBy: string;
  readonly requestedService: number | null;
  readonly maxAge: number;
  readonly costLimit: string | null;
  readonly begunUpTo: number;
  readonly underWay: number;
  /** What was paid, and what may have been or may still be. */
  readonly spent: string;
  /** Of the day's checks of the person who ordered it, with all of their tokens. */
  readonly left: number;
}

interface Order extends BatchItem, ServiceChoice {
  readonly bound: Micros;
}

/** Half of the shortest history that is known. */
export const mostSinceLost = 500;
/** A provider that does not tell its prices is asked again then. */
const withoutPricesMs = seconds(10);

export class ImeiBatchFeeder {
  constructor(
    private readonly work: Work,
    private readonly ports: ImeiBatchFeederPorts,
    private readonly verdicts: Pick<ImeiVerdictService, 'brandsOf'>,
  ) {}

  /** Gives the batches of which something was ordered. One that can't be fed does not keep the others from it. */
  async feed(atOnce: number): Promise<string[]> {
    const { defaultTimezone, imeiChecksPerDay } = this.ports;
    const running = await this.work.rows<Running>(runningSql, [this.work.now(), defaultTimezone, imeiChecksPerDay]);
    const share = Math.max(1, Math.floor(atOnce / Math.max(1, running.length)));
    const fed: string[] = [];
    const failures: unknown[] = [];
    for (const batch of running) {
      const room = share - batch.underWay;
      // Half of it at least, or one by one would be ordered.
      if (2 * room < share) continue;
      await this.#feedOne(batch, room).then(
        (ordered) => ordered && fed.push(batch.id),
        (error: unknown) => failures.push(error),
      );
    }
    if (failures.length > 0) throw failures[0];
    return fed;
  }

  async #feedOne(batch: Running, room: number): Promise<boolean> {
    if (batch.left <= 0) return this.#pause(batch, tomorrowSql, [this.work.now(), this.ports.defaultTimezone]);
    const prices = batch.costLimit === null ? null : await this.#prices();
    if (prices === undefined) return this.#pause(batch, '$3', [new Date(this.work.now().getTime() + withoutPricesMs)]);
    const orders = await this.#next(batch, Math.min(room, batch.left), prices);
    const affordable = withinLimit(batch, orders);
    // What is under way may turn out to cost less than it may.
    if (affordable.length === 0 && batch.underWay > 0) return false;
    return this.work.write(async (tx) => {
      if (!(await this.#hold(tx, batch))) return false;
      if (affordable.length > 0) await this.#order(tx, batch, affordable);
      else await skipTheRest(tx, batch.id, 'COST_LIMIT');
      return true;
    });
  }

  async #pause({ id, begunUpTo }: Running, until: string, params: readonly unknown[]): Promise<boolean> {
    const sql = `update imei_batch set next_at = ${until} where id = $1 and begun_up_to = $2`;
    await this.work.rows(sql, [id, begunUpTo, ...params]);
    return false;
  }

  async #prices(): Promise<ServicePrices | undefined> {
    const answer = await this.ports.imeiFacts?.services();
    return answer?.kind === 'answered' ? pricesOf(answer.value) : undefined;
  }

  async #next(batch: Running, most: number, prices: ServicePrices | null): Promise<Order[]> {
    const items = await this.work.rows<BatchItem>(
      'select n, imei from imei_batch_item where batch_id = $1 and n > $2 order by n limit $3',
      [batch.id, batch.begunUpTo, most],
    );
    const brandOf = await this.verdicts.brandsOf(items.map(({ imei }) => imei));
    return items.map((item) => {
      const choice = chooseService(this.ports.imeiServices, brandOf(item.imei), batch.requestedService);
      return { ...item, ...choice, bound: prices ? mostPaid(prices, choice) : 0 };
    });
  }

  /** What it was read as still holds: whoever ordered or skipped meanwhile has changed one of these. */
  async #hold(tx: Transaction, { id, begunUpTo }: Running): Promise<boolean> {
    if (!(await holdBatch(tx, id, { wait: false }))) return false;
    const sql = `select 1 from imei_batch where id = $1 and begun_up_to = $2 and status = 'RUNNING'`;
    return (await tx.rows(sql, [id, begunUpTo])).length > 0;
  }

  async #order(tx: Transaction, batch: Running, orders: readonly Order[]): Promise<void> {
    const { defaultTimezone, imeiChecksPerDay, imeiFacts } = this.ports;
    const begun = await tx.rows<{ n: number; bound: string; checkId: string | null }>(beginSql, [
      ...[imeiFacts?.provider, batch.requestedService, batch.maxAge, batch.requestedBy],
      ...[this.work.now(), defaultTimezone, imeiChecksPerDay],
      ...[orders.map(({ n }) => n), orders.map(({ imei }) => imei), orders.map(({ service }) => service)],
      ...[orders.map(({ follow }) => follow), orders.map(({ automatic }) => automatic)],
      orders.map(({ bound }) => toUsd(bound)),
    ]);
    // The day's limit was reached by somebody else in this moment: the next round sees it.
    if (begun.some(({ checkId }) => checkId === null)) throw new Error('a check of a batch could not be begun');
    const checkIds = begun.map(({ checkId }) => checkId);
    await tx.rows(begunSql, [batch.id, begun.map(({ n }) => n), checkIds, begun.map(({ bound }) => bound)]);
    const ended = await tx.rows<{ id: string }>(
      'select id from imei_check where id = any($1::bigint[]) and completed_at is not null',
      [checkIds],
    );
    await countInBatches(
      tx,
      ended.map(({ id }) => id),
    );
  }
}

/** From the first on, as far as all of them may be paid. */
function withinLimit({ costLimit, spent }: Running, orders: readonly Order[]): readonly Order[] {
  if (costLimit === null) return orders;
  let room = toMicros(costLimit) - toMicros(spent);
  const beyond = orders.findIndex(({ bound }) => {
    room -= bound;
    return room < 0;
  });
  return beyond < 0 ? orders : orders.slice(0, beyond);
}

/**
 * $1 now, $2 the zone whose days the limit means. None where much was begun since an answer was lost that is still looked for: it must
 * not fall off the end of the provider's history because a batch goes on.
 */
const runningSql = `
  select b.id, b.requested_by as "requestedBy", b.requested_service as "requestedService", b.max_age as "maxAge",
    b.cost_limit as "costLimit", b.begun_up_to as "begunUpTo", b.begun - b.successful - b.unsuccessful - b.failed as "underWay",
    b.cost + b.reserved as spent, $3::int - coalesce(d.asked, 0) as left
  from imei_batch b left join imei_day d on d.actor = imei_payer(b.requested_by) and d.day = ($1::timestamptz at time zone $2)::date
  where b.status = 'RUNNING' and b.received_at is not null and b.begun < b.total and b.next_at <= $1
    and not exists (
      select from imei_exchange where state = 'LOST' and id < (select max(id) from imei_exchange) - ${mostSinceLost}
    )
  order by b.id`;

const tomorrowSql = `(($3::timestamptz at time zone $4)::date + 1)::timestamp at time zone $4`;

/** In the order of the numbers, so that no two who order the same ones wait for each other. */
const beginSql = `
  select o.n, o.bound, begin_imei_check(o.imei, $1, o.service, o.follow, o.automatic, $2::int, $3::int, 'JOB', $4,
    ($5::timestamptz at time zone $6)::date, $7::int) as "checkId"
  from (
    select * from unnest($8::int[], $9::text[], $10::int[], $11::int[], $12::boolean[], $13::numeric[])
      as t (n, imei, service, follow, automatic, bound)
    order by imei
  ) o`;

const begunSql = `
  with begun as (
    select * from unnest($2::int[], $3::bigint[], $4::numeric[]) as t (n, check_id, bound)
  ), items as (
    update imei_batch_item i set check_id = b.check_id, bound = b.bound from begun b where i.batch_id = $1 and i.n = b.n
  )
  update imei_batch set begun = begun + s.count, begun_up_to = s.last, reserved = reserved + s.bound
  from (select count(*)::int as count, max(n) as last, sum(bound) as bound from begun) s where id = $1`;
