// How the program starts and stops as users do it: ready, told, refused in one sentence, ended in order.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../src/server/postgres-process.js';
import { emptyDatabase, testDatabase } from '../support/database.js';
import { isReady, Program, temporaryFolder, until } from '../support/program.js';

const programs: Program[] = [];
const folders: { remove(): void }[] = [];

function start(environment: Record<string, string>, args: string[] = [], cwd?: string, on?: 'terminal'): Program {
  const program = new Program(environment, args, cwd, on);
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
    await program.says(
      new RegExp(`PostgreSQL at 127.0.0.1:${port} is unavailable \\(connection refused\\); waiting for it`),
    );
    expect(program.output).not.toContain(target.password);
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

  it('SIGTERM refused connections at once, so that no probe saw 503: it serves on for DRAIN_DELAY, and ends in order (F3)', async () => {
    const database = await emptyDatabase();
    const program = start({ DATABASE_URL: database.url, DATA_DIR: folder(), DRAIN_DELAY: '1s' });
    const url = await program.ready();
    const begun = Date.now();
    program.signal('SIGTERM');
    const probes: (number | 'refused')[] = [];
    const queries: number[] = [];
    while (probes.at(-1) !== 'refused') {
      const probe = await fetchAnew(`${url}/readyz`);
      probes.push(probe);
      if (probe === 503) queries.push((await fetchAnew(`${url}/graphql`, '{"query":"{ __typename }"}')) as number);
    }
    expect(await program.exited).toBe(0);
    const took = Date.now() - begun;
    expect(took).toBeGreaterThanOrEqual(1_000);
    expect(took).toBeLessThan(25_000);
    expect(probes.filter((status) => status === 503).length).toBeGreaterThan(1);
    // The last one may have met the end.
    expect(new Set(queries.slice(0, -1))).toEqual(new Set([200]));
    await database.drop();
  });

  it('Ctrl-C ends it within 5 s, whatever DRAIN_DELAY is, although npm tells it twice', async () => {
    const database = await emptyDatabase();
    const program = start({ DATABASE_URL: database.url, DATA_DIR: folder(), DRAIN_DELAY: '15s' });
    await program.ready();
    const begun = Date.now();
    program.signalGroup('SIGINT');
    program.signal('SIGINT');
    expect(await program.exited).toBe(0);
    expect(Date.now() - begun).toBeLessThan(5_000);
    await database.drop();
  });
});

describe('what a start says', () => {
  it('LOG_FORMAT=json let the banner into the log: every line is JSON, the one-time password is in one, and no login later', async () => {
    const database = await testDatabase();
    const environment = { DATABASE_URL: database.url, DATA_DIR: folder(), LOG_FORMAT: 'json', LOG_LEVEL: 'error' };
    const ready = async (): Promise<Record<string, unknown>> => {
      const program = start(environment);
      await program.says(/is ready"/);
      await program.end();
      return program.output
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .find(({ msg }) => /is ready/.test(String(msg))) as Record<string, unknown>;
    };
    expect(await ready()).toMatchObject({
      url: expect.stringMatching(/^http:/),
      simulators: { gateway: expect.stringMatching(/^http:/), imei: expect.stringMatching(/^http:/) },
      login: 'admin',
      password: expect.stringMatching(/^\S{12,}$/),
    });
    const later = await ready();
    expect(later).not.toHaveProperty('login');
    expect(later).not.toHaveProperty('password');
    await database.drop();
  });

  it('on a terminal requests pushed the banner away, later starts named no login, and simulators moved', async () => {
    const database = await testDatabase();
    const own = await freePort();
    const usual = own + (own > 55_535 ? -10_000 : 10_000);
    const environment = { DATABASE_URL: database.url, DATA_DIR: folder(), PORT: String(own) };
    const taken = createServer().listen(usual, '127.0.0.1');
    await once(taken, 'listening');
    const first = start(environment);
    await first.ready();
    expect(first.output).toContain(`Port ${usual}, where the simulators usually are, is taken`);
    await first.end();
    taken.close();
    await once(taken, 'close');

    const later = start(environment, [], undefined, 'terminal');
    const url = await later.ready();
    await later.says(/Stop it with Ctrl-C/);
    expect(later.output).toMatch(/Login +admin +\(a new password: npm run admin -- reset admin\)/);
    expect(later.output).toMatch(new RegExp(`Gateway +http://127.0.0.1:${usual}/gateway/`));
    for (let i = 0; i < 5; i++) await fetch(`${url}/graphql?query={__typename}`);
    later.type('\x03');
    await later.exited;
    expect(later.output).toContain('stopping');
    expect(later.output).not.toMatch(/\brequest\b/);
    await database.drop();
  });

  it('a misspelt name in .env went unnoticed: it is told, with the one that was probably meant', async () => {
    const cwd = folder();
    const names = [
      'MESSAGE_GATWAY_URL=http://127.0.0.1:1',
      'LOGLEVEL=info',
      'FAVOURITE_COLOUR=blue',
      'POSTGRES_PASSWORD=secret',
    ];
    writeFileSync(join(cwd, '.env'), `${names.join('\n')}\nROLES=simulators\n`);
    const program = start({}, [], cwd);
    await program.says(/The local world is ready/);
    await program.end();
    const told = program.output
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as { level: number; msg: string }] : []));
    expect(told.filter(({ level }) => level === 40).map(({ msg }) => msg)).toEqual([
      '.env: MESSAGE_GATWAY_URL is not a setting and is ignored; did you mean MESSAGE_GATEWAY_URL?',
      '.env: LOGLEVEL is not a setting and is ignored; did you mean LOG_LEVEL?',
      '.env: FAVOURITE_COLOUR is not a setting and is ignored.',
    ]);

    writeFileSync(join(cwd, '.env'), 'NODE_ENV=production\nENCRYPTION_KEY=k1:x\n');
    const refused = start({}, [], cwd);
    expect(await refused.exited).toBe(2);
    expect(refused.output).toContain('ENCRYPTION_KEYS: required in production');
    expect(refused.output).toContain('did you mean ENCRYPTION_KEYS?');
  });
});

