// The PostgreSQL that comes with the program: started or adopted, held for one program, kept alive, stopped last.
// Talks to its files, its process and its one connection; knows nothing of what is stored in it.

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { type Access, claim, connect, reach, urlOf } from './postgres-connection.js';
import { exists } from './postgres-files.js';
import { PostgresKeeper } from './postgres-keeper.js';
import { hasPassword, type PostgresPlace, preparePlace, readOrMakePassword } from './postgres-place.js';
import { checkVersion, findPostmaster, makeCluster, setAside, stopPostmaster } from './postgres-process.js';
import { earlierHomes } from './postgres-root-home.js';
import { StartRefused } from './start-refused.js';

/** Milliseconds. */
const ownersTurn = 1_000;

export interface EmbeddedPostgres {
  readonly url: string;
  /** It ran already: a crash had left it behind, or, for a visitor, its owner is at work. */
  readonly adopted: boolean;
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  say(message: string): void;
  /** False for a visitor: it uses what runs, and stops only what it had to start. */
  readonly own?: boolean;
}

export async function startEmbeddedPostgres({
  dataDir,
  say,
  own = true,
}: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const place = await preparePlace(dataDir);
  const access: Access = { place, password: await prepareCluster(place, say), say };
  const { connection, port, adopted } = await reach(access);
  const url = urlOf(access, port);
  if (!own) {
    await connection.end();
    return { url, adopted, stop: async () => (adopted ? undefined : stopUnlessOwned(access, port)) };
  }
  if (adopted) await leaveToItsOwner(connection);
  const refusal = await claim(connection, place);
  if (refusal) {
    await connection.end();
    throw refusal;
  }
  const keeper = new PostgresKeeper(access, port, connection);
  return { url, adopted, stop: () => keeper.stop() };
}

/** A server that has just come up may have been started again by its owner, who is about to take it back. */
async function leaveToItsOwner(connection: Client): Promise<void> {
  const { rows } = await connection.query<{ age: number }>(
    'select (extract(epoch from clock_timestamp() - pg_postmaster_start_time()) * 1000)::float as age',
  );
  await sleep(Math.max(0, ownersTurn - (rows[0]?.age ?? 0)));
}

async function prepareCluster(place: PostgresPlace, say: Access['say']): Promise<string> {
  // In this order, because a password is always there before its cluster.
  if (!(await hasPassword(place))) await leaveEarlierClusters(place, say);
  const password = await readOrMakePassword(place);
  if (!(await exists(place.cluster))) {
    say('Making the database …');
    await makeCluster(place, password);
  }
  await checkVersion(place);
  return password;
}

/** A user who deletes the data folder means to begin anew, but a database is never thrown away. */
async function leaveEarlierClusters(place: PostgresPlace, say: Access['say']): Promise<void> {
  const earlier = place.home.startsWith(place.dataDir) ? [] : await earlierHomes(place.dataDir, place.home);
  for (const home of earlier) {
    const cluster = join(home, 'data');
    await refuseWhileItRuns({ ...place, cluster });
    if (await exists(cluster)) say(`The database of an earlier ${place.dataDir} stays in ${cluster}.`);
  }
  if (!(await exists(place.cluster))) return;
  await refuseWhileItRuns(place);
  say(`The database of an earlier ${place.dataDir} was set aside: ${await setAside(place)}`);
}

async function refuseWhileItRuns(place: PostgresPlace): Promise<void> {
  const running = await findPostmaster(place);
  if (!running) return;
  throw new StartRefused(
    `PostgreSQL (process ${running.pid}) still runs for an earlier ${place.dataDir}: stop the program that uses it, or end it with "kill ${running.pid}".`,
  );
}

async function stopUnlessOwned(access: Access, port: number): Promise<void> {
  const connection = await connect(access, port);
  if (connection && !(await claim(connection, access.place))) await stopPostmaster(access.place);
  await connection?.end();
}
