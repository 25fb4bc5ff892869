// Jobs in PostgreSQL: Agenda's own backend on our pool and our table (see the migration), without its LISTEN connection.
import { PostgresBackend } from '@agendajs/postgres-backend';
import type pg from 'pg';
import type { JobStore, JobSummary } from './job-store.js';

export function postgresStore(pool: pg.Pool): JobStore {
  const backend = new PostgresBackend({ pool, ensureSchema: false, disableNotifications: true });
  return {
    name: 'PostgreSQL',
    repository: backend.repository,
    connect: () => backend.connect(),
    summaries: async () => (await pool.query<JobSummary>(summaries)).rows,
    forget: async (finishedBefore) => (await pool.query(forget, [finishedBefore])).rowCount ?? 0,
    close: async () => undefined, // the pool is the scheduler's, which has job locks on it too
  };
}

const summaries = `
  select name,
    max(repeat_interval) filter (where type = 'single' and coalesce(next_run_at, locked_at) is not null) as tick,
    max(last_run_at) as "lastRunAt",
    max(last_finished_at) as "lastFinishedAt",
    min(next_run_at) as "nextRunAt",
    coalesce(sum(fail_count), 0)::integer as "failCount",
    (array_agg(fail_reason order by failed_at desc) filter (where fail_reason is not null))[1] as "lastError"
  from agenda_jobs group by name`;

/** In bounded bites: what is left over is forgotten the next time. */
const forget = `
  delete from agenda_jobs where id in (
    select id from agenda_jobs
    where type = 'normal' and next_run_at is null and locked_at is null and last_finished_at < $1
    limit 1000 for update skip locked)`;
