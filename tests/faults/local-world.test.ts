// The local world beside the program, as real processes: it is there first, comes back, ends last, and is never left behind.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { startGateway } from '../support/gateway.js';
import { Program, temporaryFolder, until } from '../support/program.js';

const programs: Program[] = [];
let folder: ReturnType<typeof temporaryFolder>;
let database: TestDatabase;

beforeEach(async () => {
  folder = temporaryFolder();
  database = await testDatabase();
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.end()));
  folder.remove();
  await database.drop();
});

function start(environment: Record<string, string> = {}, args: string[] = []): Program {
  const program = new Program({ DATABASE_URL: database.url, DATA_DIR: folder.path, ...environment }, args);
  programs.push(program);
  return program;
}

const admin = (environment: Record<string, string>, ...args: string[]) =>
  promisify(execFile)('node_modules/.bin/node', ['dist/src/admin.js', ...args], {
    env: { PATH: process.env.PATH ?? '', DATABASE_URL: database.url, DATA_DIR: folder.path, ...environment },
  });

const gatewayOf = async (program: Program): Promise<string> =>
  (await program.says(/Gateway +(http:\/\/127\.0\.0\.1:\d+\/gateway)\//))[1] ?? '';

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/mood`).then(
    ({ ok }) => ok,
    () => false,
  );

/** Processes of the local world that this program started. */
const worldsOf = ({ pid }: Program): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((each) => parentOf(each) === pid && textOf(`/proc/${each}/cmdline`).includes('--roles=simulators'));

const parentOf = (pid: number): number => Number(/\) \S (\d+) /.exec(textOf(`/proc/${pid}/stat`))?.[1]);
const isAlive = (pid: number): boolean => /\) [^Z]/.test(textOf(`/proc/${pid}/stat`));

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

describe('beside the program', () => {
  it('is there before it and ends with it, by one Ctrl-C and without a word', async () => {
    const program = start();
    await program.ready();
    const gateway = await gatewayOf(program);
    expect(await answers(gateway)).toBe(true);
    const [world = 0, ...more] = worldsOf(program);
    expect(more).toEqual([]);
    const said = program.output.length;
    const begun = Date.now();
    program.signalGroup('SIGINT');
    expect(await program.exited).toBe(0);
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(isAlive(world)).toBe(false);
    expect(program.output.slice(said).trim().split('\n')).toEqual([expect.stringContaining('"stopping"')]);
  }, 60_000);

  it('is not left behind when the program is killed', async () => {
    const program = start();
    await program.ready();
    const [world = 0] = worldsOf(program);
    program.signal('SIGKILL');
    await program.exited;
    await until(() => !isAlive(world), 5_000, 'it is gone');
  }, 60_000);

  it('comes back where it was when it dies, and stays away when it dies on and on', async () => {
    const program = start();
    const url = await program.ready();
    const gateway = await gatewayOf(program);
    for (let death = 1; death <= 6; death++) {
      await until(() => answers(gateway), 10_000, `it is there for its death ${death}`);
      for (const world of worldsOf(program)) process.kill(world, 'SIGKILL');
      await until(async () => !(await answers(gateway)) || death < 6, 5_000, 'it died');
    }
    await program.says(/The simulators died 6 times within a minute and stay away until the next start/);
    expect(program.output.match(/had died and are started again/g)).toHaveLength(5);
    expect(worldsOf(program)).toEqual([]);
    expect((await fetch(`${url}/livez`)).ok).toBe(true);
    await program.end();
    expect(await program.exited).toBe(0);
  }, 90_000);

  it('is not started where one runs elsewhere, and that one is used', async () => {
    const gateway = await startGateway();
    const program = start({ SIMULATORS: gateway.world, ADMIN_PASSWORD: 'correct horse battery', SAMPLE_DATA: 'on' });
    const url = await program.ready();
    expect(worldsOf(program)).toEqual([]);
    expect(await gatewayOf(program)).toBe(gateway.url);
    await until(async () => (await gateway.stats()).accepted > 0, 45_000, 'the sample mailing has begun');
    expect((await fetch(`${url}/readyz`)).ok).toBe(true);
    await program.end();
    await gateway.stop();
  }, 90_000);

  it.each([
    ['it is switched off', { SIMULATORS: 'off' }],
    ['there are providers', { MESSAGE_GATEWAY_URL: 'http://127.0.0.1:1/', IMEICHECK_TOKEN: 'live' }],
    ['nothing is sent from here', { ROLES: 'bot' }],
  ])(
    'is not started where %s',
    async (_what, environment: Record<string, string>) => {
      const program = start(environment);
      await program.ready();
      expect(worldsOf(program)).toEqual([]);
      expect(program.output).not.toContain('Gateway ');
    },
    60_000,
  );

  it.each([
    ['Gateway', 'mood', { IMEICHECK_TOKEN: 'live' }],
    ['IMEI', 'mood', { MESSAGE_GATEWAY_URL: 'http://127.0.0.1:1/' }],
  ])(
    'is there for the one provider that is not configured: %s',
    async (name, path, environment) => {
      const program = start(environment as Record<string, string>);
      await program.ready();
      const [, page = ''] = await program.says(new RegExp(`${name} +(http:\\S+)`));
      expect((await fetch(`${page}${path}`)).status).toBe(200);
      expect(program.output.match(/simulated:/g)).toHaveLength(1);
    },
    60_000,
  );
});

describe('--roles=simulators', () => {
  it('is the local world alone, needs no database, and ends at once', async () => {
    const program = start({ DATABASE_URL: '' }, ['--roles=simulators']);
    const gateway = await gatewayOf(program);
    expect((await fetch(new URL('/readyz', gateway))).ok).toBe(true);
    const begun = Date.now();
    program.signal('SIGTERM');
    expect(await program.exited).toBe(0);
    expect(Date.now() - begun).toBeLessThan(2_000);
  });

  it('goes with no other role', async () => {
    const program = start({}, ['--roles=web,simulators']);
    expect(await program.exited).toBe(2);
    expect(program.output).toContain('ROLES: simulators are a process of their own and go with no other role');
  });

  it('has nothing to do in production', async () => {
    const key = `k1:${Buffer.alloc(32, 1).toString('base64')}`;
    const program = start({ NODE_ENV: 'production', ENCRYPTION_KEYS: key }, ['--roles=simulators']);
    expect(await program.exited).toBe(0);
    expect(program.output).toBe('There is no local world in production.\n');
  });

  it('names the taken port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const program = start({ PORT: String(port) }, ['--roles=simulators']);
    expect(await program.exited).toBe(2);
    expect(program.output.trim()).toBe(`Port ${port} is taken by another program: stop it, or set PORT to a free one.`);
    taken.close();
  });
});

describe('sample data', () => {
  const environment = { SAMPLE_DATA: 'on', ADMIN_PASSWORD: 'correct horse battery' };
  const countOf = async (table: string): Promise<number> =>
    Number((await database.query<{ n: string }>(`select count(*) as n from ${table}`))[0]?.n);
  const counts = async () => ({
    clients: await countOf('client'),
    suppressions: await countOf('suppression'),
    mailings: await countOf('mailing'),
    people: await countOf('person'),
  });
  const everything = { clients: 300, suppressions: 4, mailings: 1, people: 1 };

  it('comes once, however many start at once and however often', async () => {
    const all = [
      start(environment),
      start({ ...environment, ROLES: 'web' }),
      start({ ...environment, ROLES: 'worker' }),
    ];
    await Promise.all(all.map((program) => program.ready(60_000)));
    expect(await counts()).toEqual(everything);
    await Promise.all(all.map((program) => program.end()));
    await start(environment).ready();
    expect(await counts()).toEqual(everything);
    const rows = await database.query<{ phone: string }>(`select phone from client where phone !~ '^7000[0-9]{7}$'`);
    expect(rows).toEqual([]);
  }, 120_000);

  it('is made good by the next start, where the first was killed in the middle of it', async () => {
    const first = start(environment);
    await first.ready();
    await first.end();
    // As a kill leaves it: some of it is there, and nobody yet.
    await database.query(
      'delete from token; delete from person; delete from suppression; delete from client where id > 100',
    );
    await start(environment).ready();
    expect(await counts()).toEqual(everything);
  }, 120_000);

  it('brings people and no mailing where the gateway is a real one', async () => {
    await start({ ...environment, MESSAGE_GATEWAY_URL: 'http://127.0.0.1:1' }).ready();
    expect(await counts()).toEqual({ ...everything, mailings: 0 });
    await expect(admin({ MESSAGE_GATEWAY_URL: 'http://127.0.0.1:1' }, 'sample-mailing')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not while MESSAGE_GATEWAY_URL is set'),
    });
  }, 60_000);

  it('has a mailing to watch whenever a command asks for one', async () => {
    await start(environment).ready();
    const { stdout } = await admin({}, 'sample-mailing');
    expect(stdout).not.toContain('WARN');
    const [, id] = /Mailing +(\d+) /.exec(stdout) ?? [];
    const sent = async (): Promise<boolean> =>
      Number((await database.query<{ sent: number }>(`select sent from mailing where id = ${Number(id)}`))[0]?.sent) >
      0;
    await until(sent, 30_000, 'the sample mailing sends');
  }, 60_000);
});
