// The two places where jobs can be kept, each with the means to look into it and to harm it. Both come with a
// PostgreSQL of their own, because a job's lock is there, and so that a restart of it disturbs nobody else.
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { MikroORM } from '@mikro-orm/postgresql';
import { type Document, MongoClient } from 'mongodb';
import pg from 'pg';
import { Migration20261120020000 } from '../../migrations/Migration20261120020000.js';
import { ormOptions } from '../../src/server/database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/server/embedded-postgres.js';
import { preparePlace } from '../../src/server/postgres-place.js';
import { MongoServer } from './mongo.js';

/** One empty store. */
export interface TestStore {
  readonly databaseUrl: string;
  readonly mongoUrl: string | undefined;
  names(): Promise<string[]>;
  /** Past the catalogue, as somebody with access to the store could. */
  insert(name: string, data: object): Promise<void>;
  /** What an expired lease looks like to others. */
  expireLeases(): Promise<void>;
  wipe(): Promise<void>;
  drop(): Promise<void>;
}

export interface StoreServer {
  newStore(): Promise<TestStore>;
  /** Immediate: no connection is ended in order. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function postgresServer(dataDir: string): Promise<StoreServer> {
  const postgres = await startEmbeddedPostgres({ dataDir, say: () => undefined });
  return {
    newStore: async () => {
      const databaseUrl = await newDatabase(postgres);
      const ask = (sql: string, ...params: unknown[]) => query<{ name: string }>(databaseUrl, sql, params);
      return {
        databaseUrl,
        mongoUrl: undefined,
        names: async () => (await ask('select name from agenda_jobs order by name')).map(({ name }) => name),
        insert: async (name, data) => {
          await ask('insert into agenda_jobs (name, data, next_run_at) values ($1, $2, now())', name, data);
        },
        expireLeases: async () => {
          await ask(`update agenda_jobs set locked_at = now() - interval '1 hour' where locked_at is not null`);
        },
        wipe: async () => {
          await ask('delete from agenda_jobs');
        },
        drop: async () => {
          await query(postgres.url, `drop database ${new URL(databaseUrl).pathname.slice(1)} with (force)`);
        },
      };
    },
    restart: () => restartPostgres(postgres.url),
    stop: async () => {
      await postgres.stop();
      const { home } = await preparePlace(dataDir);
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export async function mongoServer(dataDir: string): Promise<StoreServer> {
  // In this order, because it is the one that may be missing.
  const mongo = await MongoServer.start();
  const postgres = await postgresServer(dataDir);
  let stores = 0;
  return {
    newStore: async () => {
      const { databaseUrl, drop } = await postgres.newStore();
      stores += 1;
      const mongoUrl = mongo.url(`agenda${stores}`);
      const job = { type: 'normal', priority: 0, lockedAt: null };
      return {
        databaseUrl,
        mongoUrl,
        names: () => inMongo(mongoUrl, async (db) => (await db.find().sort({ name: 1 }).toArray()).map((d) => d.name)),
        insert: (name, data) =>
          inMongo(mongoUrl, (db) => db.insertOne({ ...job, name, data, nextRunAt: new Date() })).then(() => undefined),
        expireLeases: async () => {
          const hourAgo = new Date(Date.now() - 3_600_000);
          await inMongo(mongoUrl, (db) => db.updateMany({ lockedAt: { $ne: null } }, { $set: { lockedAt: hourAgo } }));
        },
        wipe: async () => {
          await inMongo(mongoUrl, (db) => db.drop());
        },
        drop,
      };
    },
    restart: () => mongo.restart(),
    stop: async () => {
      await Promise.all([mongo.stop(), postgres.stop()]);
    },
  };
}

let databases = 0;

async function newDatabase({ url }: EmbeddedPostgres): Promise<string> {
  databases += 1;
  const target = new URL(url);
  target.pathname = `/jobs${databases}`;
  await query(url, `create database jobs${databases}`);
  const options = ormOptions({ url: target.href, poolSize: 2 });
  const migrationsList = [{ name: 'jobs', class: Migration20261120020000 }];
  const orm = new MikroORM({ ...options, migrations: { ...options.migrations, migrationsList, snapshot: false } });
  await orm.migrator.up();
  await orm.close(true);
  return target.href;
}

async function query<Row extends object>(url: string, sql: string, params: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql, params)).rows;
  } finally {
    await client.end();
  }
}

async function inMongo<T>(url: string, work: (jobs: ReturnType<typeof jobsOf>) => Promise<T>): Promise<T> {
  const client = await MongoClient.connect(url);
  try {
    return await work(jobsOf(client));
  } finally {
    await client.close();
  }
}

const jobsOf = (client: MongoClient) => client.db().collection<Document & { name: string }>('agendaJobs');

/** SIGQUIT is what `pg_ctl -m immediate` sends; whoever keeps the server starts it again, and recovery takes its time. */
async function restartPostgres(url: string): Promise<void> {
  const client = new pg.Client(url);
  client.on('error', () => undefined); // it is about to be cut
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const cut = new Promise((resolve) => client.once('end', resolve));
  const status = await readFile(`/proc/${rows[0]?.pid}/status`, 'utf8');
  process.kill(Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]), 'SIGQUIT');
  await cut;
  for (let answered = false; !answered; ) {
    answered = await query(url, 'select 1').then(
      () => true,
      () => sleep(50, false),
    );
  }
}