describe('a start without a usable database', () => {
  it('a wrong password, an unknown user or a missing database ended it with a stack trace and status 1: it is one sentence and status 2', async () => {
    const refusedPassword = (user: string): string =>
      `refuses the password of the user «${user}»: set the right one in DATABASE_URL.`;
    const wrong = [
      [{ password: 'wrong' }, refusedPassword('switchboard')],
      [{ password: '' }, refusedPassword('switchboard')],
      [{ username: 'nobody_here' }, refusedPassword('nobody_here')],
      [
        { pathname: '/not_there' },
        'has no database «not_there»: create it, or set the name of another one in DATABASE_URL.',
      ],
    ] as const;
    const dataDir = folder();
    const told = wrong.map(async ([change]) => {
      const { href } = Object.assign(new URL(process.env.TEST_POSTGRES_URL ?? ''), change);
      const program = start({ DATABASE_URL: href, DATA_DIR: dataDir, SIMULATORS: 'off', LOG_LEVEL: 'error' });
      return [await program.exited, program.output];
    });
    const { host } = new URL(process.env.TEST_POSTGRES_URL ?? '');
    expect(await Promise.all(told)).toEqual(wrong.map(([, says]) => [2, `PostgreSQL at ${host} ${says}\n`]));
  });

  it('a server that is read-only was taken for a fault of ours: it is waited for', async () => {
    const database = await emptyDatabase();
    const name = new URL(database.url).pathname.slice(1);
    const admin = new pg.Client({ connectionString: database.url, options: '-c default_transaction_read_only=off' });
    await admin.connect();
    await admin.query(`alter database ${name} set default_transaction_read_only = on`);
    const program = start({ DATABASE_URL: database.url, DATA_DIR: folder() });
    await program.says(/PostgreSQL at 127\.0\.0\.1:\d+ is unavailable \(it is read-only\); waiting for it/);
    await admin.query(`alter database ${name} reset default_transaction_read_only`);
    await admin.end();
    await program.ready();
    expect(program.output).toMatch(/PostgreSQL at 127\.0\.0\.1:\d+ is back/);
    await program.end();
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

/** Over a connection of its own, as probes come. */
function fetchAnew(url: string, body?: string): Promise<number | 'refused'> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    const asked = request(url, { method, agent: false, headers: { 'content-type': 'application/json' } }, (answer) => {
      answer.resume().once('close', () => resolve(answer.statusCode ?? 0));
    });
    asked.once('error', () => resolve('refused'));
    asked.end(body);
  });
}

async function forward(from: number, to: number) {
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
