// Who read leads, as the audit log knows it: one entry for each operation that showed them unmasked, none for any other, and
// nothing of what was read in it.

import { type CuttingProxy, cuttingProxy } from '../support/cutting-proxy.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { Program, temporaryFolder, until } from '../support/program.js';
import { type Client, client, signIn, type TestServer, testServer } from '../support/server.js';
import { type StoredLead, somebody, storeLeads } from '../support/stored-leads.js';
import { type Subscription, subscribe } from '../support/subscription.js';

let server: TestServer;
let operator: Client & { readonly id: string };
let leads: StoredLead[];
let ids: string[];
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
});
afterAll(() => server.close());
beforeEach(async () => {
  leads = [somebody({ email: 'anna@example.org', phone: '+79161112233' }), somebody(), somebody()];
  ids = await storeLeads(server, leads);
  await server.database.query('truncate audit_entry');
});
afterEach(async () => {
  await settled();
  await server.database.query('truncate lead, client');
});

interface Entry {
  readonly actor: string;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: object | null;
}

const entries = (): Promise<Entry[]> =>
  server.database.query<Entry>('select actor, action, subject, detail from audit_entry order by id');

/** All that was read before this has its entry, without the wait for it. Gives the entries and forgets them. */
async function settled(): Promise<Entry[]> {
  await server.app.parts.ports.leadReads.flush();
  const found = await entries();
  await server.database.query('truncate audit_entry');
  return found;
}

const graphql = (text: string) => async (as: Client) => expect((await as.graphql(text)).errors).toBeUndefined();
const rest = (path: string) => async (as: Client) => {
  const response = await as.fetch(path);
  expect(response.status).toBe(200);
  await response.text();
};

interface Case {
  readonly name: string;
  readonly read: () => (as: Client) => Promise<unknown>;
  readonly leaves: () => Pick<Entry, 'subject' | 'detail'>;
}

const cases: Case[] = [
  {
    name: 'Query.lead',
    read: () => graphql(`{ lead(id: "${ids[0]}") { email phone } }`),
    leaves: () => ({ subject: `lead:${ids[0]}`, detail: null }),
  },
  {
    name: 'Query.leads',
    read: () => graphql('{ leads { nodes { email } totalCount } }'),
    leaves: () => ({ subject: null, detail: { searched: [] } }),
  },
  {
    name: 'Query.leads with a filter',
    read: () => graphql('{ leads(filter: { phoneLastFour: "2233", status: [NEW] }) { nodes { email } } }'),
    leaves: () => ({ subject: null, detail: { searched: ['phoneLastFour', 'status'] } }),
  },
  {
    name: 'one operation with several of them',
    read: () =>
      graphql(`{
        a: lead(id: "${ids[0]}") { email } b: lead(id: "${ids[2]}") { email }
        c: leads { nodes { id } } d: leads(filter: { emailDomain: "example.org" }) { nodes { id } }
      }`),
    leaves: () => ({
      subject: null,
      detail: { subjects: expect.arrayContaining([`lead:${ids[0]}`, `lead:${ids[2]}`]), searched: ['emailDomain'] },
    }),
  },
  {
    name: 'GET /leads',
    read: () => rest('/leads'),
    leaves: () => ({ subject: null, detail: { searched: [] } }),
  },
  {
    name: 'GET /leads by e-mail and number',
    read: () => rest('/leads?email=Anna@example.org&phone=89161112233&limit=5'),
    leaves: () => ({ subject: null, detail: { searched: ['email', 'phone'] } }),
  },
  {
    name: 'GET /leads/{id}',
    read: () => rest(`/leads/${ids[1]}`),
    leaves: () => ({ subject: `lead:${ids[1]}`, detail: null }),
  },
];

describe.each(cases)('$name', ({ read, leaves }) => {
  it('leaves one entry of the person, and of the token', async () => {
    const token = await server.token('LEADS_READ');
    await server.database.query('truncate audit_entry');
    await read()(operator);
    await read()(token);
    const all = await settled();
    const expected = { action: 'readLeads', ...leaves() };
    expect(all).toEqual([
      { actor: `person:${operator.id}`, ...expected },
      { actor: expect.stringMatching(/^token:/), ...expected },
    ]);
    const told = JSON.stringify(all);
    for (const { name, email, phone } of leads)
      for (const data of [name, email, phone.slice(1)]) expect(told).not.toContain(data);
    expect(told).not.toMatch(/anna|9161112233|2233|example\.org/i);
  });
});

it('has nothing of who sees them masked, of what is not there, and of leads from nobody', async () => {
  const viewer = await server.person('VIEWER');
  await settled();
  await graphql(`{ lead(id: "${ids[0]}") { email } leads { nodes { phone } } }`)(viewer);
  await rest(`/leads/${ids[0]}`)(viewer);
  await graphql('{ lead(id: "79161112233") { email } }')(operator);
  await graphql('{ lead(id: "anna@example.org") { email } }')(operator);
  expect((await operator.fetch('/leads/79161112233')).status).toBe(404);
  const left = await server.nobody.fetch('/leads', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Nobody', email: 'nobody@example.org', phone: '+79164445566' }),
  });
  expect(left.status).toBe(201);
  expect(await settled()).toEqual([]);
});

interface Told {
  readonly leads: { readonly leadId: string };
}

async function tellsOf({ events }: Subscription<Told>, leadIds: readonly string[]): Promise<void> {
  const told = (): string[] => events.map((event) => event.leads.leadId);
  await until(() => leadIds.every((id) => told().includes(id)), 10_000, 'the events');
}

