// A PostgreSQL in passing trouble, told at every door as ours and as passing: lock and statement timeouts, and a server that is
// read-only after a failover.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { recordedLog } from '../support/http-server.js';
import { until } from '../support/program.js';
import { client, type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

const imei = '356735111052198';
const phone = '79161234567';
const fixed = 'held-by-old-clients';
const { log, text } = recordedLog();
let server: TestServer;
let mailing: string;

beforeAll(async () => {
  server = await testServer(
    // Nobody listens there, and nobody is asked.
    {
      IMEICHECK_URL: 'http://127.0.0.1:1',
      IMEICHECK_TOKEN: 'test',
      LEGACY_IMEI_TOKEN: fixed,
      LEADS_PER_MINUTE: '1000',
    },
    {},
    log,
  );
  const { data } = await server.admin.graphql<{ createMailing: { id: string } }>(
    `mutation { createMailing(input: { text: "Hello", startsAt: "2035-01-01T00:00:00Z", endsAt: "2035-01-02T00:00:00Z" }) { id } }`,
  );
  mailing = data?.createMailing.id ?? '';
});
afterAll(() => server.close());

/** What a door says, in the words that all of them have: UNAVAILABLE, and when to come back. */
interface Told {
  readonly door: string;
  readonly says: unknown;
  readonly comeBack: boolean;
}

type Door = (door: string) => Promise<Told>;

const json = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const graphql =
  (query: string): Door =>
  async (door) => {
    const { errors } = await server.admin.graphql(query);
    const { code, retryAfter } = errors?.[0]?.extensions ?? {};
    return { door, says: code, comeBack: (retryAfter ?? 0) > 0 };
  };

const http =
  (path: string, init: RequestInit, read: (answer: Response) => Promise<unknown>): Door =>
  async (door) => {
    const as = path.startsWith('/api') ? server.admin : client(server.url, undefined);
    const answer = await as.fetch(path, init);
    return { door, says: [answer.status, await read(answer)], comeBack: Number(answer.headers.get('retry-after')) > 0 };
  };

const member =
  (name: string) =>
  async (answer: Response): Promise<unknown> =>
    ((await answer.json()) as Record<string, unknown>)[name];

const detailIsText = async (answer: Response): Promise<unknown> => typeof (await member('detail')(answer));

const socket: Door = async (door) => {
  const query = `subscription { mailingProgress(mailingId: "${mailing}") { at } }`;
  const { outcome, close } = await subscribe(server.url, server.admin, query);
  await until(() => outcome.errors !== undefined || outcome.closed !== undefined, 10_000, 'the socket is told');
  await close();
  const { code, retryAfter } = outcome.errors?.[0]?.extensions ?? {};
  return { door, says: code, comeBack: Number(retryAfter) > 0 };
};

const lead = { name: 'Ivan Petrov', email: 'ivan.petrov@example.com', phone: `+${phone}` };
const signIn = new URLSearchParams({ grant_type: 'password', username: 'admin', password: 'correct horse battery' });

const reading: Readonly<Record<string, Door>> = {
  'a GraphQL query': graphql('{ clients { nodes { id } } }'),
  'a subscription': socket,
  'GET /api/v1/clients': http('/api/v1/clients', {}, member('code')),
  'GET /api/clients': http('/api/clients', {}, detailIsText),
};

const writing: Readonly<Record<string, Door>> = {
  'a GraphQL mutation': graphql(
    `mutation { createClient(input: { phone: "${phone}", timezone: "Europe/Moscow" }) { id } }`,
  ),
  'POST /api/v1/clients': http('/api/v1/clients', json('POST', { phone, timezone: 'Europe/Moscow' }), member('code')),
  'POST /api/create/client': http('/api/create/client', json('POST', { number: phone }), detailIsText),
  'POST /leads': http('/leads', json('POST', lead), detailIsText),
  'the form of leads': http('/leads', { method: 'POST', body: new URLSearchParams(lead) }, async (answer) =>
    answer.headers.get('content-type'),
  ),
  'POST /api/check-imei': http(
    '/api/check-imei',
    json('POST', { imei, token: fixed }),
    async (answer) => typeof (await member('error')(answer)),
  ),
  'POST /oauth/token': http('/oauth/token', { method: 'POST', body: signIn }, member('error')),
};

const expected: Readonly<Record<string, unknown>> = {
  'a GraphQL query': 'UNAVAILABLE',
  'a GraphQL mutation': 'UNAVAILABLE',
  'a subscription': 'UNAVAILABLE',
  'GET /api/v1/clients': [503, 'UNAVAILABLE'],
  'POST /api/v1/clients': [503, 'UNAVAILABLE'],
  'GET /api/clients': [503, 'string'],
  'POST /api/create/client': [503, 'string'],
  'POST /leads': [503, 'string'],
  'the form of leads': [503, 'text/html; charset=utf-8'],
  'POST /api/check-imei': [503, 'string'],
  'POST /oauth/token': [503, 'temporarily_unavailable'],
};

const ask = (doors: Readonly<Record<string, Door>>): Promise<Told[]> =>
  Promise.all(Object.entries(doors).map(([name, door]) => door(name)));

const asPassing = (doors: Readonly<Record<string, Door>>): Told[] =>
  Object.keys(doors).map((door) => ({ door, says: expected[door], comeBack: true }));

/** All lines since then that are louder than a warning, or hold what somebody sent. */
function faultsSince(start: number): string[] {
  const lines = text().slice(start).split('\n').filter(Boolean);
  expect(lines.some((line) => line.includes('"level":40'))).toBe(true);
  return lines.filter((line) => /"level":[56]0/.test(line) || /ivan|petrov|9161234567|35673511/i.test(line));
}

/** Another session, that has what is needed. */
async function withLock(work: (holder: pg.Client) => Promise<void>): Promise<void> {
  const holder = new pg.Client({ connectionString: server.database.url });
  await holder.connect();
  try {
    await holder.query(`
      begin;
      lock table client, mailing, lead in access exclusive mode;
      lock table token, imei_check, imei_exchange in share row exclusive mode`);
    await work(holder);
  } finally {
    await holder.end();
  }
}

it('a statement timeout (57014) was INTERNAL and logged as an error: every door says UNAVAILABLE with Retry-After', async () => {
  const start = text().length;
  const all = { ...reading, ...writing };
  await withLock(async () => {
    let isTold = false;
    const told = ask(all).finally(() => {
      isTold = true;
    });
    while (!isTold) {
      await sleep(100);
      // What a statement timeout does, without its 8 s.
      await server.database.query(
        `select pg_cancel_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and now() - query_start > '300 ms'`,
      );
    }
    expect(await told).toEqual(asPassing(all));
  });
  expect(faultsSince(start)).toEqual([]);
});

it('a lock timeout (55P03) was INTERNAL and logged as an error: every door says UNAVAILABLE with Retry-After', async () => {
  const start = text().length;
  const { 'POST /api/check-imei': _, ...all } = { ...reading, ...writing };
  await withLock(async () => {
    expect(await ask(all)).toEqual(asPassing(all));
  });
  expect(faultsSince(start)).toEqual([]);
}, 20_000);

it('a server that is read-only after a failover (25006) was INTERNAL, and ready: it is UNAVAILABLE, not ready, and left behind', async () => {
  const start = text().length;
  const name = new URL(server.database.url).pathname.slice(1);
  const notReady = '{"ready":false,"reasons":[{"name":"parts","reason":"the database is read-only"}]}';
  const readiness = async (): Promise<string> => (await server.nobody.fetch('/readyz')).text();
  // All connections lead to a standby from now on.
  await server.database.query(`alter database ${name} set default_transaction_read_only = on`);
  await server.database.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
  await until(async () => (await readiness()) === notReady, 3_000, 'it is not ready, and says why');
  expect(await ask(writing)).toEqual(asPassing(writing));
  expect((await server.admin.graphql('{ clients { nodes { id } } }')).errors).toBeUndefined();
  // Long enough for a job to be due.
  await sleep(1_000);
  const create = (each: number) =>
    server.admin.graphql(
      `mutation { createClient(input: { phone: "7916000${1000 + each}", timezone: "Europe/Moscow" }) { id } }`,
    );
  const many = Array.from({ length: 20 }, (_, each) => each);
  await Promise.all(many.map(create));
  // Connections that are new lead to the next primary; those to the standby stay healthy, and read-only.
  const options = '-c default_transaction_read_only=off';
  const admin = new pg.Client({ connectionString: server.database.url, options });
  await admin.connect();
  await admin.query(`alter database ${name} reset default_transaction_read_only`);
  await admin.end();
  // One look after the other would need 5 s to find the 20 connections out.
  await until(async () => (await server.nobody.fetch('/readyz')).ok, 2_500, 'it is ready again');
  const created = await Promise.all(many.map(create));
  expect(created.flatMap(({ errors = [] }) => errors)).toEqual([]);
  expect(faultsSince(start)).toEqual([]);
}, 30_000);
