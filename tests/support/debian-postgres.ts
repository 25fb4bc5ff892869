// Debian's PostgreSQL, the oldest that people really run, in a folder of its own. Only for suites of describeWithPeer('postgres').
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { freePort } from '../../src/server/postgres-process.js';
import { peerProgram } from './peers.js';
import { until } from './program.js';

export interface DebianPostgres {
  readonly port: number;
  /** The folder of its programs. */
  readonly programs: string;
  stop(): Promise<void>;
}

/** With one superuser, `switchboard`, one database of that name, and no password asked. */
export async function debianPostgres(): Promise<DebianPostgres> {
  const programs = dirname(peerProgram('postgres'));
  const folder = mkdtempSync(join(tmpdir(), 'debian-postgres-'));
  // It refuses to run as root; Debian's package has made this user.
  const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {};
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const port = await freePort();
  const run = (program: string, ...args: string[]): string =>
    execFileSync(join(programs, program), args, { ...user, cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  run('initdb', '--pgdata', data, '--username=switchboard', '--auth=trust', '--encoding=UTF8', '--no-sync');
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, '-p', String(port), '-k', folder, '-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    { ...user, cwd: folder, stdio: 'ignore' },
  );
  const connection = ['--host=127.0.0.1', `--port=${port}`, '--username=switchboard'];
  await until(() => succeeds(() => run('pg_isready', ...connection)), 20_000, "Debian's PostgreSQL is ready");
  run('createdb', ...connection, 'switchboard');
  return {
    port,
    programs,
    stop: async () => {
      server.kill('SIGQUIT');
      if (server.exitCode === null) await once(server, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const idOf = (flag: '-u' | '-g'): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

function succeeds(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}
