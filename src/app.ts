// The composition root: builds every part once and gives out unit(), the only way in for a request, a job or an event.
// Only the embedded PostgreSQL is started here; what may be away is waited for in prepare(), while /livez answers.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Redis } from 'ioredis';
import { Authenticator } from './auth/authenticate.js';
import type { PolicyName } from './auth/policies.js';
import { createSignInLimits } from './auth/sign-in-limits.js';
import { systemViewer, type Viewer } from './auth/viewer.js';
import type { Config } from './config.js';
import { maintainEventPartitions } from './domain/live/event-log.js';
import { LiveHub } from './domain/live/hub.js';
import type { TopicDefinitions } from './domain/live/topics.js';
import { type Ports, Services } from './domain/services.js';
import { alarmTopic } from './domain/system/alarms.topic.js';
import type { SystemFacts } from './domain/system/system.service.js';
import { type Surroundings, Work } from './domain/work.js';
import { alertWebhook } from './gateways/alerts/webhook.js';
import { type LiveTransportChoice, openLiveTransport } from './gateways/live/transport.js';
import { botIdentity } from './gateways/telegram/identity.js';
import { jobCatalog } from './jobs/catalog.js';
import { jobHandlers } from './jobs/handlers.js';
import { createScheduler, type Scheduler } from './jobs/scheduler.js';
import type { ResolverClass } from './schema/build-schema.js';
import type { RootField } from './schema/permissions.js';
import { type Database, openDatabase } from './server/database.js';
import { startEmbeddedPostgres } from './server/embedded-postgres.js';
import { loadKeys, verifyKeys } from './server/keys.js';
import { Metrics } from './server/metrics.js';
import { startTracing, type Tracing } from './server/telemetry.js';
import { systemClock } from './shared/clock.js';
import { newPassword } from './shared/crypto.js';
import { Egress } from './shared/egress.js';
import type { Logger } from './shared/logger.js';

/** What tests and benches add, through the same registration as the real thing. */
export interface Extension {
  readonly resolvers?: readonly ResolverClass[];
  readonly rootFields?: Readonly<Record<RootField, PolicyName>>;
  readonly topics?: TopicDefinitions;
  readonly equalForEqualRights?: readonly string[];
}

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly extension?: Extension;
  /** Tells the person at the terminal what takes its time. */
  readonly say?: (message: string) => void;
  /** A command beside the server: the embedded PostgreSQL may run already and goes on. */
  readonly visitor?: boolean;
}

export interface FirstAdmin {
  readonly login: string;
  /** Null where ADMIN_PASSWORD said it. */
  readonly password: string | null;
}

const poolSize = 20;

export class App {
  #isPrepared = false;

  private constructor(
    readonly config: Config,
    readonly log: Logger,
    readonly extension: Extension,
    readonly parts: Parts,
  ) {}

  static async create({
    config,
    log,
    extension = {},
    say = () => undefined,
    visitor = false,
  }: AppOptions): Promise<App> {
    const parts = await buildParts({
      config,
      log,
      extension,
      say,
      visitor,
      unit: (viewer, work) => app.unit(viewer, work),
    });
    const app = new App(config, log, extension, parts);
    return app;
  }

  async unit<T>(viewer: Viewer, work: (services: Services) => Promise<T>): Promise<T> {
    return work(this.servicesFor(viewer));
  }

  /** For a GraphQL operation, whose resolvers share one unit of work: it holds nothing that would have to be closed. */
  servicesFor(viewer: Viewer): Services {
    return new Services(new Work(viewer, this.parts.surroundings), this.parts.ports);
  }

  /** Waits for the database, migrates it, and starts what lives on it. The first start makes an admin. */
  async prepare(signal: AbortSignal): Promise<FirstAdmin | undefined> {
    await this.prepareDatabase(signal);
    const { database, live, scheduler } = this.parts;
    await maintainEventPartitions(database.orm.em.fork(), this.config.RETENTION_DAYS.events);
    const firstAdmin = await this.#makeFirstAdmin();
    live.start();
    await scheduler.start();
    this.#isPrepared = true;
    return firstAdmin;
  }

