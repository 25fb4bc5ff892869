// One run of one job: its payload parsed, its lock held, its lease kept fresh, its end told. Knows handlers by name
// and nothing of what they do.
import type { Job, JobParameters } from 'agenda';
import { Failure, toFailure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { JobCatalog, NameIn, PayloadIn } from './catalog.js';
import type { JobLocks } from './job-lock.js';

/** Long handlers look at the signal between their steps: its lock is lost, or the process stops. */
export interface JobRun {
  readonly id: string;
  readonly signal: AbortSignal;
}

export type JobHandlers<C extends JobCatalog> = {
  readonly [N in NameIn<C>]: (payload: PayloadIn<C, N>, run: JobRun) => Promise<void>;
};

export type JobOutcome = 'done' | 'failed' | 'refused' | 'overlapped';

export interface JobRunnerOptions<C extends JobCatalog> {
  readonly catalog: C;
  readonly handlers: JobHandlers<C>;
  readonly locks: JobLocks;
  readonly log: Logger;
  readonly heartbeatEvery: number;
  readonly stopping: AbortSignal;
  readonly onRun: (name: NameIn<C>, outcome: JobOutcome, seconds: number) => void;
}

export class JobRunner<C extends JobCatalog> {
  readonly #running = new Set<Job>();

  constructor(private readonly options: JobRunnerOptions<C>) {}

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  get running(): readonly JobParameters[] {
    return [...this.#running].map(({ attrs }) => attrs);
  }

  /** Rejects with a code alone: Agenda stores the message of what is thrown. */
  async run<N extends NameIn<C>>(name: N, job: Job): Promise<void> {
    const begun = performance.now();
    const told = (outcome: JobOutcome): void => this.options.onRun(name, outcome, (performance.now() - begun) / 1_000);
    this.#running.add(job);
    const heartbeat = this.#keepLease(job);
    try {
      const ran = await this.#runAlone(name, job);
      told(ran ? 'done' : 'overlapped');
    } catch (error) {
      told(error instanceof PayloadRefused ? 'refused' : 'failed');
      // A store or a database that is away for the moment is not the job's fault: it runs again when it may be back.
      const level = toFailure(error).code === 'UNAVAILABLE' ? 'warn' : 'error';
      this.options.log[level]({ err: error, job: name, id: job.attrs._id }, 'job failed');
      throw new Error(codeOf(error));
    } finally {
      await heartbeat.end();
      this.#running.delete(job);
    }
  }

  /** Two jobs of one name may run at once where they are about different things. */
  async #runAlone<N extends NameIn<C>>(name: N, job: Job): Promise<boolean> {
    const payload = parsePayload(this.options.catalog, name, job.attrs.data);
    const id = String(job.attrs._id);
    return this.options.locks.alone(`${name} ${JSON.stringify(payload)}`, (lost) =>
      this.options.handlers[name](payload, { id, signal: AbortSignal.any([lost, this.options.stopping]) }),
    );
  }

  #keepLease(job: Job): { end(): Promise<void> } {
    let touching: Promise<void> | undefined;
    const touch = async (): Promise<void> => {
      try {
        await job.touch();
      } catch (error) {
        this.options.log.debug({ err: error, job: job.attrs.name }, 'a running job was not found');
      } finally {
        touching = undefined;
      }
    };
    const timer = setInterval(() => {
      touching ??= touch();
    }, this.options.heartbeatEvery);
    // A touch that lands after the end would lock a job that nobody runs.
    const end = async (): Promise<void> => {
      clearInterval(timer);
      await touching;
    };
    return { end };
  }
}

export function parsePayload<C extends JobCatalog, N extends NameIn<C>>(
  catalog: C,
  name: N,
  data: unknown,
): PayloadIn<C, N> {
  const parsed = catalog[name]?.payload.safeParse(data);
  if (!parsed?.success) throw new PayloadRefused(name);
  return parsed.data as PayloadIn<C, N>;
}

class PayloadRefused extends Failure {
  constructor(name: string) {
    super('INTERNAL', `The payload of ${name} is not what the catalogue says.`);
    this.name = 'PayloadRefused';
  }
}

function codeOf(error: unknown): string {
  const { code } = toFailure(error);
  if (error instanceof PayloadRefused) return 'BAD_PAYLOAD';
  if (code !== 'INTERNAL' || !(error instanceof Error)) return code;
  return `INTERNAL ${error.name}`.replace(/[^\w ]/g, '').slice(0, 80);
}
