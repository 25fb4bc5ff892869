// How the message gateway does as each worker sees it: for status pages, explanations and rehearsals.
import type { Rows } from '../live/event-log.js';
import type { GateState } from './send-gate.js';

export interface GatewayReport extends GateState {
  readonly worker: string;
}

export async function reportGateway(db: Rows, report: GatewayReport): Promise<void> {
  const { worker, breaker, concurrency, successRate, p95Ms, perSecond, lastError } = report;
  await db.rows(
    `with old as (delete from gateway_worker where seen_at < now() - interval '1 hour')
     insert into gateway_worker (worker, name, breaker, concurrency, success_rate, p95_ms, per_second, last_error, seen_at)
     values ($1, 'messages', $2, $3, $4, $5, $6, $7, clock_timestamp())
     on conflict (worker) do update set breaker = excluded.breaker, concurrency = excluded.concurrency,
       success_rate = excluded.success_rate, p95_ms = excluded.p95_ms, per_second = excluded.per_second,
       last_error = excluded.last_error, seen_at = excluded.seen_at`,
    [worker, breaker, concurrency, successRate, Math.round(p95Ms), perSecond, lastError],
  );
}

/** What a worker that has no gateway tells of itself: it is there, and sends nothing. */
export const noGateway: GateState = {
  breaker: 'OPEN',
  concurrency: 0,
  successRate: 0,
  p95Ms: 0,
  perSecond: 0,
  lastError: 'MESSAGE_GATEWAY_URL is not set',
};

/** Of a row of gateway_worker. */
export const hasGateway = 'concurrency > 0';

/** A worker tells of itself each second or two. */
export const workerSeenWithin = '10 seconds';

/** A mailing waits or runs, and no worker has a gateway. */
export async function isGatewayMissed(db: Rows): Promise<boolean> {
  const [row] = await db.rows<{ missed: boolean }>(
    `select exists (select from mailing where status in ('SCHEDULED', 'RUNNING') and ends_at > statement_timestamp())
       and not exists (select from gateway_worker where ${hasGateway} and seen_at > now() - interval '${workerSeenWithin}') as missed`,
  );
  return row?.missed ?? false;
}

export async function forgetGateway(db: Rows, worker: string): Promise<void> {
  await db.rows('delete from gateway_worker where worker = $1', [worker]);
}