  async prepareDatabase(signal: AbortSignal): Promise<void> {
    const { database, keys } = this.parts;
    await database.prepare(signal);
    await verifyKeys(keys, database.pool);
  }

  get isPrepared(): boolean {
    return this.#isPrepared;
  }

  /** Why work can't be taken at this moment, or nothing. */
  async obstacle(): Promise<string | undefined> {
    if (!this.#isPrepared) return 'starting';
    await this.parts.database.pool.query('select 1');
    return this.parts.scheduler.isReady ? undefined : 'the job store is away';
  }

  /** In the opposite order of what stands on what; the embedded PostgreSQL last. */
  async close(graceMs: number): Promise<void> {
    const { authenticator, database, egress, live, redis, scheduler, stopPostgres, tracing } = this.parts;
    await scheduler.stop(graceMs);
    await live.close();
    await authenticator.close();
    await egress.close();
    redis?.disconnect();
    await tracing?.stop();
    await database.close();
    await stopPostgres();
  }

  async #makeFirstAdmin(): Promise<FirstAdmin | undefined> {
    const { ADMIN_LOGIN: login, ADMIN_PASSWORD: given } = this.config;
    const password = given ?? newPassword();
    const viewer = systemViewer(randomUUID());
    const made = await this.unit(viewer, ({ users }) => users.createFirst(login, password));
    return made && { login: made.login, password: given ? null : password };
  }
}

type Unit = <T>(viewer: Viewer, work: (services: Services) => Promise<T>) => Promise<T>;

interface Parts {
  readonly facts: SystemFacts;
  readonly keys: ReturnType<typeof loadKeys>;
  readonly database: Database;
  readonly authenticator: Authenticator;
  readonly egress: Egress;
  readonly live: LiveHub;
  readonly metrics: Metrics;
  readonly redis: Redis | undefined;
  readonly tracing: Tracing | undefined;
  readonly scheduler: Scheduler;
  readonly surroundings: Surroundings;
  readonly ports: Ports;
  readonly stopPostgres: () => Promise<void>;
}

async function buildParts({
  config,
  log,
  extension,
  say,
  visitor,
  unit,
}: Required<AppOptions> & { unit: Unit }): Promise<Parts> {
  const keys = loadKeys(config.ENCRYPTION_KEYS, config.DATA_DIR);
  const postgres = config.DATABASE_URL
    ? undefined
    : await startEmbeddedPostgres({ dataDir: config.DATA_DIR, say, own: !visitor });
  const url = config.DATABASE_URL ?? postgres?.url ?? '';
  const database = await openDatabase({ url, poolSize, log });
  const metrics = new Metrics();
  const redis = config.REDIS_URL ? openRedis(config.REDIS_URL, log) : undefined;
  const authenticator = new Authenticator(database.pool, log);
  const transport = liveTransportOf(config);
  const live = new LiveHub({
    transport: openLiveTransport(transport, log),
    topics: { alarm: alarmTopic, ...extension.topics },
    unit: (body) => unit(systemViewer(randomUUID()), ({ work }) => body(work)),
    log,
  });
  const watchJob = jobWatch((name) => {
    const alarm = {
      kind: 'JOB_FAILING',
      key: name,
      message: `The job ${name} failed ${failuresInARow} times in a row: see the log.`,
    };
    unit(systemViewer(randomUUID()), ({ alarms }) => alarms.raise(alarm)).catch((error: unknown) =>
      log.warn({ err: error }, 'could not raise an alarm'),
    );
  });
  const scheduler = createScheduler({
    catalog: jobCatalog,
    databaseUrl: url,
    mongoUrl: config.MONGO_URL,
    handlers: config.ROLES.includes('worker') ? jobHandlers(unit) : undefined,
    onRun: (job, outcome, seconds) => {
      const failed = outcome === 'failed' || outcome === 'refused';
      metrics.jobRun(job, failed ? 'failed' : 'ok', seconds);
      watchJob(job, failed);
    },
    log,
  });
  const egress = new Egress(
    config.EGRESS_ALLOW_CIDR ?? (config.NODE_ENV === 'production' ? [] : ['127.0.0.0/8', '::1/128']),
  );
  const facts = factsOf(config, transport);
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracing = endpoint ? await startTracing({ endpoint, version: facts.version }) : undefined;
  watch(metrics, { database, live });
  return {
    ...{ facts, keys, database, authenticator, egress, live, metrics, redis, scheduler, tracing },
    surroundings: surroundingsOf({ database, live, scheduler, log }),
    ports: {
      keys,
      facts,
      limits: createSignInLimits({
        attempts: config.LOGINS_PER_15_MINUTES,
        key: keys.current('limits'),
        pool: database.pool,
        redis,
        onReject: () => metrics.limitRejected('sign-in'),
      }),
      forgetTokens: () => authenticator.forget(),
      botUsername: botIdentity(
        config.TELEGRAM_TOKEN ? { token: config.TELEGRAM_TOKEN, apiRoot: config.TELEGRAM_API_ROOT } : undefined,
        egress,
      ),
      alerts: config.ALERT_WEBHOOK_URL ? alertWebhook(config.ALERT_WEBHOOK_URL, egress) : undefined,
      scheduledJobs: () => scheduler.jobs(),
      retention: config.RETENTION_DAYS,
    },
    stopPostgres: async () => postgres?.stop(),
  };
}

