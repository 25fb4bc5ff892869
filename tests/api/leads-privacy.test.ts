// What is left of people's e-mails and phones after all that can be done with leads: in no table, log line, metric, notification or
// job. Every door is used, the wrong way too, by people whose data is planted so that it can be looked for.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { App } from '../../src/app.js';
import { serve } from '../../src/server/serve.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { copyOf } from '../support/database-copy.js';
import { recordedLog } from '../support/http-server.js';
import { leadDoors, stranger } from '../support/lead-doors.js';
import { digitsOf, planted, traces } from '../support/planted-people.js';
import { until } from '../support/program.js';
import { type Client, client, type GraphqlAnswer, signIn, testConfig } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

const password = 'correct horse battery';
const [k1, k2] = ['k1', 'k2'].map((kid) => `${kid}:${randomBytes(32).toString('base64')}`) as [string, string];
const channels = ['switchboard_live', 'agenda_jobs', 'agenda_jobs:state'];

let database: TestDatabase;
let listener: pg.Client;
const dataDir = mkdtempSync(join(tmpdir(), 'switchboard-'));
const notifications: string[] = [];
const metrics: string[] = [];
const refusals: string[] = [];
const { log, text: logged } = recordedLog();

interface Opened {
  readonly app: App;
  readonly url: string;
  readonly admin: Client;
  close(): Promise<void>;
}

async function open(keys: string): Promise<Opened> {
  const settings = {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    ADMIN_PASSWORD: password,
    TRUSTED_PROXIES: '127.0.0.1/32',
    ENCRYPTION_KEYS: keys,
    ROLES: 'web,worker',
  };
  const app = await App.create({ config: testConfig(settings), log });
  const service = await serve(app, { pressureMs: 10_000 });
  await app.prepare(AbortSignal.timeout(20_000));
  const { accessToken } = await signIn(stranger(service), 'admin', password);
  return {
    app,
    url: service.url,
    admin: client(service.url, accessToken),
    close: async () => {
      metrics.push(await (await fetch(`${service.url}/metrics`)).text());
      await service.drain({ graceMs: 1_000 });
      await app.close(1_000);
    },
  };
}

beforeAll(async () => {
  database = await testDatabase();
  listener = new pg.Client({ connectionString: database.url });
  await listener.connect();
  listener.on('notification', ({ channel, payload }) => notifications.push(`${channel} ${payload}`));
  for (const channel of channels) await listener.query(`listen "${channel}"`);
  const first = await open(k1);
  await useEveryDoor(first).finally(() => first.close());
  const second = await open(`${k2},${k1}`);
  await rotate(second).finally(() => second.close());
}, 120_000);

afterAll(async () => {
  await listener.end();
  await database.drop();
  rmSync(dataDir, { recursive: true, force: true });
});

const accepted: string[] = [];

async function useEveryDoor(server: Opened): Promise<void> {
  const { url, admin } = server;
  const live = await subscribe(url, admin, 'subscription { leads { id kind node { email phone } } }');
  await takeIn(server);
  await refuse(server);
  await breakDown(server);
  await seeTo(server);
  await until(() => live.events.length >= 4, 10_000, 'the stream has told of them');
  await live.close();
}

/** JSON, GraphQL, a form, staff with a key that is an e-mail. */
async function takeIn({ url, admin }: Opened): Promise<void> {
  for (const [n, door] of leadDoors.entries())
    accepted.push((await door.create(stranger({ url }), planted(n))).lead?.id ?? '');
  const form = { method: 'POST', body: new URLSearchParams(planted(2)), redirect: 'manual' } as const;
  const thanked = await stranger({ url }).fetch('/leads', form);
  expect([thanked.status, await thanked.text()]).toEqual([303, '']);
  const { email, ...input } = planted(3);
  const keyed = await admin.graphql<{ createLead: { id: string } }>(
    'mutation ($input: CreateLeadInput!) { createLead(input: $input) { id } }',
    { input: { ...input, email, idempotencyKey: email, source: 'landing' } },
  );
  accepted.push(keyed.data?.createLead.id ?? '');
  expect(accepted).not.toContain('');
}

