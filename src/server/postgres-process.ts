// The PostgreSQL server as a process: makes its cluster, finds it, starts it and stops it.
// Runs initdb and pg_ctl; speaks no SQL.

import { spawn } from 'node:child_process';
import {
  appendFile,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exists, giveTo, isAlive, publishFolder, unfinished } from './postgres-files.js';
import type { PostgresPlace } from './postgres-place.js';
import { StartRefused } from './start-refused.js';

export const SUPERUSER = 'switchboard';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  shared_buffers: '256MB',
  // After a checkpoint the first change of a page writes all of it, and leads change pages at random. Compressing them costs
  // 100 µs a page, and digests hardly shrink.
  max_wal_size: '1GB',
  wal_compression: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  // Statements and details hold people's data, which no log may keep.
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
};

const LOG_LIMIT = 4 * 1024 * 1024;
/** Somebody at a terminal waits no longer than five seconds for the whole program. */
const STOP_PATIENCE = 3_000;

/** Refuses the cluster of another PostgreSQL version, whose files ours would not read. */
export async function checkVersion(place: PostgresPlace): Promise<void> {
  const file = join(place.cluster, 'PG_VERSION');
  const version = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (version === place.majorVersion) return;
  throw new StartRefused(
    `The database in ${place.cluster} is of PostgreSQL ${version || 'an unknown version'}, and this program brings ${place.majorVersion}: ` +
      `move its data with pg_dumpall of that version, or choose another folder with DATA_DIR.`,
  );
}

/** A kill in the middle leaves a folder with another name, and no half a cluster. */
export async function makeCluster(place: PostgresPlace, password: string): Promise<void> {
  const fresh = unfinished(place.cluster);
  await mkdir(fresh, { mode: 0o700 });
  await giveTo(place.runAs, fresh);
  const passwordFile = unfinished(join(place.home, 'initial-password'));
  await writeFile(passwordFile, password, { mode: 0o600 });
  await giveTo(place.runAs, passwordFile);
  // pg_trgm and text search ask LC_CTYPE about letters, so that "C" would make them blind to Cyrillic ones.
  const locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  const { failed, output } = await run(place, place.programs.initdb, [
    ...['--pgdata', fresh, '--username', SUPERUSER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
    ...['--encoding', 'UTF8', '--locale', locale, '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'],
  ]);
  await rm(passwordFile);
  if (failed) throw new StartRefused(`PostgreSQL could not make its files in ${place.home}: ${complaint(output)}.`);
  await publishFolder(fresh, place.cluster);
}

/** The server that runs on this cluster, ready or not. */
export async function findPostmaster(place: PostgresPlace): Promise<Postmaster | undefined> {
  const lines = (await readFile(pidFile(place), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3]);
  return pid && port && (await isPostgres(pid)) ? { pid, port } : undefined;
}

/** False after an orderly stop, true while a server runs and after it was killed. */
export async function hasPidFile(place: PostgresPlace): Promise<boolean> {
  return exists(pidFile(place));
}

/** Returns the complaint when the server did not become ready. */
export async function startPostmaster(place: PostgresPlace, port: number): Promise<string | undefined> {
  await forgetReusedPid(place);
  await removeOldBinaries(place);
  await trimLog(place);
  await appendFile(place.log, '', { mode: 0o600 });
  await giveTo(place.runAs, place.log);
  const { size } = await lstat(place.log);
  const options = Object.entries({ port, ...SETTINGS }).map(([name, value]) => `-c ${name}=${value}`);
  const args = ['start', '--silent', '--wait', '--timeout=120', '--pgdata', place.cluster, '--log', place.log];
  const { failed, output } = await run(place, place.programs.pgCtl, [...args, '--options', options.join(' ')]);
  if (!failed) return undefined;
  const log = await readFile(place.log).catch(() => Buffer.alloc(0));
  return complaint(log.subarray(size).toString() || output);
}

/** Waits for this one server: pg_ctl would wait for the one that somebody else starts right after it, and then stop that. */
export async function stopPostmaster(place: PostgresPlace): Promise<void> {
  const server = await findPostmaster(place);
  // An immediate stop loses nothing either, because the next start replays the log.
  for (const mode of ['fast', 'immediate']) {
    if (!server || (await findPostmaster(place))?.pid !== server.pid) break;
    const args = ['stop', '--silent', '--no-wait', `--mode=${mode}`, '--pgdata', place.cluster];
    await run(place, place.programs.pgCtl, args);
    const deadline = Date.now() + STOP_PATIENCE;
    while (Date.now() < deadline && (await isPostgres(server.pid))) await sleep(20);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return typeof address === 'object' && address ? address.port : 0;
}

/** The server appends to its log, so that cutting it to nothing is safe at any time. */
export async function trimLog(place: PostgresPlace): Promise<void> {
  const { size } = await lstat(place.log).catch(() => ({ size: 0 }));
  if (size < LOG_LIMIT) return;
  await copyFile(place.log, `${place.log}.1`);
  await truncate(place.log);
}

export async function setAside(place: PostgresPlace): Promise<string> {
  const aside = `${place.cluster}.set-aside-${new Date().toISOString().replaceAll(':', '')}`;
  await rename(place.cluster, aside);
  return aside;
}

interface Outcome {
  readonly failed: boolean;
  readonly output: string;
}

async function run(place: PostgresPlace, program: string, args: string[]): Promise<Outcome> {
  const child = spawn(program, args, {
    cwd: place.home,
    // A process group of its own: Ctrl-C is for us, and we stop PostgreSQL last.
    detached: true,
    // Neither PG… variables nor our secrets are the server's business.
    ...(process.platform !== 'win32' && { env: { LC_ALL: 'C' } }),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...place.runAs,
  });
  let output = '';
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  return new Promise((settle) => {
    child.once('error', (error) => settle({ failed: true, output: error.message }));
    child.once('close', (code) => settle({ failed: code !== 0, output }));
  });
}

function pidFile(place: PostgresPlace): string {
  return join(place.cluster, 'postmaster.pid');
}

async function isPostgres(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return basename(commandLine.split('\0')[0] ?? '') === 'postgres';
}

/** PostgreSQL would not start while the pid of its dead server belongs to somebody else, as is usual after a reboot. */
async function forgetReusedPid(place: PostgresPlace): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile(place), 'utf8').catch(() => ''), 10);
  if (pid && isAlive(pid) && !(await isPostgres(pid))) await rm(pidFile(place), { force: true });
}

/** Only before a start: a running server still loads libraries from them. */
async function removeOldBinaries(place: PostgresPlace): Promise<void> {
  if (!place.runAs) return;
  const current = basename(dirname(dirname(place.programs.pgCtl)));
  for (const name of await readdir(place.home)) {
    const isOld = name.startsWith('binaries-') && !name.includes('.new-') && name !== current;
    if (isOld) await rm(join(place.home, name), { recursive: true, force: true });
  }
}

function complaint(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim());
  const last = (pattern: RegExp) => lines.findLast((line) => pattern.test(line));
  const worst = last(/FATAL|PANIC/) ?? last(/error/i) ?? last(/./) ?? 'it said nothing';
  return worst.replace(/^.*?(FATAL|PANIC):\s*/, '').replace(/\.$/, '');
}
