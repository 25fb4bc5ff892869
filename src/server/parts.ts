// Every part of the program, built once and in order, each from what stands below it. Nothing waits for the network here but
// the start of the embedded PostgreSQL.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { Redis } from 'ioredis';
import { Authenticator } from '../auth/authenticate.js';
import type { Keys } from '../auth/keys.js';
import type { PolicyName } from '../auth/policies.js';
import { createSignInLimits } from '../auth/sign-in-limits.js';
import { systemViewer, type Viewer } from '../auth/viewer.js';
import type { Config } from '../config.js';
import { ReadAudit } from '../domain/accounts/read-audit.js';
import { imeiCheckTopic } from '../domain/imei/imei-checks.topic.js';
import { ProviderBreaker } from '../domain/imei/provider-breaker.js';
import { importTopic } from '../domain/imports/imports.topic.js';
import { LeadCipher } from '../domain/leads/lead-cipher.js';
import { LeadJournal } from '../domain/leads/lead-journal.js';
import { leadKeysTopic } from '../domain/leads/lead-keys.topic.js';
import { LeadStore } from '../domain/leads/lead-store.js';
import { leadEvents } from '../domain/leads/leads.topic.js';
import type { Rows } from '../domain/live/event-log.js';
import { LiveHub } from '../domain/live/hub.js';
import type { TopicDefinitions } from '../domain/live/topics.js';
import { mailingTopic } from '../domain/mailings/mailings.topic.js';
import { messageTopic } from '../domain/mailings/messages.topic.js';
import type { Ports, Services } from '../domain/services.js';
import { alarmTopic } from '../domain/system/alarms.topic.js';
import type { SystemFacts } from '../domain/system/system.service.js';
import type { Surroundings } from '../domain/work.js';
import { alertWebhook } from '../gateways/alerts/webhook.js';
import type { ImeiProvider } from '../gateways/imei/port.js';
import { type LiveTransportChoice, openLiveTransport } from '../gateways/live/transport.js';
import type { MessageGateway } from '../gateways/messages/port.js';
import { botIdentity } from '../gateways/telegram/identity.js';
import { jobCatalog } from '../jobs/catalog.js';
import { jobHandlers } from '../jobs/handlers.js';
import { createScheduler, type Scheduler } from '../jobs/scheduler.js';
import type { ResolverClass } from '../schema/build-schema.js';
import type { RootField } from '../schema/permissions.js';
import { atMostEach } from '../shared/at-most-each.js';
import { systemClock } from '../shared/clock.js';
import { Egress } from '../shared/egress.js';
import type { Logger } from '../shared/logger.js';
import { type Database, openDatabase } from './database.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { imeiBatchesLive, openImeiParts } from './imei-parts.js';
import { loadKeys } from './keys.js';
import { type LocalWorld, reachablePrivately } from './local-world.js';
import { Metrics } from './metrics.js';
import { preparedRows } from './prepared-rows.js';
import { openProtection, type Protection } from './protection.js';
import { openImeiProvider, openMessageGateway, openSimulators } from './providers.js';
import { startTracing, type Tracing } from './telemetry.js';

/** What tests and benches add, through the same registration as the real thing. */
export interface Extension {
  readonly resolvers?: readonly ResolverClass[];
  readonly rootFields?: Readonly<Record<RootField, PolicyName>>;
  readonly topics?: TopicDefinitions;
  readonly equalForEqualRights?: readonly string[];
}

export interface Parts extends Protection {
  readonly facts: SystemFacts;
  readonly keys: Keys;
  readonly database: Database;
  /** For those who bring a pool of their own. */
  readonly databaseUrl: string;
  /** Undefined where none is configured and no simulator runs. */
  readonly messageGateway: MessageGateway | undefined;
  /** Likewise. */
  readonly imeiProvider: ImeiProvider | undefined;
  readonly imeiBreaker: ProviderBreaker;
  readonly authenticator: Authenticator;
  readonly egress: Egress;
  readonly leadJournal: LeadJournal;
  readonly leadStore: LeadStore;
  readonly live: LiveHub;
  readonly metrics: Metrics;
  readonly redis: Redis | undefined;
  readonly tracing: Tracing | undefined;
  readonly scheduler: Scheduler;
  readonly surroundings: Surroundings;
  readonly ports: Ports;
  readonly stopPostgres: () => Promise<void>;
}

export interface Foundation {
  readonly config: Config;
  readonly log: Logger;
  readonly extension: Extension;
  readonly localWorld: LocalWorld | undefined;
  readonly visitor: boolean;
  readonly say: (message: string) => void;
  /** The app's own, for parts that call back. */
  readonly unit: <T>(viewer: Viewer, work: (services: Services) => Promise<T>) => Promise<T>;
}

const poolSize = 20;
/** Later than at once, and too soon for anybody to notice. */
const soonMs = 50;

const rowsOf = ({ pool }: Database): Rows => ({
  rows: async (sql, params = []) => (await pool.query(sql, [...params])).rows,
});

