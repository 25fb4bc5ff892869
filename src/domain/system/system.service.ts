// What the operator asks first: what runs here, on what, since when, and which ticks did what.
import type { BreakerState } from '../../entities/mailing.enums.js';
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

/** The message gateway as one worker sees it. */
export interface GatewayStatusRow {
  name: string;
  worker: string;
  breaker: BreakerState;
  concurrency: number;
  successRate: number;
  p95Ms: number;
  lastError: string | null;
}

export interface SystemPorts {
  readonly facts: SystemFacts;
  readonly scheduledJobs: () => Promise<ScheduledJobRow[]>;
}

export interface SystemStatusRow extends SystemFacts {
  database: string;
  gateways: GatewayStatusRow[];
  queuedMessages: number;
  alarms: AlarmRow[];
}

/** Seconds; one that has said nothing for longer is gone. */
const workerSilence = 10;

export class SystemService {
  constructor(
    private readonly work: Work,
    private readonly ports: SystemPorts,
    private readonly alarms: AlarmService,
  ) {}

  async status(): Promise<SystemStatusRow> {
    const [[database], gateways, [queue], alarms] = await Promise.all([
      this.work.rows<{ version: string }>(`select 'PostgreSQL ' || current_setting('server_version') as version`),
      this.work.rows<GatewayStatusRow>(
        `select name, worker, breaker, concurrency, success_rate as "successRate", p95_ms as "p95Ms", last_error as "lastError"
         from gateway_worker where seen_at > now() - interval '${workerSilence} s' order by name, worker`,
      ),
      this.work.rows<{ messages: number }>('select coalesce(sum(queued), 0)::float8 as messages from mailing'),
      this.alarms.open(),
    ]);
    return {
      ...this.ports.facts,
      database: database?.version ?? 'PostgreSQL',
      gateways,
      queuedMessages: queue?.messages ?? 0,
      alarms,
    };
  }

  scheduledJobs(): Promise<ScheduledJobRow[]> {
    return this.ports.scheduledJobs();
  }
}
