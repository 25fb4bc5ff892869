// What the folders of the embedded PostgreSQL are handled with: complete under another name first, then in their place.
// Talks to the file system only.

import { randomBytes } from 'node:crypto';
import type { Dirent } from 'node:fs';
import {
  constants,
  copyFile,
  lchown,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
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

/** Removes what a killed program left unfinished. */
export async function sweep(home: string): Promise<void> {
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
    return codeOf(error) === 'EPERM';
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

/** Side by side, and so three times as fast as cp() of node:fs, for which a first start would wait a second. */
export async function copyTree(from: string, to: string): Promise<void> {
  await mkdir(to, { mode: (await stat(from)).mode });
  const copyEntry = async (entry: Dirent): Promise<void> => {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) return copyTree(source, target);
    if (entry.isSymbolicLink()) return symlink(await readlink(source), target);
    if (!entry.name.endsWith('.a')) await copyFile(source, target, constants.COPYFILE_FICLONE);
  };
  await Promise.all((await readdir(from, { withFileTypes: true })).map(copyEntry));
}

export async function replaceFile(path: string, content: string): Promise<void> {
  const complete = unfinished(path);
  await writeFile(complete, content);
  await rename(complete, path);
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
