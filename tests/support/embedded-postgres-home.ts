// Data folders for tests of the embedded PostgreSQL: given by callback, and gone afterwards with every process they had.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const COMPILED = 'dist/src';
const PROGRAM = 'tests/support/embedded-postgres-program.mjs';

export interface Ready {
  readonly url: string;
  readonly adopted: boolean;
}

interface Told {
  readonly said?: string;
  readonly ready?: Ready;
  readonly refused?: string;
}

/** A program of its own process group that lives on the embedded PostgreSQL. */
export class Program {
  readonly said: string[] = [];
  readonly exited: Promise<number | null>;
  readonly outcome: Promise<Told>;
  readonly #child: ChildProcess;

  constructor(dataDir: string, role: 'owner' | 'visitor') {
    const child = spawn('node_modules/.bin/node', [PROGRAM, COMPILED, dataDir, role], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    this.exited = new Promise((resolve) => child.once('exit', resolve));
    this.outcome = this.#listen(child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async ready(): Promise<Ready> {
    const { ready, refused } = await this.outcome;
    if (!ready) throw new Error(`not ready: ${refused ?? 'the program ended'}`);
    return ready;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.exited;
  }

  async #listen({ stdout }: ChildProcess): Promise<Told> {
    if (!stdout) return {};
    const lines = createInterface(stdout);
    const outcome = new Promise<Told>((resolve) => {
      lines.on('line', (line) => {
        const told: Told = JSON.parse(line);
        if (told.said) this.said.push(told.said);
        else resolve(told);
      });
      lines.once('close', () => resolve({}));
    });
    return outcome;
  }
}

export interface Home {
  readonly dataDir: string;
  /** The folder that may be moved, with the data folder in it. */
  readonly root: string;
  start(role?: 'owner' | 'visitor', folder?: string): Program;
  /** The folder with the cluster and the server's log, wherever it is. */
  folder(): Promise<string>;
  postmaster(): Promise<number>;
}

export async function withHome(work: (home: Home) => Promise<void>): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'switchboard-'));
  const dataDir = join(root, '.data');
  const programs: Program[] = [];
  const home: Home = {
    dataDir,
    root,
    start: (role = 'owner', folder = dataDir) => {
      const program = new Program(folder, role);
      programs.push(program);
      return program;
    },
    folder: () => folderOf(dataDir),
    postmaster: async () => postmasterIn(await folderOf(dataDir)),
  };
  try {
    await work(home);
  } finally {
    await Promise.all(programs.map((program) => program.end('SIGKILL')));
    await clearPostgres(dataDir);
    await rm(root, { recursive: true, force: true });
  }
}

export async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
  const client = new Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The work's result as soon as it succeeds. */
export async function eventually<Result>(milliseconds: number, work: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + milliseconds;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(25);
    }
  }
}

export async function isRunning(pid: number): Promise<boolean> {
  // A killed process that nobody has waited for has no command line any more.
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) !== '';
}

/** Stops the servers of a data folder and removes what they have outside of that folder. */
export async function clearPostgres(dataDir: string): Promise<void> {
  for (const folder of new Set([await folderOf(dataDir), ...(await rootHomesOf(dataDir))])) {
    const pid = await postmasterIn(folder);
    if (pid && (await isRunning(pid))) {
      process.kill(pid, 'SIGQUIT');
      await eventually(10_000, async () => {
        if (await isRunning(pid)) throw new Error(`PostgreSQL (process ${pid}) does not stop`);
      });
    }
    if (folder.startsWith('/var/lib/')) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** As root, `postgres` in the data folder is a link. */
async function folderOf(dataDir: string): Promise<string> {
  const inside = join(dataDir, 'postgres');
  return readlink(inside).catch(() => inside);
}

export async function rootHomesOf(dataDir: string): Promise<string[]> {
  const names = (await readdir('/var/lib')).filter((name) => name.startsWith('switchboard-'));
  const owners = await Promise.all(
    names.map((name) => readFile(`/var/lib/${name}/belongs-to`, 'utf8').catch(() => '')),
  );
  return names.filter((_, index) => owners[index]?.trim() === dataDir).map((name) => `/var/lib/${name}`);
}

async function postmasterIn(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8').catch(() => '0'), 10);
}
