// Agenda's repository behind a guard: a store that goes away and comes back costs Agenda nothing but time, a process
// that stops leaves no job locked behind, and what is still under way can be waited for.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobParameters, JobRepository } from 'agenda';
import { toFailure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';

type Method<N extends keyof JobRepository> = JobRepository[N];

export class GuardedRepository implements JobRepository {
  #underWay = 0;
  #mode: 'open' | 'leaving' | 'closed' = 'open';
  #away = false;

  constructor(
    private readonly inner: JobRepository,
    private readonly log: Logger,
  ) {}

  /** The last thing that was asked of the store was answered. */
  get isThere(): boolean {
    return !this.#away;
  }

  /** No job is taken from here on, and one that was being taken goes back. */
  leave(): void {
    this.#mode = 'leaving';
  }

  /** What a run that was given up still writes would hit the lock of whoever took it over. */
  close(): void {
    this.#mode = 'closed';
  }

  /** Something is being written; jobs save before and after they run. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Free for everybody, and due: a job that runs once has no next time left while it runs. */
  giveBack(job: JobParameters, nextRunAt: Date): Promise<void> {
    return this.#watched(() => this.inner.saveJobState({ ...unlocked(job), nextRunAt }, undefined));
  }

  readonly getNextJobToRun: Method<'getNextJobToRun'> = async (...args) => {
    if (this.#mode !== 'open') return undefined;
    return this.#watched(async () => {
      const job = await this.inner.getNextJobToRun(...args);
      if (!job || this.#isOpen()) return job;
      await this.inner.saveJobState({ ...unlocked(job), nextRunAt: job.nextRunAt ?? new Date() }, undefined);
      return undefined;
    });
  };

  /** Asked again for as long as the store is away: a state that is not saved leaves its job locked until the lock ends. */
  readonly saveJobState: Method<'saveJobState'> = (job, options) =>
    this.#watched(async () => {
      for (let pause = 100; this.#mode !== 'closed'; pause = Math.min(pause * 2, 1_000)) {
        try {
          return await this.inner.saveJobState(job, options);
        } catch (error) {
          if (this.#mode !== 'open' || !isStoreAway(error)) throw error;
          this.#tell(error);
          await sleep(pause);
        }
      }
    });

  /** Agenda lets this promise float; a lock that stays ends by itself. */
  readonly unlockJob: Method<'unlockJob'> = async (job) => {
    try {
      await this.#watched(() => this.inner.unlockJob(job));
    } catch (error) {
      this.log.debug({ err: error, job: job.name }, 'a job stays locked until its lock ends');
    }
  };

  readonly unlockJobs: Method<'unlockJobs'> = async (ids) => {
    for (const id of ids) {
      const job = await this.getJobById(id);
      if (job) await this.giveBack(job, job.nextRunAt ?? new Date());
    }
  };

  readonly connect: Method<'connect'> = () => this.#watched(() => this.inner.connect());
  readonly queryJobs: Method<'queryJobs'> = (options) => this.#watched(() => this.inner.queryJobs(options));
  readonly getJobsOverview: Method<'getJobsOverview'> = () => this.#watched(() => this.inner.getJobsOverview());
  readonly getDistinctJobNames: Method<'getDistinctJobNames'> = () =>
    this.#watched(() => this.inner.getDistinctJobNames());
  readonly getJobById: Method<'getJobById'> = (id) => this.#watched(() => this.inner.getJobById(id));
  readonly getQueueSize: Method<'getQueueSize'> = () => this.#watched(() => this.inner.getQueueSize());
  readonly removeJobs: Method<'removeJobs'> = (options) => this.#watched(() => this.inner.removeJobs(options));
  readonly saveJob: Method<'saveJob'> = (job, options) => this.#watched(() => this.inner.saveJob(job, options));
  readonly lockJob: Method<'lockJob'> = (job, options) => this.#watched(() => this.inner.lockJob(job, options));
  readonly disableJobs: Method<'disableJobs'> = (options) => this.#watched(() => this.inner.disableJobs(options));
  readonly enableJobs: Method<'enableJobs'> = (options) => this.#watched(() => this.inner.enableJobs(options));
  readonly purgeAllJobs: Method<'purgeAllJobs'> = () => this.#watched(() => this.inner.purgeAllJobs());

  #isOpen(): boolean {
    return this.#mode === 'open';
  }

  async #watched<T>(ask: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    try {
      const value = await ask();
      this.#tell();
      return value;
    } catch (error) {
      this.#tell(error);
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }

  /** One line when the store goes and one when it is back, however often it was asked in between. */
  #tell(error?: unknown): void {
    const away = error !== undefined && isStoreAway(error);
    if (away === this.#away) return;
    this.#away = away;
    if (away) this.log.warn({ err: error }, 'the job store is away');
    else this.log.info('the job store is back');
  }
}

/** Both stores: the one that is away, or is starting, and not the one that refuses a statement. */
export function isStoreAway(error: unknown): boolean {
  if (toFailure(error).code === 'UNAVAILABLE') return true;
  return error instanceof Error && /^Mongo(Network|ServerSelection|PoolC|NotConnected|TopologyClosed)/.test(error.name);
}

function unlocked(job: JobParameters): JobParameters {
  const { lockedAt: _, ...rest } = job;
  return rest;
}
