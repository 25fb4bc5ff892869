// The event table: what can be replayed, numbered in the order of commits, kept for some days.
// Recording takes no lock; numbering is one short serialised statement, so that ids become visible in their order.
import type { EntityManager } from '@mikro-orm/postgresql';
import { badInput, Failure } from '../../shared/errors.js';

export interface NewEvent {
  readonly topic: string;
  /** Id of what it is about; subscribers may ask for one subject only. */
  readonly subject: string;
  readonly kind: string;
  /** Ids and states only, never personal data. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** It stands for a run of as many events, numbered one after the other: one row for a batch. At most 500. */
  readonly items?: readonly string[];
}

export interface StoredEvent extends Required<Omit<NewEvent, 'items'>> {
  readonly id: string;
  readonly at: Date;
  /** Which one of its run it is; null where it stands for itself. */
  readonly item: string | null;
}

/** As it is stored: its id is the last one of its run. */
interface EventRow extends Omit<StoredEvent, 'item'> {
  readonly items: readonly string[] | null;
}

export interface EventPage {
  readonly events: StoredEvent[];
  /** There may be more. */
  readonly full: boolean;
}

/** Whatever runs a statement: a Work, a Transaction. */
export interface Rows {
  rows<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

export interface EventPlace {
  readonly topic: string;
  /** All of the topic where it is absent. */
  readonly subjects?: readonly [string, ...string[]] | undefined;
}

export interface EventRange extends EventPlace {
  readonly after: bigint;
  readonly limit: number;
}

/** Inside the transaction of the change. */
export async function recordEvents(em: EntityManager, events: readonly NewEvent[]): Promise<void> {
  await em.execute(
    `insert into event_pending (topic, subject, kind, data, items)
     select e.value->>'topic', e.value->>'subject', e.value->>'kind', coalesce(e.value->'data', '{}'),
       (select array_agg(item order by place) from jsonb_array_elements_text(e.value->'items') with ordinality as i(item, place))
     from jsonb_array_elements(?::jsonb) with ordinality as e(value, place) order by e.place`,
    [JSON.stringify(events)],
  );
}

/** Numbers everything that has been committed; gives the last number, or nothing where nothing waited. */
export async function numberEvents(db: Rows): Promise<bigint | undefined> {
  for (let last: bigint | undefined; ; ) {
    const [step] = await db.rows<{ numbered: number; last_id: string | null }>('select * from number_events($1)', [
      numberingBatch,
    ]);
    if (step?.last_id) last = BigInt(step.last_id);
    if ((step?.numbered ?? 0) < numberingBatch) return last;
  }
}

/** The last number given out; what is beyond it does not exist yet. */
export async function lastEventId(db: Rows): Promise<bigint> {
  const [row] = await db.rows<{ last: string }>(
    'select greatest((select max(id) from event), (select id from event_floor)) as last',
  );
  return BigInt(row?.last ?? 0);
}

/** Of all topics, in order; runs are told one by one. */
export async function readEvents(db: Rows, after: bigint, limit: number): Promise<EventPage> {
  const rows = await db.rows<EventRow>(
    `select ${eventColumns} from ${fewEnough('select * from event where id > $1 order by id limit $2', '$2')}`,
    [after, limit],
  );
  return pageOf(rows, after, limit);
}

/** Of one place, in order; GONE where something after `after` is no longer kept. */
export async function readMissed(db: Rows, { topic, subjects, after, limit }: EventRange): Promise<EventPage> {
  // The floor comes with the rows, so that a partition that is dropped meanwhile can't pass unseen.
  const rows = await db.rows<{ floor: string } & (EventRow | { id: null })>(
    `select f.id as floor, e.* from event_floor f left join lateral (
       select ${eventColumns} from ${fewEnough(
         `select * from event where topic = $1 and ($2::text[] is null or subject = any ($2)) and id > $3 order by id limit $4`,
         '$4',
       )}
     ) e on true order by e.id`,
    [topic, subjects ?? null, after, limit],
  );
  if (after < BigInt(rows[0]?.floor ?? 0)) throw gone();
  const found = rows.flatMap(({ floor: _, ...row }) => (row.id === null ? [] : [row]));
  return pageOf(found, after, limit);
}

const eventColumns = 'id, topic, subject, kind, data, items, at';

/** A run counts as many: a page of rows must not be more events than a subscriber may have waiting. */
const fewEnough = (rows: string, limit: string): string =>
  `(select r.*, sum(coalesce(cardinality(r.items), 1)) over (order by r.id) - coalesce(cardinality(r.items), 1) as before
    from (${rows}) r) counted where before < ${limit} order by id`;

function pageOf(rows: readonly EventRow[], after: bigint, limit: number): EventPage {
  const weight = rows.reduce((sum, { items }) => sum + (items?.length ?? 1), 0);
  return { events: rows.flatMap((row) => eventsOf(row, after)), full: weight >= limit };
}

/** A run that was cut by `after` goes on in its middle. */
function eventsOf({ items, ...row }: EventRow, after: bigint): StoredEvent[] {
  if (!items) return [{ ...row, item: null }];
  const first = BigInt(row.id) - BigInt(items.length) + 1n;
  const skip = after < first ? 0 : Number(after - first) + 1;
  return items.slice(skip).map((item, index) => ({ ...row, id: String(first + BigInt(skip + index)), item }));
}

/** The `after` of a subscription: GONE where it is older than what is kept, BAD_USER_INPUT where it never was an id. */
export async function checkAfter(db: Rows, after: string): Promise<bigint> {
  if (!/^(0|[1-9]\d{0,18})$/.test(after)) throw badInput('after', 'INVALID', 'expected the id of an event');
  const id = BigInt(after);
  const [row] = await db.rows<{ floor: string }>('select id as floor from event_floor');
  if (id < BigInt(row?.floor ?? 0)) throw gone();
  if (id > (await lastEventId(db))) throw badInput('after', 'UNKNOWN', 'there is no such event yet');
  return id;
}

/** Makes the partitions of today and the next two days, drops what is older than the retention. */
export async function maintainEventPartitions(em: EntityManager, retentionDays: number): Promise<void> {
  const work = await duePartitionWork(em, retentionDays);
  if (work.missing.length + work.old.length === 0 && !work.oldStrays) return;
  await em.fork().transactional(async (tx) => {
    await tx.execute("set local lock_timeout = '2s'");
    // No numbering meanwhile, and no reader that planned before a row moved and looks after it.
    await tx.execute('select pg_advisory_xact_lock(?)', [numberingLock]);
    await tx.execute('lock table event in access exclusive mode');
    const { missing, old } = await duePartitionWork(tx, retentionDays);
    for (const day of missing) await addPartition(tx, day);
    for (const day of old) await dropPartition(tx, day);
    await tx.execute(
      `with gone as (delete from event_default where at < ${firstKeptDay} returning id)
       update event_floor set id = greatest(id, (select max(id) from gone))`,
      [retentionDays],
    );
  });
}

/** Shared by all processes of a database; number_events() in the migration takes the same. */
const numberingLock = 7_301_002;
const numberingBatch = 5_000;
const firstKeptDay = "((clock_timestamp() at time zone 'UTC')::date - ?::int)::timestamp at time zone 'UTC'";

const gone = (): Failure => new Failure('GONE', 'That event is older than what is kept; start again without `after`.');

interface PartitionWork {
  /** Days as YYYYMMDD, which is how their partitions are named. */
  readonly missing: readonly string[];
  readonly old: readonly string[];
  /** Rows that came while the partition of their day was missing. */
  readonly oldStrays: boolean;
}

async function duePartitionWork(em: EntityManager, retentionDays: number): Promise<PartitionWork> {
  const days = await em.execute<{ day: string; there: boolean; old: boolean }[]>(
    `select day, to_regclass('event_' || day) is not null as there, day < to_char(${firstKeptDay}, 'YYYYMMDD') as old
     from (
       select to_char((clock_timestamp() at time zone 'UTC')::date + ahead, 'YYYYMMDD') as day from generate_series(0, 2) ahead
       union
       select substring(inhrelid::regclass::text from '^event_(\\d{8})$') from pg_inherits where inhparent = 'event'::regclass
     ) days where day is not null`,
    [retentionDays],
  );
  const [strays] = await em.execute<{ old: boolean }[]>(
    `select exists (select from event_default where at < ${firstKeptDay}) as old`,
    [retentionDays],
  );
  return {
    missing: days.filter(({ there }) => !there).map(({ day }) => day),
    old: days.filter(({ old }) => old).map(({ day }) => day),
    oldStrays: strays?.old ?? false,
  };
}

async function addPartition(tx: EntityManager, day: string): Promise<void> {
  const from = `timestamptz '${day} 00:00:00+00'`;
  const bounds = `${from} and ${from} + interval '24 hours'`;
  await tx.execute(`create table event_${day} (like event including defaults)`);
  await tx.execute(
    `with moved as (delete from event_default where at >= ${bounds.replace(' and ', ' and at < ')} returning *)
     insert into event_${day} select * from moved`,
  );
  await tx.execute(
    `alter table event attach partition event_${day} for values from (${from}) to (${from} + interval '24 hours')`,
  );
}

async function dropPartition(tx: EntityManager, day: string): Promise<void> {
  await tx.execute(`update event_floor set id = greatest(id, (select max(id) from event_${day}))`);
  await tx.execute(`drop table event_${day}`);
}