it('has one entry of a stream, at its start, and none of its events', async () => {
  const stream = 'subscription { leads { leadId node { email phone } } }';
  const open = await subscribe<Told>(server.url, operator, stream);
  const entry = { actor: `person:${operator.id}`, action: 'readLeads', subject: null, detail: { stream: true } };
  await until(async () => (await entries()).length > 0, 10_000, 'the entry of the stream');
  expect(await entries()).toEqual([entry]);
  await tellsOf(open, await storeLeads(server, [somebody(), somebody()]));
  await open.close();
  expect(await settled()).toEqual([entry]);
  const viewer = await server.person('VIEWER');
  await settled();
  const masked = await subscribe<Told>(server.url, viewer, stream);
  await tellsOf(masked, await storeLeads(server, [somebody()]));
  await masked.close();
  expect(await settled()).toEqual([]);
});

it('has one entry of each change, which says more than that somebody read', async () => {
  const mutations: [string, string, string | null][] = [
    [
      'createLead',
      '(input: { name: "Staff", email: "staff@example.org", phone: "+79165556677", ipAddress: "203.0.113.9" }) { email }',
      null,
    ],
    ['updateLead', `(id: "${ids[0]}", input: { note: "called" }) { email phone }`, `lead:${ids[0]}`],
    ['convertLead', `(id: "${ids[0]}") { phone }`, `lead:${ids[0]}`],
    ['deleteLead', `(id: "${ids[2]}")`, `lead:${ids[2]}`],
  ];
  for (const [name, call] of mutations) await graphql(`mutation { ${name}${call} }`)(operator);
  const patched = await operator.fetch(`/leads/${ids[1]}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ note: 'called' }),
  });
  expect(patched.status).toBe(200);
  expect((await operator.fetch(`/leads/${ids[1]}`, { method: 'DELETE' })).status).toBe(204);
  const all = (await settled()).filter(({ subject }) => subject?.startsWith('lead:'));
  expect(all.map(({ action, subject }) => [action, subject])).toEqual([
    ['createLead', expect.stringMatching(/^lead:\d+$/)],
    ...mutations.slice(1).map(([name, , subject]) => [name, subject]),
    ['updateLead', `lead:${ids[1]}`],
    ['deleteLead', `lead:${ids[1]}`],
  ]);
  expect(new Set(all.map(({ actor }) => actor))).toEqual(new Set([`person:${operator.id}`]));
});

it('has an entry for each of many operations at once', async () => {
  await Promise.all(Array.from({ length: 200 }, () => graphql('{ leads { nodes { id } } }')(operator)));
  expect(await settled()).toHaveLength(200);
});

it('has the entry a moment later by itself', async () => {
  await graphql('{ leads { nodes { id } } }')(operator);
  await until(async () => (await entries()).length === 1, 10_000, 'the entry');
});

it('writes later what it could not write', async () => {
  await server.database.query('alter table audit_entry rename to audit_entry_away');
  try {
    await graphql('{ leads { nodes { id } } }')(operator);
    await server.app.parts.ports.leadReads.flush();
    await graphql(`{ lead(id: "${ids[0]}") { id } }`)(operator);
  } finally {
    await server.database.query('alter table audit_entry_away rename to audit_entry');
  }
  expect((await settled()).map(({ subject }) => subject)).toEqual([null, `lead:${ids[0]}`]);
});

describe('over a connection that breaks after the commit', () => {
  let proxied: TestServer;
  let proxy: CuttingProxy;
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    proxy = await cuttingProxy(database.url);
    proxied = await testServer({ ROLES: 'web', DATABASE_URL: proxy.url, LEADS_PER_MINUTE: '1' });
  });
  afterAll(async () => {
    await proxied.close();
    proxy.close();
    await database.drop();
  });

  it('who read has one entry, though it was tried to be written twice', async () => {
    const { leadReads } = proxied.app.parts.ports;
    const lost = proxy.cutAfter('insert into audit_entry');
    await graphql('{ leads { nodes { id } } }')(proxied.admin);
    await leadReads.flush();
    await lost;
    await graphql('{ leads(filter: { status: [NEW] }) { nodes { id } } }')(proxied.admin);
    await leadReads.flush();
    expect(await database.query("select detail from audit_entry where action = 'readLeads' order by id")).toEqual([
      { detail: { searched: [] } },
      { detail: { searched: ['status'] } },
    ]);
  });

  it('an attempt that was refused is in the journal once', async () => {
    const { leadJournal } = proxied.app.parts;
    const attempt = () =>
      proxied.nobody.graphql('mutation { createLead(input: { name: "", email: "", phone: "" }) { id } }');
    const lost = proxy.cutAfter('insert into lead_attempt');
    await attempt();
    await leadJournal.flush();
    await lost;
    await attempt();
    await leadJournal.flush();
    expect(
      await database.query('select outcome, sum(count)::int as count from lead_attempt group by 1 order by 1'),
    ).toEqual([
      { outcome: 'INVALID', count: 1 },
      { outcome: 'LIMITED', count: 1 },
    ]);
  });
});

it('loses none in an orderly stop', async () => {
  const database = await testDatabase();
  const folder = temporaryFolder();
  const password = 'correct horse battery';
  const program = new Program({
    DATABASE_URL: database.url,
    DATA_DIR: folder.path,
    ROLES: 'web',
    ADMIN_PASSWORD: password,
    SIMULATORS: 'off',
  });
  try {
    const url = await program.ready();
    const { accessToken } = await signIn(client(url, undefined), 'admin', password);
    await graphql('{ leads { nodes { id } } }')(client(url, accessToken));
    program.signal('SIGTERM');
    expect(await program.exited).toBe(0);
    expect(await database.query('select action from audit_entry')).toContainEqual({ action: 'readLeads' });
  } finally {
    await program.end();
    await database.drop();
    folder.remove();
  }
});
