// Everything that does a batch of IMEI checks for real: a PostgreSQL of its own, the simulated provider, a process that answers clients
// and one that works and may be killed. For fault tests and soaks: Node runs it as it stands.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { endPool } from './end-pool.js';
import { startImeiProvider, type TestImeiProvider } from './imei-provider.js';
import { type OwnPostgres, ownPostgres } from './own-postgres.js';
import { Program, temporaryFolder } from './program.js';
import type { Client } from './server.js';

const password = 'a password for one run';

interface Parts {
  readonly postgres: OwnPostgres;
  readonly provider: TestImeiProvider;
  readonly settings: Readonly<Record<string, string>>;
}

export class ImeiBatchStage implements AsyncDisposable {
  url = '';
  readonly provider: TestImeiProvider;
  readonly #parts: Parts;
  readonly #folder = temporaryFolder();
  readonly #pool: pg.Pool;
  #token = '';
  #programs: Program[] = [];

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.provider = parts.provider;
    this.#pool = new pg.Pool({ connectionString: parts.postgres.url, max: 2 });
    process.once('exit', this.#killAll);
  }

  static async open(settings: Readonly<Record<string, string>>): Promise<ImeiBatchStage> {
    const [postgres, provider] = await Promise.all([ownPostgres(), startImeiProvider()]);
    const stage = new ImeiBatchStage({ postgres, provider, settings });
    try {
      stage.url = await stage.#start('web').ready(30_000);
      await stage.startWorker();
      await stage.#signIn();
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The first admin. */
  get client(): Client {
    const headers = { authorization: `Bearer ${this.#token}` };
    return {
      accessToken: this.#token,
      fetch: (path, init = {}) =>
        fetch(`${this.url}${path}`, {
          ...init,
          headers: { ...headers, ...Object.fromEntries(new Headers(init.headers)) },
        }),
      graphql: async (query, variables = {}) => {
        const answer = await fetch(`${this.url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(this.#token ? headers : {}) },
          body: JSON.stringify({ query, variables }),
        });
        return { status: answer.status, ...((await answer.json()) as object) };
      },
    };
  }

  async startWorker(): Promise<void> {
    await this.#start('worker').ready(30_000);
  }

  /** kill -9. */
  async killWorker(): Promise<void> {
    const worker = this.#programs.pop();
    worker?.signal('SIGKILL');
    await worker?.exited;
  }

  async query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#pool.query<Row>(sql, [...values])).rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.end()));
    await endPool(this.#pool);
    await this.provider.stop();
    await this.#parts.postgres.stop();
    this.#folder.remove();
    process.off('exit', this.#killAll);
  }

  #start(roles: string): Program {
    const { postgres, settings } = this.#parts;
    const program = new Program({
      ...{ DATABASE_URL: postgres.url, DATA_DIR: this.#folder.path, ADMIN_PASSWORD: password, ROLES: roles },
      ...{ IMEICHECK_URL: this.provider.url, IMEICHECK_TOKEN: 'test', SIMULATORS: 'off', SAMPLE_DATA: 'off' },
      ...{ REQUESTS_PER_MINUTE: '1000000', USER_REQUESTS_PER_MINUTE: '1000000', IMEI_CHECKS_PER_DAY: '1000000' },
      ...{ LOG_LEVEL: 'error', ENCRYPTION_KEYS: this.#keys },
      ...settings,
    });
    this.#programs.push(program);
    return program;
  }

  readonly #keys = `k1:${randomBytes(32).toString('base64')}`;

  async #signIn(): Promise<void> {
    const { data, errors } = await this.client.graphql<{ signIn: { accessToken: string } }>(
      'mutation ($password: String!) { signIn(login: "admin", password: $password) { accessToken } }',
      { password },
    );
    if (!data) throw new Error(`signIn: ${JSON.stringify(errors)}`);
    this.#token = data.signIn.accessToken;
  }

  readonly #killAll = (): void => {
    for (const program of this.#programs) program.signal('SIGKILL');
  };
}
