// Everything that sends a mailing for real, against a database and a gateway that are given: the program's web and worker
// processes, clients in the table, and somebody who asks over GraphQL. For fault tests, soaks and benches alike.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { endPool } from './end-pool.js';
import { Program, temporaryFolder, until } from './program.js';

export interface StageOptions {
  readonly databaseUrl: string;
  readonly gatewayUrl: string;
  readonly workers?: number;
  /** For the web and for the workers. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface NewMailing {
  readonly text: string;
  readonly tag: string;
  readonly startsAt?: Date;
  readonly endsAt?: Date;
  readonly rateLimit?: number;
  readonly onUncertain?: 'RETRY' | 'HOLD';
}

export interface Counters {
  readonly planned: number;
  readonly queued: number;
  readonly sending: number;
  readonly sent: number;
  readonly failed: number;
  readonly expired: number;
  readonly cancelled: number;
  readonly suppressed: number;
  readonly uncertain: number;
  readonly attempts: number;
}

/** As it stands in its row, with moments in milliseconds. */
export interface MailingNow extends Counters {
  readonly status: string;
  readonly now: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly plannedAt: number | null;
}

const password = 'a password for one run';

/** What a rate limit counts is not what these processes are for; none is switched off. */
const usual = {
  NODE_ENV: 'production',
  EGRESS_ALLOW_CIDR: '127.0.0.0/8',
  ADMIN_PASSWORD: password,
  LOG_LEVEL: 'error',
  MESSAGE_GATEWAY_TOKEN: 'a token that the gateway does not look at',
  REQUESTS_PER_MINUTE: '1000000',
  USER_REQUESTS_PER_MINUTE: '1000000',
};

export class MailingStage {
  readonly workers: Program[] = [];
  webUrl = '';
  token = '';
  readonly #folder = temporaryFolder();
  readonly #keys = `k1:${randomBytes(32).toString('base64')}`;
  readonly #pool: pg.Pool;
  readonly #ended: Program[] = [];
  #web: Program | undefined;
  #phones = 79_000_000_000;

  private readonly options: StageOptions;