/** What is not taken: known, malformed, misplaced, too much, too often. */
async function refuse({ url, admin }: Opened): Promise<void> {
  const gossip = {
    'user-agent': planted(4).email,
    referer: `https://x/?${planted(4).email}`,
    cookie: planted(4).email,
  };
  const as = () => client(url, undefined, { ...gossip, 'x-forwarded-for': `198.51.100.${refusals.length % 250}` });
  const ask = async (path: string, init: RequestInit) => refusals.push(await (await as().fetch(path, init)).text());
  const json = (body: unknown): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': planted(4).email },
    body: JSON.stringify(body),
  });
  const { name, email, phone } = planted(4);
  for (const door of leadDoors) {
    refusals.push(
      (await door.create(as(), planted(0))).text,
      (await door.create(as(), { ...planted(4), phone: email })).text,
    );
    refusals.push((await door.create(as(), { name, email: phone, phone: email, source: email })).text);
    refusals.push((await door.create(as(), { name, email: `${email}@`, phone: `${phone}${phone}` })).text);
  }
  const create = 'mutation ($input: CreateLeadInput!) { createLead(input: $input) { id } }';
  refusals.push(
    JSON.stringify(await as().graphql(create, { input: { ...planted(4), source: { email } } })),
    JSON.stringify(await as().graphql(create, { input: { name, email: [email], phone: Number(phone.slice(1)) } })),
    JSON.stringify(
      await as().graphql(`mutation { createLead(input: { name: "x", email: "${email}, phone: ${phone} }) { id } }`),
    ),
    JSON.stringify(
      await as().graphql(`mutation { createLead(input: { name: "x", email: "x", phone: ${phone.slice(1)} }) { id } }`),
    ),
  );
  await ask('/leads', json({ [email]: phone }));
  await ask('/leads', json([email, phone]));
  await ask('/leads', { ...json({}), body: `{"email":"${email}" "phone":"${phone}"}` });
  await ask('/leads', { method: 'POST', headers: { 'content-type': 'text/csv' }, body: `${email};${phone}` });
  await ask('/leads', json({ ...planted(4), note: email.repeat(8_000) }));
  await ask(`/leads/${email}?phone=${phone}`, { method: 'GET' });
  await ask(`/leads?email=${email}&phone=${encodeURIComponent(phone)}`, { method: 'GET' });
  await ask(
    '/graphql',
    json({ query: `{ leads(filter: { email: "${email}", phone: "${digitsOf(4)}" }) { nodes { id } } }` }),
  );
  await ask(
    '/graphql',
    json({ query: `mutation { createLead(input: { email: "${email}"`, variables: { email, phone } }),
  );
  const often = client(url, undefined, { ...gossip, 'x-forwarded-for': '198.51.101.1' });
  for (let n = 0; n < 12; n++)
    refusals.push(await (await often.fetch('/leads', json({ ...planted(4), name: '' }))).text());
  await admin.graphql('mutation { blockIp(cidr: "192.0.2.0/24", reason: "noise") { id } }');
}

/** A database that says what it should not. */
async function breakDown({ app, url }: Opened): Promise<void> {
  const { pool } = app.parts.database;
  const { email, phone } = planted(4);
  const detail = `Key (email)=(${email}) already exists, phone ${phone}.`;
  for (const code of ['57P01', '23505', 'XX000']) {
    Reflect.set(pool, 'query', () =>
      Promise.reject(Object.assign(new Error('refused'), { code, detail, where: detail, query: detail })),
    );
    for (const door of leadDoors) refusals.push((await door.create(stranger({ url }), planted(4))).text);
    Reflect.deleteProperty(pool, 'query');
  }
}