function watch(metrics: Metrics, { database, live }: Pick<Parts, 'database' | 'live'>): void {
  metrics.watch({
    name: 'live',
    help: 'Live events here: subscribers, watchers, those closed because they were too slow, lag in ms.',
    read: () => ({ ...live.stats() }),
  });
  metrics.watch({
    name: 'database_pool',
    help: 'Connections of this process: open, idle, waited for.',
    read: () => ({
      open: database.pool.totalCount,
      idle: database.pool.idleCount,
      waiting: database.pool.waitingCount,
    }),
  });
}

const failuresInARow = 3;

/** Counts failures in a row by job, and tells when it is time that somebody looks. */
function jobWatch(tell: (name: string) => void): (name: string, failed: boolean) => void {
  const failures = new Map<string, number>();
  return (name, failed) => {
    const count = failed ? (failures.get(name) ?? 0) + 1 : 0;
    failures.set(name, count);
    if (count === failuresInARow) tell(name);
  };
}

type Movers = Pick<Parts, 'database' | 'live' | 'scheduler'> & { readonly log: Logger };

function surroundingsOf({ database, live, scheduler, log }: Movers): Surroundings {
  return {
    orm: database.orm,
    pool: database.pool,
    clock: systemClock,
    log,
    wakeHubs: () => live.wake(),
    nudge: (name, payload, at) => {
      scheduler
        .nudge(name, payload, at)
        .catch((error: unknown) => log.warn({ err: error, job: name }, 'a nudge was lost; the tick will do it'));
    },
  };
}

/** With a database that others can reach, other processes may be there too. */
function liveTransportOf({ REDIS_URL, DATABASE_URL }: Config): LiveTransportChoice {
  if (REDIS_URL) return { kind: 'redis', url: REDIS_URL };
  return DATABASE_URL ? { kind: 'pg-notify', url: DATABASE_URL } : { kind: 'in-process' };
}

function openRedis(url: string, log: Logger): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
  redis.on('error', (error: unknown) => log.warn({ err: error }, 'Redis is away; limits are counted here'));
  return redis;
}

function factsOf(config: Config, transport: LiveTransportChoice): SystemFacts {
  const manifest = findPackageJSON(import.meta.url) ?? 'package.json';
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return {
    version,
    startedAt: new Date(),
    roles: config.ROLES,
    jobs: config.MONGO_URL ? 'MongoDB' : 'PostgreSQL',
    pubsub: transport.kind,
  };
}
