// Schedules what the catalogue names: ticks that run by themselves, nudges for one moment. Agenda does it, on PostgreSQL
// or MongoDB; nothing outside this folder knows Agenda, and no truth lives in it (docs/decisions/0005).
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agenda, type AgendaBackend, InMemoryNotificationChannel, type Job } from 'agenda';
import pg from 'pg';
import { Failure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { JobCatalog, jobCatalog, NameIn, PayloadIn } from './catalog.js';
import { GuardedRepository, isStoreAway } from './guarded-repository.js';
import { JobLocks } from './job-lock.js';
import { type JobHandlers, type JobOutcome, JobRunner, parsePayload } from './job-runner.js';
import type { JobStore } from './job-store.js';
import { postgresStore } from './postgres-store.js';

/** What the API shows of each name in the catalogue. */
export interface ScheduledJobRow {
  readonly name: string;
  readonly every: string | null;
  readonly lastRunAt: Date | null;
  readonly lastFinishedAt: Date | null;
  readonly nextRunAt: Date | null;
  readonly failCount: number;
  readonly lastError: string | null;
}

export interface Scheduler<C extends JobCatalog = typeof jobCatalog> {
  /** Resolves once the store has been reached, however long it is away; rejects only when stopped before. */
  start(): Promise<void>;
  readonly isReady: boolean;
  nudge<N extends NameIn<C>>(name: N, payload: PayloadIn<C, N>, at: Date): Promise<void>;
  jobs(): Promise<ScheduledJobRow[]>;
  /** Takes no more, waits for what runs, and gives back what is not done in time. */
  stop(graceMs: number): Promise<void>;
}

export interface SchedulerOptions<C extends JobCatalog> {
  readonly catalog: C;
  readonly databaseUrl: string;
  readonly mongoUrl?: string | undefined;
  /** Left out where jobs are scheduled and listed, but not run. */
  readonly handlers?: JobHandlers<C> | undefined;
  readonly log: Logger;
  readonly onRun?: (name: NameIn<C>, outcome: JobOutcome, seconds: number) => void;
  readonly timing?: Partial<Timing>;
}

/** Milliseconds. */
interface Timing {
  /** How late a nudge from another process may be noticed; our own are noticed at once. */
  readonly pollEvery: number;
  /** How soon a job of a dead process is taken over; a living one renews it three times in that time. */
  readonly lease: number;
  /** How soon ticks are back that somebody deleted. */
  readonly upkeepEvery: number;
  /** How long a finished nudge can still be looked at. */
  readonly keepFinished: number;
}

const usual: Timing = { pollEvery: 500, lease: 10_000, upkeepEvery: 30_000, keepFinished: 86_400_000 };
const maxRunning = 10;

export function createScheduler<C extends JobCatalog>(options: SchedulerOptions<C>): Scheduler<C> {
  return new AgendaScheduler(options);
}

interface Engine<C extends JobCatalog> {
  readonly store: JobStore;
  readonly repository: GuardedRepository;
  readonly agenda: Agenda;
  readonly runner: JobRunner<C> | undefined;
}

class AgendaScheduler<C extends JobCatalog> implements Scheduler<C> {
  readonly #timing: Timing;
  readonly #log: Logger;
  readonly #pool: pg.Pool;
  readonly #locks: JobLocks;
  readonly #stopping = new AbortController();
  #engine: Promise<Engine<C>> | undefined;
  #reached: Engine<C> | undefined;
  #store: JobStore | undefined;
  #upkeep: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  constructor(private readonly options: SchedulerOptions<C>) {
    this.#timing = { ...usual, ...options.timing };
    this.#log = options.log.child({ part: 'jobs' });
    this.#pool = openPool(options.databaseUrl, this.#log);
    this.#locks = new JobLocks(this.#pool, this.#log);
  }

  get isReady(): boolean {
    return this.#reached?.repository.isThere === true && !this.#stopping.signal.aborted;
  }

  async start(): Promise<void> {
    this.#engine ??= this.#build();
    const { agenda, runner } = await this.#engine;
    this.#stopping.signal.throwIfAborted();
    if (!runner || this.#upkeep !== undefined) return;
    await agenda.start();
    this.#upkeep = this.#keepUp();
  }

  async nudge<N extends NameIn<C>>(name: N, payload: PayloadIn<C, N>, at: Date): Promise<void> {
    const data = parsePayload(this.options.catalog, name, payload);
    if (Number.isNaN(at.getTime())) throw new Failure('INTERNAL', `A nudge of ${name} needs a moment.`);
    await this.#reach().agenda.schedule(at, name, data);
  }

  async jobs(): Promise<ScheduledJobRow[]> {
    const known = new Map((await this.#reach().store.summaries()).map((summary) => [summary.name, summary]));
    return Object.entries(this.options.catalog).map(([name, { every }]) => {
      const { tick: _, ...seen } = known.get(name) ?? { ...neverSeen, name };
      return { ...seen, every: every ?? null };
    });
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped ??= this.#stop(graceMs);
    return this.#stopped;
  }

  async #stop(graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs;
    this.#stopping.abort();
    if (this.#reached) await this.#leave(this.#reached, deadline);
    this.#locks.dropAll();
    await Promise.allSettled([this.#store?.close(), this.#pool.end()]);
  }

  #reach(): Engine<C> {
    if (this.#reached && !this.#stopping.signal.aborted) return this.#reached;
    throw new Failure('UNAVAILABLE', 'The job store is away for the moment; try again.', { retryAfter: 2 });
  }

  async #build(): Promise<Engine<C>> {
    const store = await this.#connect();
    const repository = new GuardedRepository(store.repository, this.#log);
    const agenda = new Agenda({
      backend: connectedBackend(store.name, repository),
      name: `${hostname()} ${process.pid}`,
      processEvery: this.#timing.pollEvery,
      maxConcurrency: maxRunning,
      defaultConcurrency: maxRunning / 2,
      defaultLockLifetime: this.#timing.lease,
      notificationChannel: this.#ownNudges(),
    });
    agenda.on('error', (error: Error) => this.#log.debug({ err: error }, 'Agenda'));
    const runner = this.options.handlers && this.#define(agenda, this.options.handlers);
    this.#reached = { store, repository, agenda, runner };
    return this.#reached;
  }

  /** Agenda's constructor connects by itself and cannot bear to fail: it is built when the store has answered. */
  async #connect(): Promise<JobStore> {
    for (let attempt = 0; ; attempt++) {
      this.#stopping.signal.throwIfAborted();
      const store = await openStore(this.#pool, this.options.mongoUrl, this.#log);
      this.#store = store;
      try {
        await store.connect();
        return store;
      } catch (error) {
        await store.close();
        if (!isStoreAway(error)) throw error;
        if (attempt % 30 === 0)
          this.#log.warn({ err: error, store: store.name }, 'the job store is away; waiting for it');
        await sleep(Math.min(100 * 2 ** attempt, 1_000), undefined, { signal: this.#stopping.signal });
      }
    }
  }

  /** Nudges of this process reach its own jobs at once, without a connection that would have to be kept alive. */
  #ownNudges(): InMemoryNotificationChannel {
    const channel = new InMemoryNotificationChannel();
    channel.on('error', (error: Error) => this.#log.debug({ err: error }, 'Agenda'));
    return channel;
  }

  #define(agenda: Agenda, handlers: JobHandlers<C>): JobRunner<C> {
    const { catalog, onRun = () => undefined } = this.options;
    const runner = new JobRunner({
      catalog,
      handlers,
      locks: this.#locks,
      log: this.#log,
      heartbeatEvery: this.#timing.lease / 3,
      stopping: this.#stopping.signal,
      onRun,
    });
    for (const name of Object.keys(catalog) as NameIn<C>[]) {
      agenda.define(name, (job: Job) => runner.run(name, job), { backoff: soonAfterAnOutage });
    }
    return runner;
  }

  /** Ticks are looked after for as long as the process runs: whoever deletes them gets them back. */
  async #keepUp(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let pause = this.#timing.upkeepEvery;
      try {
        await this.#locks.alone('upkeep', () => this.#ensureTicks());
      } catch (error) {
        // That a store is away is told once, by its repository.
        this.#log[isStoreAway(error) ? 'debug' : 'warn']({ err: error }, 'could not look after the ticks');
        pause = Math.min(pause, 1_000);
      }
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Only what is missing: scheduling a tick again resets what is known of it, and two upserts at once make two in MongoDB. */
  async #ensureTicks(): Promise<void> {
    const { store, agenda } = this.#reach();
    const ticks = new Map((await store.summaries()).map(({ name, tick }) => [name, tick]));
    for (const [name, { every }] of Object.entries(this.options.catalog)) {
      if (every && ticks.get(name) !== every) await agenda.every(every, name, {});
    }
    await store.forget(new Date(Date.now() - this.#timing.keepFinished));
  }

  async #leave({ agenda, repository, runner }: Engine<C>, deadline: number): Promise<void> {
    repository.leave();
    await within(deadline, Promise.allSettled([agenda.stop(false), this.#upkeep]));
    while (Date.now() < deadline && (repository.isBusy || runner?.isBusy)) await sleep(10);
    const unfinished = runner?.running ?? [];
    if (unfinished.length > 0) this.#log.warn({ jobs: unfinished.map(({ name }) => name) }, 'jobs go back unfinished');
    const givenBack = unfinished.map((job) => repository.giveBack(job, new Date()));
    await within(Date.now() + 1_000, Promise.allSettled(givenBack));
    repository.close();
  }
}

function openPool(connectionString: string, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    application_name: 'switchboard-jobs',
    // Each running job holds its lock on one; Agenda itself needs a few.
    max: maxRunning + 3,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    keepAlive: true,
    // A machine that is gone without a word holds its locks for 25 s at most.
    options: '-c timezone=UTC -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
  });
  pool.on('error', (error) => log.debug({ err: error }, 'an idle connection was lost'));
  return pool;
}

async function openStore(pool: pg.Pool, mongoUrl: string | undefined, log: Logger): Promise<JobStore> {
  if (!mongoUrl) return postgresStore(pool);
  const { mongoStore } = await import('./mongo-store.js');
  return mongoStore(mongoUrl, log);
}

function connectedBackend(name: string, repository: GuardedRepository): AgendaBackend {
  const already = async (): Promise<void> => undefined;
  return { name, repository, ownsConnection: false, connect: already, disconnect: already };
}

/** What failed because a store was away is run again when it may be back; all else waits for its next time. */
function soonAfterAnOutage({ attempt, error }: { attempt: number; error: Error }): number | null {
  return error.message === 'UNAVAILABLE' ? Math.min(500 * 2 ** attempt, 5_000) : null;
}

async function within(deadline: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = sleep(Math.max(0, deadline - Date.now()), undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([work, late]);
  timer.abort();
}

const neverSeen = { tick: null, lastRunAt: null, lastFinishedAt: null, nextRunAt: null, failCount: 0, lastError: null };
