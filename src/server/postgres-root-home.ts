// Where the database lives when root starts the program: PostgreSQL refuses to run as root, and its system user cannot enter a
// private folder. So the database has a folder in /var/lib, and `postgres` in the data folder is a link to it.
// Talks to the file system only.

import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readdir, readFile, readlink, realpath, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, copyTree, exists, giveTo, replaceFile, type UserIds, unfinished } from './postgres-files.js';
import { StartRefused } from './start-refused.js';

const HOMES = '/var/lib';
const PREFIX = 'switchboard-';

interface RootPlace {
  /** The data folder. */
  readonly folder: string;
  /** `postgres` in it: the link. */
  readonly link: string;
  readonly owner: UserIds;
}

/** The folder of this data folder's database; made on the first start, found again when the data folder was moved. */
export async function rootHome(folder: string, owner: UserIds): Promise<string> {
  const place: RootPlace = { folder, link: join(folder, 'postgres'), owner };
  const found = await lstat(place.link).catch(() => undefined);
  if (found?.isSymbolicLink()) return linkedHome(place);
  if (found) return movedOut(place);
  return (await exists(join(folder, 'postgres-password'))) ? homeWithoutLink(place) : newHome(place);
}

/** Folders with the databases of data folders that stood at this path before. */
export async function earlierHomes(folder: string, home: string): Promise<string[]> {
  const homes = await homesOf((owner) => owner === folder);
  return homes.filter((other) => other !== home);
}

/** The data folder may have been moved since; a copy of it would share the database with the original. */
async function linkedHome({ folder, link }: RootPlace): Promise<string> {
  const home = await readlink(link);
  if (!(await exists(home))) {
    throw new StartRefused(
      `The database of ${folder} was in ${home}, which is gone: put it back from a backup, or remove ${link} and ${join(folder, 'postgres-password')} to begin with an empty one.`,
    );
  }
  const owner = await ownerOf(home);
  if (owner !== folder && owner && (await linksTo(owner, home))) {
    throw new StartRefused(
      `${folder} is a copy of ${owner}, and both name the database in ${home}: to copy a database, restore its backup into ${folder} as docs/OPERATIONS.md says.`,
    );
  }
  if (owner !== folder) await replaceFile(join(home, 'belongs-to'), `${folder}\n`);
  return home;
}

/** A backup that was put back holds the database itself, where the link was. */
async function movedOut(place: RootPlace): Promise<string> {
  const home = await makeHome(place.folder);
  const restored = join(place.link, 'data');
  if (await exists(restored)) {
    const complete = unfinished(join(home, 'data'));
    await copyTree(restored, complete);
    // A server may still run for the original, and is not this one's.
    await rm(join(complete, 'postmaster.pid'), { force: true });
    await giveTo(place.owner, complete);
    await rename(complete, join(home, 'data'));
  }
  const aside = unfinished(place.link);
  await rename(place.link, aside);
  const linked = await linkTo(place, home);
  await rm(aside, { recursive: true });
  return linked;
}

/** As releases before the link left it, or as a crash did while the link was made. */
async function homeWithoutLink(place: RootPlace): Promise<string> {
  const { folder, link } = place;
  const own = await homesOf((owner) => owner === folder);
  if (own[0] && own.length === 1) return linkTo(place, own[0]);
  const [perhaps, ...others] = own.length > 0 ? own : await homesOf(async (owner) => !(await exists(owner)));
  const hint = perhaps ? `link it with "ln -s ${perhaps} ${link}"` : 'put it back from a backup';
  const choice = others.length > 0 ? ` (it may also be ${others.join(', ')})` : '';
  throw new StartRefused(
    `The database of ${folder} is not there: ${hint}${choice}, or remove ${join(folder, 'postgres-password')} to begin with an empty one.`,
  );
}

async function newHome(place: RootPlace): Promise<string> {
  return linkTo(place, await makeHome(place.folder));
}

async function makeHome(folder: string): Promise<string> {
  const home = join(HOMES, `${PREFIX}${randomBytes(6).toString('hex')}`);
  await mkdir(home, { mode: 0o755 });
  // Root's own, but open: in a folder of the server's user, root's writing could be led elsewhere by links.
  await chmod(home, 0o755);
  await replaceFile(join(home, 'belongs-to'), `${folder}\n`);
  return home;
}

/** Of two first starts at once, the second takes the first one's. */
async function linkTo({ folder, link }: RootPlace, home: string): Promise<string> {
  try {
    await symlink(home, link);
    return home;
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const first = await readlink(link);
    if (first !== home && (await ownerOf(home)) === folder) await rm(home, { recursive: true });
    return first;
  }
}

const ownerOf = async (home: string): Promise<string> =>
  (await readFile(join(home, 'belongs-to'), 'utf8').catch(() => '')).trim();

async function linksTo(folder: string, home: string): Promise<boolean> {
  const target = await realpath(join(folder, 'postgres')).catch(() => undefined);
  return target !== undefined && target === (await realpath(home));
}

async function homesOf(isTheirs: (owner: string) => boolean | Promise<boolean>): Promise<string[]> {
  const names = (await readdir(HOMES)).filter((name) => name.startsWith(PREFIX));
  const found = await Promise.all(
    names.map(async (name) => {
      const owner = await ownerOf(join(HOMES, name));
      return owner !== '' && (await isTheirs(owner)) ? [join(HOMES, name)] : [];
    }),
  );
  return found.flat();
}
