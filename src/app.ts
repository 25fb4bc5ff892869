// The composition root: holds every part and gives out unit(), the only way in for a request, a job or an event.
// What may be away is waited for in prepare(), while /livez answers.
import { randomUUID } from 'node:crypto';
import { systemViewer, type Viewer } from './auth/viewer.js';
import type { Config } from './config.js';
import { takeOverLegacyToken } from './domain/accounts/legacy-token.js';
import { maintainEventPartitions } from './domain/live/event-log.js';
import { Services } from './domain/services.js';
import { Work } from './domain/work.js';
import type { WorkerNeeds, WorkerRole } from './roles/worker.js';
import { verifyKeys, verifyLeadKeys } from './server/keys.js';
import { type LocalWorld, simulatorUrl } from './server/local-world.js';
import { buildParts, type Extension, type Parts } from './server/parts.js';
import { loadSampleData, wantsSampleData } from './server/sample-data.js';
import { newPassword } from './shared/crypto.js';
import type { Logger } from './shared/logger.js';

export interface AppOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly extension?: Extension;
  readonly localWorld?: LocalWorld | undefined;
  /** Tells the person at the terminal what takes its time. */
  readonly say?: (message: string) => void;
  /** A command beside the server: the embedded PostgreSQL may run already and goes on. */
  readonly visitor?: boolean;
}

/** Who signs in first, or who could for the longest time. */
export interface Admin {
  readonly login: string;
  /** Null where it was not made up by this start. */
  readonly password: string | null;
  readonly isNew: boolean;
}

export class App {
  #isPrepared = false;
  #worker: WorkerRole | undefined;

  private constructor(
    readonly config: Config,
    readonly log: Logger,
    readonly extension: Extension,
    readonly parts: Parts,
    readonly localWorld: LocalWorld | undefined,
  ) {}

  static async create({
    config,
    log,
    extension = {},
    localWorld,
    say = () => undefined,
    visitor = false,
  }: AppOptions): Promise<App> {
    const parts = await buildParts({
      config,
      log,
      extension,
      localWorld,
      say,
      visitor,
      unit: (viewer, work) => app.unit(viewer, work),
    });
    const app = new App(config, log, extension, parts, localWorld);
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
  async prepare(signal: AbortSignal): Promise<Admin | undefined> {
    await this.prepareDatabase(signal);
    const { addressBlocks, database, live, scheduler } = this.parts;
    await maintainEventPartitions(database.orm.em.fork(), this.config.RETENTION_DAYS.events);
    await addressBlocks.start();
    live.start();
    await this.parts.ports.imeiDesk?.start();
    await scheduler.start();
    const admin = await this.#findAdmin();
    await this.#takeOverLegacyToken();
    await this.#startWorker();
    this.#isPrepared = true;
    return admin;
  }

  async prepareDatabase(signal: AbortSignal): Promise<void> {
    const { database, keys } = this.parts;
    await database.prepare(signal);
    await verifyKeys(keys, database.pool);
    await verifyLeadKeys(keys, database.pool);
  }

  get isPrepared(): boolean {
    return this.#isPrepared;
  }

  /** Why work can't be taken at this moment, or nothing. */
  async obstacle(): Promise<string | undefined> {
    if (!this.#isPrepared) return 'starting';
    if (await this.parts.database.isReadOnly()) return 'the database is read-only';
    return this.parts.scheduler.isReady ? this.#worker?.obstacle() : 'the job store is away';
  }

  /** In the opposite order of what stands on what; the embedded PostgreSQL last. */
  async close(graceMs: number): Promise<void> {
    const {
      addressBlocks,
      authenticator,
      database,
      egress,
      imeiProvider,
      leadJournal,
      live,
      messageGateway,
      ports,
      redis,
      scheduler,
      stopPostgres,
      tracing,
    } = this.parts;
    await Promise.all([this.#worker?.stop(graceMs), scheduler.stop(graceMs), ports.imeiDesk?.stop(graceMs)]);
    await Promise.all([messageGateway?.close(), imeiProvider?.close()]);
    await leadJournal.flush();
    await ports.imeiRecord.flush();
    await addressBlocks.close();
    await ports.leadReads.flush();
    await live.close();
    await authenticator.close();
    await egress.close();
    redis?.disconnect();
    await tracing?.stop();
    await database.close();
    await stopPostgres();
  }

  async #startWorker(): Promise<void> {
    const { config, log, parts } = this;
    const gateway = parts.messageGateway;
    if (!config.ROLES.includes('worker')) return;
    const { idleWorkerRole, workerRole } = await import('./roles/worker.js');
    const needs: WorkerNeeds = { config, log, parts, unit: (viewer, work) => this.unit(viewer, work) };
    if (!gateway) log.warn('MESSAGE_GATEWAY_URL is not set: mailings are planned, and nothing is sent');
    this.#worker = gateway ? workerRole({ ...needs, gateway }) : idleWorkerRole(needs);
    await this.#worker.start();
  }

  async #takeOverLegacyToken(): Promise<void> {
    const { LEGACY_IMEI_TOKEN, ROLES } = this.config;
    if (!ROLES.includes('web')) return;
    await this.unit(systemViewer(randomUUID()), ({ work }) => takeOverLegacyToken(work, LEGACY_IMEI_TOKEN));
  }

  async #findAdmin(): Promise<Admin | undefined> {
    const { config, localWorld } = this;
    const { ADMIN_LOGIN, ADMIN_PASSWORD: given } = config;
    const password = given ?? newPassword();
    const services = this.servicesFor(systemViewer(randomUUID()));
    // Before the person whose presence says that there was a first start, and nothing to anybody else's gateway.
    const mailing = simulatorUrl('gateway', config, localWorld) !== undefined;
    if (wantsSampleData(config)) await loadSampleData(services, { mailing });
    const made = await services.users.createFirst(ADMIN_LOGIN, password);
    if (made) return { login: made.login, password: given ? null : password, isNew: true };
    const login = await services.users.oldestAdmin();
    return login === undefined ? undefined : { login, password: null, isNew: false };
  }
}
