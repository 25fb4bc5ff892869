// The one connection to the embedded PostgreSQL by which a program reaches it and owns it.
// Starts the server when none runs on the cluster; an advisory lock says whose it is.

import { setTimeout as sleep } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { isAlive } from './postgres-files.js';
import type { PostgresPlace } from './postgres-place.js';
import { findPostmaster, freePort, SUPERUSER, startPostmaster } from './postgres-process.js';
import { StartRefused } from './start-refused.js';

export interface Access {
  readonly place: PostgresPlace;
  readonly password: string;
  say(message: string): void;
}

export interface Reached {
  readonly connection: Client;
  readonly port: number;
  /** It ran already. */
  readonly adopted: boolean;
}

const DATABASE = 'switchboard';
const OWNER = 'switchboard-owner:';
const OWNER_LOCK = 739_846_251;

/** Replaying the log of a crash takes seconds, a stop that another program ordered some more. */
const PATIENCE = 120_000;
/** Long enough for the last processes of a killed server to let go of its memory. */
const START_PATIENCE = 4_000;

export function urlOf({ password }: Access, port: number, database = DATABASE): string {
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}?sslmode=disable`;
}

export async function reach(access: Access): Promise<Reached> {
  const { place, say } = access;
  const begun = Date.now();
  let adopted = true;
  let told = false;
  while (Date.now() < begun + PATIENCE) {
    const running = await findPostmaster(place);
    const connection = running && (await connect(access, running.port));
    if (connection) return { connection, port: running.port, adopted };
    if (running) {
      if (!told && Date.now() > begun + 2_000) say('PostgreSQL is still starting or stopping; waiting for it …');
      told ||= Date.now() > begun + 2_000;
    } else {
      adopted = false;
      const complaint = await startPostmaster(place, await freePort());
      if (!complaint) continue;
      if (Date.now() > begun + START_PATIENCE)
        throw new StartRefused(`PostgreSQL did not start: ${complaint} (${place.log} has more).`);
    }
    await sleep(50);
  }
  throw new StartRefused(`PostgreSQL in ${place.home} does not answer: look into ${place.log}.`);
}

/** Nothing while the server is not ready to answer. */
export async function connect(access: Access, port: number, database = DATABASE): Promise<Client | undefined> {
  const client = new Client({
    connectionString: urlOf(access, port, database),
    application_name: `${OWNER}${process.pid}`,
    connectionTimeoutMillis: 5_000,
  });
  // A connection that breaks ends as well, and its end is what is acted upon.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    const code = error instanceof DatabaseError ? error.code : undefined;
    if (code === '3D000' && database === DATABASE) return createDatabase(access, port);
    if (code?.startsWith('28'))
      throw new StartRefused(`The embedded PostgreSQL of ${access.place.dataDir} refuses the password kept there.`);
    return undefined;
  }
}

/** Takes the server for this program, or says who has it. */
export async function claim(connection: Client, place: PostgresPlace): Promise<StartRefused | undefined> {
  const patience = Date.now() + 5_000;
  for (;;) {
    const { rows } = await connection.query<{ taken: boolean }>('select pg_try_advisory_lock($1) as taken', [
      OWNER_LOCK,
    ]);
    if (rows[0]?.taken) return undefined;
    const owner = await findOwner(connection);
    // Of a dead owner the server may not have heard yet.
    if ((owner && isAlive(owner)) || Date.now() > patience) return inUse(place, owner);
    await sleep(50);
  }
}

async function findOwner(connection: Client): Promise<number> {
  const { rows } = await connection.query<{ name: string }>(
    `select activity.application_name as name
       from pg_locks lock join pg_stat_activity activity using (pid)
      where lock.locktype = 'advisory' and lock.granted and lock.classid = 0 and lock.objid = $1`,
    [OWNER_LOCK],
  );
  return Number(rows[0]?.name.slice(OWNER.length)) || 0;
}

function inUse({ dataDir }: PostgresPlace, owner: number): StartRefused {
  const who = owner ? `another program (process ${owner})` : 'another program';
  return new StartRefused(
    `The data folder ${dataDir} is in use by ${who}: stop that one first, or choose another folder with DATA_DIR.`,
  );
}

async function createDatabase(access: Access, port: number): Promise<Client | undefined> {
  const client = await connect(access, port, 'postgres');
  // It fails when another program was quicker, which is as good.
  await client?.query(`create database ${DATABASE}`).catch(() => undefined);
  await client?.end();
  return undefined;
}
