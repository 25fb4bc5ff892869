// What the scheduler needs of a place that keeps jobs. PostgreSQL and MongoDB each have one adapter beside this file.
import type { JobRepository } from 'agenda';

export interface JobStore {
  readonly name: string;
  readonly repository: JobRepository;
  /** Rejects while the store is away; may be called again. */
  connect(): Promise<void>;
  /** One line for each name that has jobs. */
  summaries(): Promise<JobSummary[]>;
  /** Forgets what was to run once, has run, and was done before that moment. */
  forget(finishedBefore: Date): Promise<number>;
  close(): Promise<void>;
}

export interface JobSummary {
  readonly name: string;
  /** The interval of the name's tick; null while there is none that will run. */
  readonly tick: string | null;
  readonly lastRunAt: Date | null;
  readonly lastFinishedAt: Date | null;
  readonly nextRunAt: Date | null;
  readonly failCount: number;
  readonly lastError: string | null;
}
