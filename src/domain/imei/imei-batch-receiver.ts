// Takes a batch in, from a list or from a file: its devices are written as they come, and nobody sees it, and nothing is asked, before
// all of them are there and good. What is refused or breaks off leaves nothing behind.
import { createHash } from 'node:crypto';
import type { Keys } from '../../auth/keys.js';
import { actorOf } from '../../auth/viewer.js';
import { badInput, Failure } from '../../shared/errors.js';
import { once } from '../idempotency.js';
import type { Transaction, Work } from '../work.js';
import { type BatchItem, type BatchTerms, ImeiCollector, type WrittenImei } from './imei-batch.inputs.js';
import { batchById, type StoredImeiBatch } from './imei-batch.rows.js';
import { writtenImeis } from './imei-batch-file.js';
import { defaultMaxAge } from './imei-check.inputs.js';

export interface ImeiBatchReceiverPorts {
  readonly keys: Keys;
  readonly defaultTimezone: string;
  /** IMEI_CHECKS_PER_DAY. */
  readonly imeiChecksPerDay: number;
}

export interface BatchOrder {
  readonly terms: BatchTerms;
  readonly idempotencyKey?: string | null | undefined;
}

interface Incoming {
  readonly imeis: AsyncIterable<WrittenImei> | Iterable<WrittenImei>;
  readonly pathOf: (n: number) => string;
  /** Of what was sent, once all of it is read. */
  readonly digest: () => string;
}

const itemsAtOnce = 1_000;
const deletedAtOnce = 10_000;
const lookedUpAtOnce = 5_000;

export class ImeiBatchReceiver {
  constructor(
    private readonly work: Work,
    private readonly ports: ImeiBatchReceiverPorts,
  ) {}

  fromList(texts: readonly string[], order: BatchOrder): Promise<StoredImeiBatch> {
    const imeis = texts.map((text, index) => ({ n: index + 1, text }));
    const hash = createHash('sha256').update(JSON.stringify(texts));
    return this.#receive({ imeis, pathOf: (n) => `imeis.${n - 1}`, digest: () => hash.digest('hex') }, order);
  }

  fromFile(bytes: AsyncIterable<Buffer>, order: BatchOrder): Promise<StoredImeiBatch> {
    const hash = createHash('sha256');
    const imeis = writtenImeis(bytes, hash);
    return this.#receive({ imeis, pathOf: (n) => `rows.${n}`, digest: () => hash.digest('hex') }, order);
  }

  async #receive(incoming: Incoming, order: BatchOrder): Promise<StoredImeiBatch> {
    const id = await this.#begin(order.terms);
    try {
      await this.#store(id, incoming);
      const { row, repeated } = await this.#finish(id, incoming.digest(), order);
      if (repeated) await this.#discard(id);
      return row;
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
  }

