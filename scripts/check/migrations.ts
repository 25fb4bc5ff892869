// Migrates an empty database of the embedded PostgreSQL and asks the ORM what the entities would still change.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { pino } from 'pino';
import { clearPostgres } from '../../tests/support/embedded-postgres-home.js';
import { loadDatabase, loadEmbeddedPostgres } from './built.js';

export async function checkMigrations(): Promise<string[]> {
  const { startEmbeddedPostgres } = await loadEmbeddedPostgres();
  const dataDir = await mkdtemp(join(tmpdir(), 'switchboard-check-'));
  const postgres = await startEmbeddedPostgres({ dataDir, say: () => undefined });
  try {
    return await inEmptyDatabase(postgres.url, differences);
  } finally {
    await postgres.stop();
    await clearPostgres(dataDir);
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function differences(url: string): Promise<string[]> {
  const { openDatabase } = await loadDatabase();
  const database = await openDatabase({ url, poolSize: 1, log: pino({ level: 'silent' }) });
  try {
    await database.prepare(AbortSignal.timeout(60_000));
    const sql = await database.orm.schema.getUpdateSchemaSQL({ wrap: false });
    return sql
      .split('\n')
      .filter((line) => line.trim())
      .map((line) => `no migration does: ${line}`);
  } finally {
    await database.close();
  }
}

async function inEmptyDatabase<T>(server: string, work: (url: string) => Promise<T>): Promise<T> {
  const name = `check_${randomBytes(4).toString('hex')}`;
  const admin = new Client({ connectionString: server });
  await admin.connect();
  try {
    await admin.query(`create database ${name}`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    return await work(url.href);
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  }
}
