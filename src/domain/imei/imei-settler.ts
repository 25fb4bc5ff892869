// How an exchange ends, in one transaction with the checks that wait for it, their events, the batches that count them, and the next
// service that some of them ask: whoever comes to know the end first writes it, and it stays.

import type { Door } from '../../entities/account.enums.js';
import type { ProviderCheck } from '../../gateways/imei/port.js';
import type { Transaction, Work } from '../work.js';
import { type Device, deviceFrom } from './device.js';
import { type DeviceChange, deviceChanges } from './device-changes.js';
import { countInBatches } from './imei-batch-counts.js';
import { type ImeiFailureCode, type StoredDevice, storedDevice } from './imei-check.rows.js';
import { joinWatchers } from './imei-watchers.js';

/** Why there is no answer, for those who wait. */
export interface NoAnswer {
  readonly code: ImeiFailureCode;
  readonly text: string;
  /** Nobody knows whether it was charged. */
  readonly mayHaveCost?: true;
}

/** What is complete by now: checks, and batches that go on with it. */
export interface Settled {
  readonly checks: readonly string[];
  readonly batches: readonly string[];
}

interface Ended {
  readonly imei: string;
  readonly provider: string;
  readonly followService: number | null;
}

interface Completed {
  readonly id: string;
  readonly requestedBy: string;
  readonly via: Door;
}

const nothing: Settled = { checks: [], batches: [] };
const statuses = { successful: 'SUCCESSFUL', unsuccessful: 'UNSUCCESSFUL', failed: 'FAILED' } as const;
type Final = keyof typeof statuses;

export type FinalCheck = ProviderCheck & { readonly status: Final };

export const isFinal = (check: ProviderCheck): check is FinalCheck => Object.hasOwn(statuses, check.status);

interface Answered {
  readonly exchangeId: string;
  readonly check: FinalCheck;
  /** Of its TAC. */
  readonly brand: string | null;
}

/** Nothing where it had ended before. */
export function settleAnswer(work: Work, { exchangeId, check, brand }: Answered): Promise<Settled> {
  const status = statuses[check.status];
  return work.write(async (tx) => {
    const [ended] = await tx.rows<Ended>(answeredSql, [
      exchangeId,
      status,
      check.id,
      check.serviceTitle,
      check.amount,
      check.raw,
    ]);
    if (!ended) return nothing;
    if (status === 'SUCCESSFUL') await describe(tx, { exchangeId, imei: ended.imei, check, brand });
    const { followService } = ended;
    const known =
      status === 'UNSUCCESSFUL' && followService !== null
        ? await askNext(tx, { ...ended, exchangeId, cost: check.amount, followService })
        : undefined;
    const error = status === 'FAILED' ? 'The provider could not finish this check.' : null;
    const completed = await complete(tx, { exchangeId, status, cost: check.amount, error });
    if (!known) return completed;
    const also = await complete(tx, { exchangeId: known.id, status: known.status, cost: '0', error: null });
    return { checks: [...completed.checks, ...also.checks], batches: [...completed.batches, ...also.batches] };
  });
}

interface Unanswered {
  readonly exchangeId: string;
  /** Who was taken for dead, and comes back after it was asked again, knows nothing of that. */
  readonly asked: number;
  readonly why: NoAnswer;
}

export function settleFailure(work: Work, { exchangeId, asked, why }: Unanswered): Promise<Settled> {
  const { code, text: error, mayHaveCost } = why;
  return work.write(async (tx) => {
    const [ended] = await tx.rows(failedSql, [exchangeId, code, error, asked]);
    if (!ended) return nothing;
    if (!mayHaveCost) await tx.rows(uncountedSql, [exchangeId]);
    return complete(tx, { exchangeId, status: 'FAILED', cost: mayHaveCost ? null : '0', error });
  });
}

interface Describing {
  readonly exchangeId: string;
  readonly imei: string;
  readonly check: FinalCheck;
  readonly brand: string | null;
}

async function describe(tx: Transaction, { exchangeId, imei, check, brand }: Describing): Promise<void> {
  const device: Device = deviceFrom(check.properties, brand);
  // Of the same service: another one tells other things, and would bring news each time that they take turns.
  const [before] = await tx.rows<{ device: StoredDevice | null }>(
    `select b.device from imei_exchange e join imei_exchange b using (imei, service_id)
     where e.id = $1 and b.status = 'SUCCESSFUL' and b.id <> e.id order by b.ended_at desc, b.id desc limit 1`,
    [exchangeId],
  );
  const changes: DeviceChange[] = before?.device ? deviceChanges(storedDevice(before.device), device) : [];
  await tx.rows('update imei_exchange set device = $2::jsonb, changes = $3::jsonb where id = $1', [
    exchangeId,
    JSON.stringify(device),
    JSON.stringify(changes),
  ]);
  if (changes.length > 0) await joinWatchers(tx, exchangeId, imei);
}

interface Following extends Ended {
  readonly exchangeId: string;
  readonly cost: string;
  readonly followService: number;
}

interface KnownAnswer {
  readonly id: string;
  readonly status: 'SUCCESSFUL' | 'UNSUCCESSFUL';
}