  private constructor(options: StageOptions) {
    this.options = options;
    this.#pool = new pg.Pool({ connectionString: options.databaseUrl, max: 4 });
    this.#pool.on('error', () => undefined); // PostgreSQL may be restarted under it
    process.once('exit', this.#killAll);
  }

  /** All are ready, or all are gone. */
  static async open(options: StageOptions): Promise<MailingStage> {
    const stage = new MailingStage(options);
    try {
      await stage.#start();
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  get web(): Program {
    if (!this.#web) throw new Error('the stage is not open');
    return this.#web;
  }

  async startWorker(): Promise<Program> {
    // As docker-compose.yml starts it.
    const worker = new Program(
      { ...this.#settings(), NODE_OPTIONS: '--max-old-space-size=400 --max-semi-space-size=16' },
      ['--roles=worker'],
    );
    this.workers.push(worker);
    await worker.ready(30_000);
    return worker;
  }

  /** kill -9; somebody else may start another. */
  async killWorker(worker: Program): Promise<void> {
    this.workers.splice(this.workers.indexOf(worker), 1);
    this.#ended.push(worker);
    worker.signal('SIGKILL');
    await worker.exited;
  }

  /** Straight into the table: what brings people in otherwise is tested elsewhere. */
  async addClients(count: number, tag: string): Promise<void> {
    await this.query(
      `insert into client (phone, operator_code, tag, timezone)
       select ($1::bigint + n)::text, '900', $2, 'Europe/Moscow' from generate_series(1, $3::int) n`,
      [this.#phones, tag, count],
    );
    this.#phones += count;
    await this.query('analyze client');
  }

  async createMailing({ tag, ...given }: NewMailing): Promise<string> {
    const input = { endsAt: new Date(Date.now() + 3_600_000), filter: { tags: [tag] }, ...given };
    const { createMailing } = await this.graphql<{ createMailing: { id: string } }>(
      'mutation ($input: CreateMailingInput!) { createMailing(input: $input) { id } }',
      { input },
    );
    return createMailing.id;
  }

  async graphql<Data>(query: string, variables: object = {}): Promise<Data> {
    const response = await fetch(`${this.webUrl}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
    if (!data || errors) throw new Error(`${query}: ${JSON.stringify(errors)}`);
    return data;
  }

  /** Waits for a PostgreSQL that is being restarted. */
  async query<Row extends object>(sql: string, params: readonly unknown[] = []): Promise<Row[]> {
    for (let attempt = 0; ; attempt++) {
      try {
        return (await this.#pool.query<Row>(sql, [...params])).rows;
      } catch (error) {
        if (!isAway(error) || attempt > 300) throw error;
        await sleep(100);
      }
    }
  }

  async mailing(id: string): Promise<MailingNow> {
    const [row] = await this.query<MailingNow>(mailingNow, [id]);
    if (!row) throw new Error(`there is no mailing ${id}`);
    return row;
  }

  /** What its messages say, counted one by one. */
  async counted(id: string): Promise<Record<string, number>> {
    const rows = await this.query<{ status: string; n: number }>(
      'select lower(status) as status, count(*)::int as n from message where mailing_id = $1 group by status',
      [id],
    );
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  }

  async messageIds(mailing: string, status: string | null = null): Promise<string[]> {
    const rows = await this.query<{ id: string }>(
      'select id from message where mailing_id = $1 and ($2::text is null or status = $2)',
      [mailing, status],
    );
    return rows.map(({ id }) => id);
  }

  async planned(id: string, withinMs: number): Promise<MailingNow> {
    return this.#once(id, withinMs, ({ plannedAt }) => plannedAt !== null);
  }

  async reached(id: string, sent: number, withinMs: number): Promise<MailingNow> {
    return this.#once(id, withinMs, (now) => now.sent >= sent);
  }

  /** Everybody planned, nothing waiting, nothing under way. */
  async over(id: string, withinMs: number): Promise<MailingNow> {
    return this.#once(id, withinMs, ({ plannedAt, queued, sending }) => plannedAt !== null && queued + sending === 0);
  }

  /** And it says so: a tick may have to look. */
  async finished(id: string, withinMs: number): Promise<MailingNow> {
    return this.#once(id, withinMs, ({ finishedAt, queued, sending }) => finishedAt !== null && queued + sending === 0);
  }

  async close(): Promise<void> {
    await Promise.all(this.#running().map((program) => program.end()));
    process.off('exit', this.#killAll);
    await endPool(this.#pool);
    this.#folder.remove();
  }

  async #once(id: string, withinMs: number, isSo: (now: MailingNow) => boolean): Promise<MailingNow> {
    let seen = await this.mailing(id);
    const look = async (): Promise<boolean> => {
      seen = await this.mailing(id);
      return isSo(seen);
    };
    await until(look, withinMs, `the end of mailing ${id}`).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(seen)}${this.#saidSo()}`);
    });
    return seen;
  }

  async #start(): Promise<void> {
    this.#web = new Program(this.#settings(), ['--roles=web']);
    // It migrates and makes the administrator; workers that come with it would only wait.
    this.webUrl = await this.#web.ready(60_000);
    await Promise.all(Array.from({ length: this.options.workers ?? 1 }, () => this.startWorker()));
    const { signIn } = await this.graphql<{ signIn: { accessToken: string } }>(
      'mutation ($password: String!) { signIn(login: "admin", password: $password) { accessToken } }',
      { password },
    );
    this.token = signIn.accessToken;
    // A session ends in ten minutes; a run may not.
    const { createApiToken } = await this.graphql<{ createApiToken: { secret: string } }>(
      'mutation { createApiToken(name: "stage", scopes: [MAILINGS, READ]) { secret } }',
    );
    this.token = createApiToken.secret;
  }

  /** They are no children of the terminal's, and would outlive us. */
  readonly #killAll = (): void => {
    for (const program of this.#running()) program.signal('SIGKILL');
  };

  #running(): Program[] {
    return [...this.workers, ...(this.#web ? [this.#web] : [])].filter(({ isRunning }) => isRunning);
  }

  #settings(): Record<string, string> {
    return {
      ...usual,
      ENCRYPTION_KEYS: this.#keys,
      DATABASE_URL: this.options.databaseUrl,
      DATA_DIR: this.#folder.path,
      MESSAGE_GATEWAY_URL: this.options.gatewayUrl,
      ...this.options.settings,
    };
  }

  #saidSo(): string {
    return [...this.#running(), ...this.#ended].map(({ output }) => output.slice(-2_000)).join('\n--\n');
  }
}

const moment = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

const mailingNow = `select status, ${moment('clock_timestamp()')} as now, ${moment('started_at')} as "startedAt",
  ${moment('finished_at')} as "finishedAt", ${moment('planned_at')} as "plannedAt",
  planned, queued, sending, sent, failed, expired, cancelled, suppressed, uncertain, attempts from mailing where id = $1`;

const away = ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P02', '57P03'];

/** Not by its class: in jest, errors of Node's own are of another world. */
function isAway(error: unknown): boolean {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  return away.includes(String(code)) || /Connection terminated|connection.*ended/i.test(String(message));
}
