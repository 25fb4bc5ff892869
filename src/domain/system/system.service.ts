// What the operator asks first: what runs here, on what, since when, and which ticks did what.
import type { Work } from '../work.js';
import type { AlarmRow, AlarmService } from './alarms.service.js';

export interface SystemFacts {
  readonly version: string;
  readonly startedAt: Date;
  readonly roles: readonly string[];
  /** Which scheduler store and which wake-up transport were chosen. */
  readonly jobs: string;
  readonly pubsub: string;
}

export interface ScheduledJobRow {
  name: string;
  every: string | null;
  lastRunAt: Date | null;
  lastFinishedAt: Date | null;
  nextRunAt: Date | null;
  failCount: number;
  lastError: string | null;
}

export interface SystemPorts {
  readonly facts: SystemFacts;
  readonly scheduledJobs: () => Promise<ScheduledJobRow[]>;
}

export interface SystemStatusRow extends SystemFacts {
  database: string;
  alarms: AlarmRow[];
}

export class SystemService {
  constructor(
    private readonly work: Work,
    private readonly ports: SystemPorts,
    private readonly alarms: AlarmService,
  ) {}

  async status(): Promise<SystemStatusRow> {
    const [[database], alarms] = await Promise.all([
      this.work.rows<{ version: string }>(`select 'PostgreSQL ' || current_setting('server_version') as version`),
      this.alarms.open(),
    ]);
    return { ...this.ports.facts, database: database?.version ?? 'PostgreSQL', alarms };
  }

  scheduledJobs(): Promise<ScheduledJobRow[]> {
    return this.ports.scheduledJobs();
  }
}
