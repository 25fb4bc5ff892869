// The connection to PostgreSQL: waited for at start, migrated by one process at a time, alive across its restarts.
import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy';
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM, type Options } from '@mikro-orm/postgresql';
import pg from 'pg';
import { Alarm } from '../entities/alarm.entity.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { BlockedIp } from '../entities/blocked-ip.entity.js';
import { Client } from '../entities/client.entity.js';
import { IdempotencyKey } from '../entities/idempotency-key.entity.js';
import { ImeiBatch } from '../entities/imei-batch.entity.js';
import { ImeiCheck } from '../entities/imei-check.entity.js';
import { ImeiExchange } from '../entities/imei-exchange.entity.js';
import { ImeiWatch } from '../entities/imei-watch.entity.js';
import { Import } from '../entities/import.entity.js';
import { KeyCheck } from '../entities/key-check.entity.js';
import { Lead } from '../entities/lead.entity.js';
import { Mailing } from '../entities/mailing.entity.js';
import { Person } from '../entities/person.entity.js';
import { Suppression } from '../entities/suppression.entity.js';
import { Tac } from '../entities/tac.entity.js';
import { TelegramAccessRequest } from '../entities/telegram-access-request.entity.js';
import { TelegramGrant } from '../entities/telegram-grant.entity.js';
import { TelegramLinkCode } from '../entities/telegram-link-code.entity.js';
import { Token } from '../entities/token.entity.js';
import { errorCodeOf } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { migrationsList } from './migrations.js';
import { guardPool, readOnly } from './pool-guard.js';
import { whenPostgresCan } from './postgres-wait.js';

export interface Database {
  readonly orm: MikroORM;
  readonly pool: pg.Pool;
  /** Waits for the server, however long it is away, and brings the tables up to date. */
  prepare(signal: AbortSignal): Promise<void>;
  /** A standby, or a server that was told to be one. */
  isReadOnly(): Promise<boolean>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly log: Logger;
}

const migrationLock = 7_301_001;
const timestamptz = 1184;

export const entities = [
  Alarm,
  AuditEntry,
  BlockedIp,
  Client,
  IdempotencyKey,
  ImeiBatch,
  ImeiCheck,
  ImeiExchange,
  ImeiWatch,
  Import,
  KeyCheck,
  Lead,
  Mailing,
  Person,
  Suppression,
  Tac,
  TelegramAccessRequest,
  TelegramGrant,
  TelegramLinkCode,
  Token,
];

/** Connects to nothing yet: a server that is away is waited for in prepare(). */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { promise, resolve } = Promise.withResolvers<pg.Pool>();
  const settings = ormOptions(options);
  const orm = new MikroORM({ ...settings, driverOptions: { ...settings.driverOptions, onPoolCreated: resolve } });
  orm.em.getConnection().getClient();
  const pool = await promise;
  guardPool(pool);
  return {
    orm,
    pool,
    prepare: (signal) => whenPostgresCan(() => migrateAlone(options), { ...options, signal }),
    isReadOnly: () => isReadOnly(pool),
    close: () => orm.close(true),
  };
}

export function ormOptions({ url, poolSize }: Pick<DatabaseOptions, 'url' | 'poolSize'>): Options {
  return {
    clientUrl: url,
    entities,
    metadataProvider: ReflectMetadataProvider,
    forceUtcTimezone: true,
    // Values would reach the log with `query-params`; nothing is logged by the ORM at all.
    debug: false,
    logger: () => undefined,
    pool: { min: 0, max: poolSize, idleTimeoutMillis: 30_000 },
    driverOptions: {
      types: columnParsers(),
      connectionTimeoutMillis: 5_000,
      options: sessionSettings,
      keepAlive: true,
    },
    extensions: [Migrator],
    migrations: { migrationsList, tableName: 'migration', snapshot: false, disableForeignKeys: false },
    schemaGenerator: { disableForeignKeys: false, skipTables: tablesOfRawSql, ignoreRoutines: true },
    discovery: { checkDuplicateTableNames: true },
  };
}

/** Made by raw SQL in migrations: partitions, queues, other people's tables, limits. The ORM neither reads nor compares them. */
const tablesOfRawSql = [
  /^event/,
  /^agenda/,
  /^message/,
  /^(mailing|import|gateway|lead)_/,
  'imei_batch_item',
  'imei_slot',
  'imei_day',
  'rate_limit',
  'test_message',
];

/** UTC in every session, so that the parser below may rely on it; no statement outlives its request's deadline. */
const sessionSettings =
  '-c timezone=UTC -c statement_timeout=8s -c idle_in_transaction_session_timeout=30s -c lock_timeout=5s';

/** Rows bring moments as Date; the ORM's own default is the raw text. */
export function columnParsers(): pg.CustomTypesConfig {
  const types = new pg.TypeOverrides();
  types.setTypeParser(timestamptz, (text) => new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`));
  return types;
}

/** Asked by a write that changes no row: a refusal also makes the pool leave that server. */
async function isReadOnly(pool: pg.Pool): Promise<boolean> {
  try {
    await pool.query('update migration set name = name where false');
    return false;
  } catch (error) {
    if (errorCodeOf(error) === readOnly) return true;
    throw error;
  }
}

/** Processes that start together wait for the first of them; the migrator itself knows no lock. */
async function migrateAlone({ url, log }: DatabaseOptions): Promise<void> {
  const holder = new pg.Client({ connectionString: url, application_name: 'switchboard-migrations' });
  holder.on('error', (error) => log.warn({ err: error }, 'lost the migration lock'));
  await holder.connect();
  try {
    await holder.query('select pg_advisory_lock($1)', [migrationLock]);
    const { rows } = await holder.query<{ done: boolean }>("select to_regclass('migration') is not null as done");
    const applied = rows[0]?.done ? await holder.query<{ name: string }>('select name from migration') : { rows: [] };
    const names = new Set(applied.rows.map(({ name }) => name));
    if (migrationsList.every(({ name }) => names.has(name))) return;
    await runMigrations(url, log);
  } finally {
    await holder.end();
  }
}

async function runMigrations(url: string, log: Logger): Promise<void> {
  const options = ormOptions({ url, poolSize: 2 });
  // Building an index may take longer than a request's statement may.
  const orm = new MikroORM({
    ...options,
    driverOptions: { ...options.driverOptions, options: '-c timezone=UTC -c lock_timeout=3s' },
  });
  try {
    const done = await orm.migrator.up();
    log.info({ migrations: done.length }, 'migrated the database');
  } finally {
    await orm.close(true);
  }
}
