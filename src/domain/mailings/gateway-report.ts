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

export async function forgetGateway(db: Rows, worker: string): Promise<void> {
  await db.rows('delete from gateway_worker where worker = $1', [worker]);
}