/** Searched, read, exported, changed, converted, erased. */
async function seeTo({ admin }: Opened): Promise<void> {
  const told = async (query: string, variables: Record<string, unknown> = {}): Promise<GraphqlAnswer<object>> => {
    const answer = await admin.graphql(query, variables);
    expect(answer.errors).toBeUndefined();
    return answer;
  };
  const [first, second, staffs] = accepted;
  const { email, phone } = planted(0);
  const found = await told('query ($filter: LeadFilter) { leads(filter: $filter) { nodes { email phone } } }', {
    filter: { email, phone },
  });
  expect(JSON.stringify(found)).toContain(digitsOf(0));
  await told(
    `{ leads(filter: { emailDomain: "hidden-mail.example", phoneLastFour: "${digitsOf(1).slice(-4)}" }) { nodes { email } } }`,
  );
  for (const path of [
    `/leads?email=${email}`,
    `/leads/${first}`,
    '/leads/export.csv',
    '/leads/export.xlsx',
    `/leads/export.csv?email=${email}`,
  ]) {
    const response = await admin.fetch(path);
    expect([path, response.status, (await response.arrayBuffer()).byteLength > 0]).toEqual([path, 200, true]);
  }
  const update = 'mutation ($id: ID!, $input: UpdateLeadInput!) { updateLead(id: $id, input: $input) { id } }';
  await told(update, { id: first, input: { email: planted(5).email, phone: planted(5).phone, status: 'CONTACTED' } });
  refusals.push(JSON.stringify(await admin.graphql(update, { id: first, input: { email: planted(1).email } })));
  refusals.push(
    JSON.stringify(await admin.graphql(update, { id: first, input: { email: `${email}@`, phone: email } })),
  );
  await told('mutation ($id: ID!) { convertLead(id: $id) { id } }', { id: second });
  await told('mutation ($id: ID!) { deleteLead(id: $id) }', { id: staffs });
  await told('{ leadIntake { accepted invalid } auditLog { nodes { action subject } } }');
}

async function rotate({ admin }: Opened): Promise<void> {
  expect((await admin.graphql('mutation { rotateLeadKeys { keyId } }')).errors).toBeUndefined();
  const isOver = async () => {
    const { data } = await admin.graphql<{ leadKeyRotation: { finishedAt: string | null } }>(
      '{ leadKeyRotation { finishedAt } }',
    );
    return data?.leadKeyRotation.finishedAt != null;
  };
  await until(isOver, 30_000, 'the rotation is over');
}

it('what is looked for would be found', async () => {
  const { email, phone } = planted(6);
  await database.query(
    `create table careless as select $1::text as clear, convert_to($2, 'UTF8') as bytes,
    encode(convert_to('{"phone":"' || $2 || '"}', 'UTF8'), 'base64') as wrapped, reverse($1) as reversed`,
    [email, phone],
  );
  const [line = ''] = [(await copyOf(database.url)).get('public.careless')];
  await database.query('drop table careless');
  const cells = line.trim().split('\t');
  expect(cells).toHaveLength(4);
  expect(cells.filter((cell) => traces(cell).length === 0)).toEqual([]);
});

it('nothing in any table, the jobs among them', async () => {
  const tables = await copyOf(database.url);
  for (const name of [
    'lead',
    'lead_attempt',
    'lead_keys',
    'event',
    'audit_entry',
    'idempotency_key',
    'blocked_ip',
    'agenda_jobs',
    'client',
  ])
    expect([name, tables.get(`public.${name}`)?.length ?? 0]).toEqual([name, expect.any(Number)]);
  expect(tables.get('public.lead')).toContain(planted(0).name);
  expect(tables.get('public.lead')?.trim().split('\n')).toHaveLength(3);
  // Whoever was made a client is in the directory by number: docs/decisions/0008-leads.md.
  const directory = tables.get('public.client') ?? '';
  expect(traces(directory.replaceAll(`7${digitsOf(1)}`, ''))).toEqual([]);
  tables.delete('public.client');
  expect([...tables].flatMap(([name, content]) => traces(content).map((trace) => [name, trace]))).toEqual([]);
});

it('nothing in the log, at its lowest level', () => {
  const lines = logged().split('\n');
  expect(lines.length).toBeGreaterThan(refusals.length);
  expect(lines.filter((line) => traces(line).length > 0 || /planted/i.test(line))).toEqual([]);
});

it('nothing in the metrics', () => {
  expect(metrics).toHaveLength(2);
  expect(metrics.map((text) => traces(text))).toEqual([[], []]);
  expect(metrics.join('\n')).not.toMatch(/planted|198\.51\./i);
});

it('nothing in what processes notify each other of', () => {
  expect(notifications.length).toBeGreaterThan(0);
  expect(notifications.filter((payload) => traces(payload).length > 0 || /planted/i.test(payload))).toEqual([]);
});

it('nothing in a refusal', () => {
  expect(refusals.length).toBeGreaterThan(30);
  expect(refusals.filter((text) => traces(text).length > 0)).toEqual([]);
});
