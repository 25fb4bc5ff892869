// What batches count, written where it happens: in the transaction in which checks end, or in which what is left of a batch is skipped.
import type { Transaction } from '../work.js';

/** The batches that one of these checks, which have ended, is of; with the last one a batch is at its end. */
export async function countInBatches(tx: Transaction, checkIds: readonly string[]): Promise<string[]> {
  if (checkIds.length === 0) return [];
  const counted = await tx.rows<{ id: string }>(countSql, [checkIds]);
  return counted.map(({ id }) => id);
}

/** So that nobody begins what somebody else skips, or begins at the same time. False where it is held, and not waited for. */
export async function holdBatch(tx: Transaction, id: string, { wait }: { readonly wait: boolean }): Promise<boolean> {
  const key = `imei_batch ${id}`;
  if (wait) await tx.rows('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key]);
  else {
    const [row] = await tx.rows<{ held: boolean }>(
      'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as held',
      [key],
    );
    return row?.held ?? false;
  }
  return true;
}

/**
 * Skips what was not asked yet, of a batch that is held: what is under way ends as it ends. What was ordered, and waits for its turn
 * with nobody else waiting for it, is taken back, since it would be paid for.
 */
export async function skipTheRest(tx: Transaction, id: string, status: 'CANCELLED' | 'COST_LIMIT'): Promise<void> {
  // Locked before it is looked at: who joined in the meantime is seen by the statement after this one.
  const waiting = await tx.rows<{ id: string }>(waitingSql, [id]);
  const takenBack = await tx.rows<{ bound: string }>(takeBackSql, [id, waiting.map(({ id: exchange }) => exchange)]);
  await tx.rows(skipSql, [id, status, takenBack.length, takenBack.map(({ bound }) => bound)]);
  tx.publish({ topic: 'imeiBatch', subject: id, kind: status });
}

const isOver = 'b.successful + b.unsuccessful + b.failed + b.skipped + s.done = b.total';

/** Batches in the order of their ids, so that no two who count for several wait for each other. */
const countSql = `
  with ended as (
    select i.batch_id, c.status, c.cost, i.bound from imei_batch_item i join imei_check c on c.id = i.check_id
    where i.check_id = any($1::bigint[])
  ), sums as materialized (
    select batch_id, count(*)::int as done, count(*) filter (where status = 'SUCCESSFUL')::int as successful,
      count(*) filter (where status = 'UNSUCCESSFUL')::int as unsuccessful, count(*) filter (where status = 'FAILED')::int as failed,
      coalesce(sum(cost), 0) as cost, coalesce(sum(bound) filter (where cost is not null), 0) as released
    from ended group by batch_id
  ), held as materialized (
    select id from imei_batch where id in (select batch_id from sums) order by id for no key update
  )
  update imei_batch b set successful = b.successful + s.successful, unsuccessful = b.unsuccessful + s.unsuccessful,
    failed = b.failed + s.failed, cost = b.cost + s.cost, reserved = b.reserved - s.released,
    status = case when b.status = 'RUNNING' and ${isOver} then 'COMPLETED' else b.status end,
    finished_at = case when ${isOver} then clock_timestamp() end
  from sums s join held h on h.id = s.batch_id where b.id = s.batch_id returning b.id`;

/** Whoever claims some at this moment does so in the same order, and has done so in a moment. By way of what is queued, of which there is little, whatever the size of the batch. */
const ofBatch = `imei_check c join imei_batch_item i on i.check_id = c.id and i.batch_id = $1
  where c.exchange_id = e.id and c.completed_at is null`;

const waitingSql = `
  select e.id from imei_exchange e where e.state = 'QUEUED' and e.background and exists (select from ${ofBatch})
  order by e.id for update of e`;

/** And uses up nobody's day. */
const takeBackSql = `
  with alone as materialized (
    select e.id as exchange_id, (select c.id from ${ofBatch} and c.pays and c.cost is null) as check_id
    from imei_exchange e where e.id = any($2::bigint[])
      and (select count(*) from imei_check o where o.exchange_id = e.id) = 1
  ), checks as (
    delete from imei_check c using alone a where c.id = a.check_id returning c.requested_by, c.counted_on
  ), uncounted as (
    update imei_day d set asked = greatest(0, d.asked - c.n)
    from (select imei_payer(requested_by) as payer, counted_on, count(*)::int as n from checks group by 1, 2) c
    where d.actor = c.payer and d.day = c.counted_on
  ), exchanges as (
    delete from imei_exchange e using alone a where e.id = a.exchange_id and a.check_id is not null
  )
  update imei_batch_item i set check_id = null from alone a
  where i.batch_id = $1 and i.check_id = a.check_id returning i.bound`;

const skipSql = `
  update imei_batch set status = $2, begun = begun - $3::int, skipped = total - begun + $3::int,
    reserved = reserved - (select coalesce(sum(bound), 0) from unnest($4::numeric[]) as t (bound)),
    finished_at = case when successful + unsuccessful + failed = begun - $3::int then clock_timestamp() end
  where id = $1`;