  async #begin({ serviceId, maxAgeSeconds, costLimit }: BatchTerms): Promise<string> {
    const { viewer } = this.work;
    const [row] = await this.work.rows<{ id: string }>(
      `insert into imei_batch (requested_by, via, requested_service, max_age, cost_limit) values ($1, $2, $3, $4, $5) returning id`,
      [actorOf(viewer), viewer.origin.door, serviceId ?? null, maxAgeSeconds ?? defaultMaxAge, costLimit ?? null],
    );
    if (!row) throw new Error('an insert without a row');
    return row.id;
  }

  async #store(id: string, { imeis, pathOf }: Incoming): Promise<void> {
    const collector = new ImeiCollector(pathOf);
    let items: BatchItem[] = [];
    for await (const written of imeis) {
      const item = collector.read(written);
      if (item) items.push(item);
      if (items.length < itemsAtOnce) continue;
      await this.#storeItems(id, items);
      items = [];
    }
    collector.end();
    await this.#storeItems(id, items);
  }

  /** Who is there twice is checked once, where it came first. */
  async #storeItems(id: string, items: readonly BatchItem[]): Promise<void> {
    await this.work.rows(
      `insert into imei_batch_item (batch_id, n, imei) select $1, * from unnest($2::int[], $3::text[]) on conflict do nothing`,
      [id, items.map(({ n }) => n), items.map(({ imei }) => imei)],
    );
  }

  #finish(id: string, digest: string, { terms, idempotencyKey: key }: BatchOrder) {
    const call = { actor: actorOf(this.work.viewer), operation: 'checkImeis', key, input: { digest, ...terms } };
    return this.work.write((tx) =>
      once<StoredImeiBatch>(tx, this.ports.keys, call, {
        create: () => this.#accept(tx, id),
        find: (first) => batchById(tx, first),
      }),
    );
  }

  async #accept(tx: Transaction, id: string): Promise<StoredImeiBatch> {
    const [counted] = await tx.rows<{ total: number }>(
      'select count(*)::int as total from imei_batch_item where batch_id = $1',
      [id],
    );
    const total = counted?.total ?? 0;
    if (total === 0) throw badInput('file', 'EMPTY', 'the file has no rows');
    await this.#demandRoom(tx, id, total);
    await tx.rows('update imei_batch set total = $2, received_at = now() where id = $1', [id, total]);
    tx.publish({ topic: 'imeiBatch', subject: id, kind: 'RUNNING' });
    tx.audit('checkImeis', `imeiBatch:${id}`, { total });
    tx.nudge('feedImeiBatches', {});
    return batchById(tx, id);
  }

  /** What would have to be asked must fit into what is left of the day: an order that would take days is not what was ordered. */
  async #demandRoom(tx: Transaction, id: string, total: number): Promise<void> {
    const { imeiChecksPerDay, defaultTimezone } = this.ports;
    const actor = actorOf(this.work.viewer);
    await tx.rows(`select pg_advisory_xact_lock(hashtextextended('imei_day ' || imei_payer($1), 0))`, [actor]);
    const [day] = await tx.rows<{ left: number; retryAfter: number }>(daySql, [
      ...[actor, this.work.now(), defaultTimezone, imeiChecksPerDay],
    ]);
    const { left, retryAfter } = day ?? { left: 0, retryAfter: 1 };
    if (total <= left || !(await this.#asksMoreThan(tx, id, left))) return;
    throw new Failure(
      'RATE_LIMITED',
      `This is more than the ${Math.max(0, left)} checks that are left of today’s ${imeiChecksPerDay}; what is known already does not count. Nothing was ordered.`,
      { retryAfter: Math.max(1, retryAfter) },
    );
  }

  async #asksMoreThan(tx: Transaction, id: string, left: number): Promise<boolean> {
    let unknown = 0;
    for (let last = 0; unknown <= left; ) {
      const [next] = await tx.rows<{ unknown: number; last: number | null }>(unknownSql, [id, last]);
      unknown += next?.unknown ?? 0;
      if (next?.last == null) return unknown > left;
      last = next.last;
    }
    return true;
  }

  /** In bites, so that no statement takes long. Housekeeping finds what a dead process left. */
  async #discard(id: string): Promise<void> {
    try {
      for (let gone = deletedAtOnce; gone === deletedAtOnce; ) {
        gone = (await this.work.rows(discardSql, [id])).length;
      }
      await this.work.rows('delete from imei_batch where id = $1', [id]);
    } catch (error) {
      this.work.log.warn({ err: error, batch: id }, 'a batch that was refused waits for housekeeping');
    }
  }
}

/** $1 who, $2 now, $3 the zone whose days the limit means, $4 the limit. What was ordered and not begun yet is as good as asked. */
const daySql = `
  select $4::int - coalesce((select asked from imei_day where actor = imei_payer($1) and day = t.today), 0) - (
      select coalesce(sum(total - begun), 0)::int from imei_batch
      where imei_payer(requested_by) = imei_payer($1) and status = 'RUNNING' and received_at is not null
    ) as left,
    ceil(extract(epoch from (t.today + 1)::timestamp at time zone $3 - $2))::int as "retryAfter"
  from (select ($2::timestamptz at time zone $3)::date as today) t`;

/** As begin_imei_check() finds what is known. */
const unknownSql = `
  with next as materialized (
    select n, imei from imei_batch_item where batch_id = $1 and n > $2 order by n limit ${lookedUpAtOnce}
  )
  select max(s.n) as last, count(*) filter (where not exists (
    select from imei_exchange e where e.imei = s.imei and e.ended_at > clock_timestamp() - b.max_age * interval '1 second'
      and case when b.requested_service is null then e.conclusive
        else e.service_id = b.requested_service and e.status in ('SUCCESSFUL', 'UNSUCCESSFUL') end
  ))::int as unknown
  from next s cross join (select max_age, requested_service from imei_batch where id = $1) b`;

const discardSql = `
  delete from imei_batch_item where batch_id = $1 and n in (
    select n from imei_batch_item where batch_id = $1 limit ${deletedAtOnce}
  ) returning 1 as gone`;