/**
 * Those who named no service go on to the generic one: with whoever asks it already, or else at the cost of one of them. Gives the
 * answer where somebody else has had it since they began to wait.
 */
async function askNext(tx: Transaction, following: Following): Promise<KnownAnswer | undefined> {
  const { exchangeId, cost, imei, provider, followService } = following;
  const [waiting] = await tx.rows<{ background: boolean | null }>(
    `select bool_and(via = 'JOB') as background from imei_check
     where exchange_id = $1 and completed_at is null and requested_service is null`,
    [exchangeId],
  );
  const background = waiting?.background ?? null;
  if (background === null) return undefined;
  for (;;) {
    const [begun] = await tx.rows<{ id: string }>(
      `insert into imei_exchange (imei, provider, service_id, automatic, background) values ($1, $2, $3, true, $4)
       on conflict (imei, service_id) where ended_at is null do nothing returning id`,
      [imei, provider, followService, background],
    );
    const [underWay] = begun
      ? [begun]
      : await tx.rows<{ id: string }>(
          'select id from imei_exchange where imei = $1 and service_id = $2 and ended_at is null for share',
          [imei, followService],
        );
    // It may have ended between the two.
    if (!underWay) continue;
    const [known] = begun ? await tx.rows<KnownAnswer>(knownSinceSql, [exchangeId, imei, followService]) : [];
    if (known) await tx.rows('delete from imei_exchange where id = $1', [underWay.id]);
    await tx.rows(movedSql, [exchangeId, known?.id ?? underWay.id, begun !== undefined && !known, cost]);
    return known;
  }
}

interface Completing {
  readonly exchangeId: string;
  readonly status: 'SUCCESSFUL' | 'UNSUCCESSFUL' | 'FAILED';
  /** Null where nobody knows. */
  readonly cost: string | null;
  readonly error: string | null;
}

async function complete(tx: Transaction, { exchangeId, status, cost, error }: Completing): Promise<Settled> {
  const completed = await tx.rows<Completed>(completedSql, [exchangeId, status, cost, error]);
  const byWhom = Map.groupBy(completed, ({ requestedBy }) => requestedBy);
  for (const [subject, checks] of byWhom) {
    const ids = checks.map(({ id }) => id);
    for (let from = 0; from < ids.length; from += itemsAtOnce)
      tx.publish({ topic: 'imeiCheck', subject, kind: status, items: ids.slice(from, from + itemsAtOnce) });
  }
  const inBatches = completed.flatMap(({ id, via }) => (via === 'JOB' ? [id] : []));
  return { checks: completed.map(({ id }) => id), batches: await countInBatches(tx, inBatches) };
}

/** Of one row of events. */
const itemsAtOnce = 500;

/** Its slot is free with it; who joins it meanwhile waits for this transaction, and looks again. */
const ending = (set: string, also = 'true'): string => `
  with ended as (
    update imei_exchange set ${set}, next_at = null, ended_at = clock_timestamp() where id = $1::bigint and ended_at is null and ${also}
    returning id, imei, provider, follow_service as "followService"
  ), freed as (
    update imei_slot s set exchange_id = null, leased_until = null from ended where s.exchange_id = ended.id
  )
  select imei, provider, "followService" from ended`;

const answeredSql = ending(
  `state = 'ANSWERED', status = $2, provider_check_id = $3, service_title = $4, cost = $5::numeric, raw = $6,
   conclusive = automatic and ($2 = 'SUCCESSFUL' or ($2 = 'UNSUCCESSFUL' and follow_service is null))`,
);
const failedSql = ending(`state = 'FAILED', failure = $2, error = $3`, 'asked = $4::int');

/** A provider that fails uses up nobody's day, unless another service had answered before. */
const uncountedSql = `
  update imei_day d set asked = d.asked - 1 from imei_check c
  where c.exchange_id = $1::bigint and c.completed_at is null and c.pays and c.cost is null
    and d.actor = imei_payer(c.requested_by) and d.day = c.counted_on and d.asked > 0`;

const completedSql = `
  update imei_check set status = $2, error = $4, completed_at = clock_timestamp(),
    cost = coalesce(cost, 0) + case when pays then $3::numeric else 0 end
  where exchange_id = $1::bigint and completed_at is null returning id, requested_by as "requestedBy", via`;

/** Asked when nobody else can begin: what has ended is seen. */
const knownSinceSql = `
  select id, status from imei_exchange
  where imei = $2 and service_id = $3 and status in ('SUCCESSFUL', 'UNSUCCESSFUL') and ended_at >= (
    select min(created_at) from imei_check
    where exchange_id = $1::bigint and completed_at is null and requested_service is null
  ) order by ended_at desc limit 1`;

/** $3: a new exchange was begun, for which one of them pays: who paid before, if anybody did. */
const movedSql = `
  with moving as (
    select id, pays, row_number() over (order by pays desc, id) = 1 and $3::boolean as pays_next from imei_check
    where exchange_id = $1::bigint and completed_at is null and requested_service is null
  )
  update imei_check c set exchange_id = $2::bigint, pays = m.pays_next, cached = c.cached and not m.pays_next,
    cost = case when m.pays then $4::numeric else c.cost end
  from moving m where c.id = m.id`;
