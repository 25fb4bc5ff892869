// A PostgreSQL that is one test's alone, so that it can be restarted under everybody who uses it. From dist/, as soaks run
// without a compiler.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clearPostgres } from './embedded-postgres-home.js';
import { temporaryFolder } from './program.js';

export interface OwnPostgres {
  readonly url: string;
  /** No connection is ended in order; resolves when it answers again. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const built = <Module>(name: string): Promise<Module> =>
  import(new URL(`../../dist/src/server/${name}.js`, import.meta.url).href);

export async function ownPostgres(): Promise<OwnPostgres> {
  const { preparePlace } = await built<typeof import('../../src/server/postgres-place.js')>('postgres-place');
  const { startEmbeddedPostgres } =
    await built<typeof import('../../src/server/embedded-postgres.js')>('embedded-postgres');
  const folder = temporaryFolder();
  const postgres = await startEmbeddedPostgres({ dataDir: folder.path, say: () => undefined });
  const { programs, cluster, log, runAs } = await preparePlace(folder.path);
  // It is detached, and would outlive us.
  const kill = (): void => {
    process.kill(Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10), 'SIGQUIT');
  };
  process.once('exit', kill);
  return {
    url: postgres.url,
    restart: async () => {
      const args = ['restart', '-m', 'immediate', '-w', '-D', cluster, '-l', log];
      await promisify(execFile)(programs.pgCtl, args, { ...runAs, cwd: '/' });
    },
    stop: async () => {
      process.off('exit', kill);
      await postgres.stop();
      await clearPostgres(folder.path);
      folder.remove();
    },
  };
}
