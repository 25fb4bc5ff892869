// How the program starts and stops as users do it: ready, told, refused in one sentence, ended in order.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { emptyDatabase } from '../support/database.js';
import { isReady, Program, temporaryFolder, until } from '../support/program.js';

const programs: Program[] = [];
const folders: { remove(): void }[] = [];

function start(environment: Record<string, string>, args: string[] = [], cwd?: string): Program {
  const program = new Program(environment, args, cwd);
  programs.push(program);
  return program;
}

function folder(): string {
  const made = temporaryFolder();
  folders.push(made);
  return made.path;
}

afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.end()));
  for (const made of folders.splice(0)) made.remove();
});

describe('a start', () => {
  it('F7: three at once on an empty database are all ready, and each migration ran once', async () => {
    const database = await emptyDatabase();
    const dataDir = folder();
    const all = [1, 2, 3].map(() => start({ DATABASE_URL: database.url, DATA_DIR: dataDir }));
    const urls = await Promise.all(all.map((program) => program.ready(60_000)));
    expect(await Promise.all(urls.map(isReady))).toEqual([true, true, true]);
    expect(all.filter(({ output }) => /Password\s+\S+/.test(output))).toHaveLength(1);
    await Promise.all(all.map((program) => program.end()));
    await database.drop();
  }, 90_000);

  it('F6: waits for a PostgreSQL that is not there yet, not ready meanwhile, and is ready soon after', async () => {
    const database = await emptyDatabase();
    const target = new URL(database.url);
    const [port, own] = [await freePort(), await freePort()];
    const program = start({
      DATABASE_URL: database.url.replace(`:${target.port}`, `:${port}`),
      DATA_DIR: folder(),
      PORT: String(own),
    });
    await program.says(/PostgreSQL is away/);
    const [livez, readyz, query] = await Promise.all(
      ['livez', 'readyz', 'graphql?query={__typename}'].map((path) => fetch(`http://127.0.0.1:${own}/${path}`)),
    );
    expect([livez?.status, readyz?.status, query?.status]).toEqual([200, 503, 503]);
    const proxy = await forward(port, Number(target.port));
    expect(await until(() => /is ready/.test(program.output), 5_000, 'ready after PostgreSQL came')).toBeLessThan(
      5_000,
    );
    await program.end();
    await new Promise((resolve) => proxy.close(resolve));
    await database.drop();
  });

  it('F3: SIGTERM makes it unready within a second and ends it in order', async () => {
    const database = await emptyDatabase();
    const program = start({ DATABASE_URL: database.url, DATA_DIR: folder() });
    await program.ready();
    const begun = Date.now();
    program.signal('SIGTERM');
    expect(await program.exited).toBe(0);
    expect(Date.now() - begun).toBeLessThan(25_000);
    await database.drop();
  });

  it('Ctrl-C ends it within 5 s, although npm tells it twice', async () => {
    const database = await emptyDatabase();
    const program = start({ DATABASE_URL: database.url, DATA_DIR: folder() });
    await program.ready();
    const begun = Date.now();
    program.signalGroup('SIGINT');
    program.signal('SIGINT');
    expect(await program.exited).toBe(0);
    expect(Date.now() - begun).toBeLessThan(5_000);
    await database.drop();
  });
});

describe('a start that cannot be', () => {
  it('names the taken port', async () => {
    const database = await emptyDatabase();
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const program = start({ DATABASE_URL: database.url, DATA_DIR: folder(), PORT: String(port) });
    expect(await program.exited).toBe(2);
    expect(program.output.trim()).toBe(`Port ${port} is taken by another program: stop it, or set PORT to a free one.`);
    taken.close();
    await database.drop();
  });

  it('names everything that is wrong in .env and the environment at once', async () => {
    const cwd = folder();
    writeFileSync(join(cwd, '.env'), 'DEFAULT_TIMEZONE=UTC+3\nTRUSTED_PROXIES=everybody\nthis is no setting\n');
    const program = start({ PORT: 'http', LOG_LEVEL: 'loud' }, ['--verbose'], cwd);
    expect(await program.exited).toBe(2);
    for (const name of ['DEFAULT_TIMEZONE', 'TRUSTED_PROXIES', '.env line 3', 'PORT', 'LOG_LEVEL', '--verbose']) {
      expect(program.output).toContain(name);
    }
  });

  it('wants keys in production', async () => {
    const program = start({ NODE_ENV: 'production', DATA_DIR: folder() });
    expect(await program.exited).toBe(2);
    expect(program.output).toContain('ENCRYPTION_KEYS');
  });

  it('refuses another key under a known name', async () => {
    const database = await emptyDatabase();
    const key = (byte: number) => `k1:${Buffer.alloc(32, byte).toString('base64')}`;
    const first = start({ DATABASE_URL: database.url, DATA_DIR: folder(), ENCRYPTION_KEYS: key(1) });
    await first.ready();
    await first.end();
    const second = start({ DATABASE_URL: database.url, DATA_DIR: folder(), ENCRYPTION_KEYS: key(2) });
    expect(await second.exited).toBe(2);
    expect(second.output).toContain('The encryption key «k1» is not the one');
    await database.drop();
  });

  it('--help tells every setting', async () => {
    const program = start({}, ['--help']);
    expect(await program.exited).toBe(0);
    expect(program.output).toContain('DATABASE_URL');
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

async function forward(from: number, to: number) {
  const { connect } = await import('node:net');
  const server = createServer((socket) => {
    const other = connect(to, '127.0.0.1');
    socket.pipe(other).pipe(socket);
    socket.on('error', () => other.destroy());
    other.on('error', () => socket.destroy());
  });
  server.listen(from, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