export async function buildParts(foundation: Foundation): Promise<Parts> {
  const { config, localWorld, log } = foundation;
  const keys = loadKeys(config.ENCRYPTION_KEYS, config.DATA_DIR);
  const { url, stop: stopPostgres } = await reachPostgres(foundation);
  const database = await openDatabase({ url, poolSize, log });
  const metrics = new Metrics();
  const redis = config.REDIS_URL ? openRedis(config.REDIS_URL, log) : undefined;
  const protection = openProtection({ config, log, keys, db: rowsOf(database), pool: database.pool, metrics, redis });
  const authenticator = new Authenticator(database.pool, log, config.LEGACY_IMEI_TOKEN);
  const egress = new Egress(reachablePrivately(config));
  const leadStore = new LeadStore(new LeadCipher(keys));
  const imeiBreaker = new ProviderBreaker({ timeoutMs: config.IMEI_TIMEOUT });
  const live = openHub(foundation, { leads: leadStore.cipher, imeiBreaker });
  const scheduler = openScheduler(foundation, { url, metrics });
  const facts = factsOf(config);
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  const tracing = endpoint ? await startTracing({ endpoint, version: facts.version }) : undefined;
  watch(metrics, { database, live });
  const built = {
    ...protection,
    facts,
    keys,
    database,
    databaseUrl: url,
    messageGateway: openMessageGateway({ config, localWorld, egress }),
    imeiProvider: openImeiProvider({ config, localWorld, egress }),
    imeiBreaker,
    authenticator,
    egress,
    leadJournal: new LeadJournal(rowsOf(database), log),
    leadStore,
    live,
    metrics,
    redis,
    scheduler,
    tracing,
    stopPostgres,
  };
  return { ...built, surroundings: surroundingsOf(built, foundation), ports: portsOf(built, foundation) };
}

type Built = Omit<Parts, 'surroundings' | 'ports'>;

async function reachPostgres({ config, say, visitor }: Foundation): Promise<{ url: string; stop(): Promise<void> }> {
  if (config.DATABASE_URL) return { url: config.DATABASE_URL, stop: async () => undefined };
  return startEmbeddedPostgres({ dataDir: config.DATA_DIR, say, own: !visitor });
}

function openHub(
  { config, log, extension, unit }: Foundation,
  { leads, imeiBreaker }: { leads: LeadCipher; imeiBreaker: ProviderBreaker },
): LiveHub {
  return new LiveHub({
    transport: openLiveTransport(liveTransportOf(config), log),
    topics: {
      alarm: alarmTopic,
      imeiBatch: imeiBatchesLive(config, imeiBreaker),
      imeiCheck: imeiCheckTopic,
      import: importTopic,
      lead: { events: leadEvents(leads) },
      leadKeys: leadKeysTopic,
      mailing: mailingTopic,
      message: messageTopic,
      ...extension.topics,
    },
    unit: (body) => unit(systemViewer(randomUUID()), ({ work }) => body(work)),
    log,
  });
}

function openScheduler(
  { config, log, unit }: Foundation,
  { url, metrics }: { url: string; metrics: Metrics },
): Scheduler {
  const watchJob = jobWatch((name) => {
    const message = `The job ${name} failed ${failuresInARow} times in a row: see the log.`;
    unit(systemViewer(randomUUID()), ({ alarms }) => alarms.raise({ kind: 'JOB_FAILING', key: name, message })).catch(
      (error: unknown) => log.warn({ err: error }, 'could not raise an alarm'),
    );
  });
  return createScheduler({
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
}

function portsOf(built: Built, { config, localWorld, log, unit }: Foundation): Ports {
  const { keys, facts, database, redis, metrics, authenticator, egress, scheduler, messageGateway } = built;
  const { TELEGRAM_TOKEN: token, TELEGRAM_API_ROOT: apiRoot, ALERT_WEBHOOK_URL: webhook } = config;
  return {
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
    botUsername: botIdentity(token ? { token, apiRoot } : undefined, egress),
    alerts: webhook ? alertWebhook(webhook, egress) : undefined,
    scheduledJobs: () => scheduler.jobs(),
    retention: config.RETENTION_DAYS,
    defaultTimezone: config.DEFAULT_TIMEZONE,
    publicUrl: config.PUBLIC_URL,
    leadStore: built.leadStore,
    leadJournal: built.leadJournal,
    leadReads: new ReadAudit('readLeads', rowsOf(database), log),
    leadLimits: built.leadLimits,
    addressBlocks: built.addressBlocks,
    messageTimeoutMs: config.MESSAGE_TIMEOUT,
    messageGateway,
    ...openImeiParts({
      config,
      log,
      unit,
      provider: built.imeiProvider,
      breaker: built.imeiBreaker,
      db: preparedRows(database.pool, 'imei'),
      wakeHubs: () => built.live.wake(),
      onBatchChanged: (id) => built.live.changed('imeiBatch', id),
    }),
    simulators: openSimulators({ config, localWorld, egress }),
  };
}

function surroundingsOf({ database, live, scheduler }: Built, { log, visitor }: Foundation): Surroundings {
  return {
    orm: database.orm,
    pool: database.pool,
    clock: systemClock,
    log,
    wakeHubs: () => live.wake(),
    wakeHubsSoon: atMostEach(soonMs, () => live.wake()),
    nudge: (name, payload, at) => {
      // A visitor opens no job store: a tick of the program that runs does it.
      if (visitor) return;
      scheduler
        .nudge(name, payload, at)
        .catch((error: unknown) => log.warn({ err: error, job: name }, 'a nudge was lost; the tick will do it'));
    },
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

function factsOf(config: Config): SystemFacts {
  const manifest = findPackageJSON(import.meta.url) ?? 'package.json';
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return {
    version,
    startedAt: new Date(),
    roles: config.ROLES,
    jobs: config.MONGO_URL ? 'MongoDB' : 'PostgreSQL',
    pubsub: liveTransportOf(config).kind,
  };
}
