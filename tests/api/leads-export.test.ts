// Leads as CSV and XLSX: which, in which order, for whom; nothing in them computes, and taking them leaves its line in the log.
import { parse } from 'csv-parse/sync';
import readWorkbook from 'read-excel-file/universal';
import { guardWorkbook } from '../../src/domain/imports/xlsx-guard.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { somebody, storeLeads } from '../support/stored-leads.js';

let server: TestServer;
let operator: Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate lead, audit_entry'));

type Line = Record<string, string>;

async function csvOf(query = '', as = operator): Promise<Line[]> {
  const response = await as.fetch(`/leads/export.csv${query}`);
  expect(response.status).toBe(200);
  return parse(await response.text(), { columns: true, record_delimiter: '\r\n' }) as Line[];
}

async function xlsxOf(query = '', as = operator): Promise<unknown[][]> {
  const response = await as.fetch(`/leads/export.xlsx${query}`);
  expect(response.status).toBe(200);
  const file = await response.arrayBuffer();
  await guardWorkbook(Buffer.from(file));
  const [sheet] = await readWorkbook(new Blob([file]));
  return sheet?.data ?? [];
}

const names = async (query: string): Promise<(string | undefined)[]> => (await csvOf(query)).map(({ name }) => name);

const entries = () =>
  server.database.query<{ actor: string; action: string; subject: string | null; detail: object }>(
    'select actor, action, subject, detail from audit_entry order by id',
  );

const header = ['id', 'name', 'email', 'phone', 'ip_address', 'status', 'source', 'note', 'client_id', 'created_at'];

it('gives every lead with all of its fields, the newest first, in both formats', async () => {
  const anna = somebody({ name: 'Анна "А", Б', email: 'anna@xn--e1afmkfd.xn--p1ai', phone: '+79001234567' });
  const boris = somebody({ name: 'Boris', source: 'landing' });
  const [first = '', second = ''] = await storeLeads(server, [anna, boris]);
  await server.database.query(`update lead set status = 'LOST', note = E'said no\ntwice' where id = $1`, [second]);
  const lines = await csvOf();
  const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(Object.keys(lines[0] ?? {})).toEqual(header);
  expect(lines).toEqual([
    {
      ...{ id: second, name: 'Boris', email: boris.email, phone: boris.phone, ip_address: boris.ipAddress },
      ...{ status: 'LOST', source: 'landing', note: 'said no\ntwice', client_id: '', created_at: moment },
    },
    {
      ...{ id: first, name: 'Анна "А", Б', email: 'anna@xn--e1afmkfd.xn--p1ai', phone: '+79001234567' },
      ...{ ip_address: anna.ipAddress, status: 'NEW', source: '', note: '', client_id: '', created_at: moment },
    },
  ]);
  expect(await xlsxOf()).toEqual([
    header,
    [second, 'Boris', boris.email, boris.phone, boris.ipAddress, 'LOST', 'landing', 'said no\ntwice', null, moment],
    [first, anna.name, anna.email, anna.phone, anna.ipAddress, 'NEW', null, null, null, moment],
  ]);
});

it('the CSV is known to be UTF-8 by its first bytes, and its phones have no apostrophe', async () => {
  await storeLeads(server, [somebody({ name: '+79001112233+1', phone: '+79001112233' })]);
  const bytes = Buffer.from(await (await operator.fetch('/leads/export.csv')).arrayBuffer());
  expect(bytes.subarray(0, 7).toString('latin1')).toBe('\u00EF\u00BB\u00BF"id"');
  const text = bytes.toString();
  expect(text).toContain('"+79001112233"');
  expect(text).toContain(`"'+79001112233+1"`);
});

it('is a file to be saved, that nobody keeps on the way', async () => {
  for (const [kind, type] of [
    ['csv', 'text/csv; charset=utf-8'],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ]) {
    const { headers, status } = await operator.fetch(`/leads/export.${kind}/`);
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([200, type, 'no-store']);
    expect(headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="leads-\\d{4}-\\d\\d-\\d\\d\\.${kind}"$`),
    );
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

describe('formula injection', () => {
  const dangerous = ["=cmd|'/c calc'!A1", '+1+cmd', '-2+3', '@SUM(A1:A9)', '＝1', '＋1', '－1', '＠1'];

  it('is stopped by an apostrophe in every field that a stranger wrote (T21)', async () => {
    await storeLeads(
      server,
      dangerous.map((text, i) => somebody({ name: text, source: text, email: `=cmd-${i}@example.com` })),
    );
    await server.database.query('update lead set note = name');
    const text = await (await operator.fetch('/leads/export.csv?order_by=OLDEST')).text();
    expect(text).toContain(`"'=cmd|'/c calc'!A1"`);
    const lines = parse(text, { columns: true, record_delimiter: '\r\n' }) as Line[];
    const guarded = dangerous.map((cell) => `'${cell}`);
    for (const field of ['name', 'source', 'note']) expect(lines.map((line) => line[field])).toEqual(guarded);
    expect(lines.map(({ email }) => email)).toEqual(dangerous.map((_, i) => `'=cmd-${i}@example.com`));
    const [, ...rows] = await xlsxOf('?order_by=OLDEST');
    expect(rows.map((row) => [row[1], row[6], row[7]])).toEqual(guarded.map((cell) => [cell, cell, cell]));
  });

  it('finds nothing in a text that holds separators, quotes and line ends', async () => {
    await storeLeads(server, [somebody({ name: 'x","=1+1' }), somebody({ name: 'after' })]);
    await server.database.query(`update lead set note = E'"\r\n=1+1,"=2' where name <> 'after'`);
    const lines = await csvOf('?order_by=OLDEST');
    expect(lines.map(({ name, note }) => [name, note])).toEqual([
      ['x","=1+1', '"\r\n=1+1,"=2'],
      ['after', ''],
    ]);
  });
});

it('has every filter of the list', async () => {
  const [, , third = ''] = await storeLeads(server, [
    somebody({ name: 'Anna', email: 'anna@example.org', phone: '+79001112233', ipAddress: '203.0.113.7' }),
    somebody({ name: 'Boris', email: 'boris@xn--e1afmkfd.xn--p1ai', phone: '+79001112244', source: 'landing' }),
    somebody({ name: 'Vera_50%', email: 'vera@example.org', phone: '+79002222233', ipAddress: '2001:db8::1' }),
  ]);
  await server.database.query(`update lead set status = 'LOST', created_at = '2026-01-02T03:04:05Z' where id = $1`, [
    third,
  ]);
  const cases: Record<string, string[]> = {
    '': ['Vera_50%', 'Boris', 'Anna'],
    '?order_by=OLDEST': ['Anna', 'Boris', 'Vera_50%'],
    '?email=ANNA@Example.org': ['Anna'],
    '?email_domain=example.org': ['Vera_50%', 'Anna'],
    '?email_domain=пример.рф': ['Boris'],
    '?email_domain=xn--e1afmkfd.xn--p1ai': ['Boris'],
    '?phone=8%20(900)%20111-22-33': ['Anna'],
    '?phone_last_four=2233': ['Vera_50%', 'Anna'],
    '?name=_50%25': ['Vera_50%'],
    '?name=%25': ['Vera_50%'],
    '?ip_address=2001:DB8:0::1': ['Vera_50%'],
    '?status=LOST': ['Vera_50%'],
    '?status=LOST&status=NEW&order_by=OLDEST': ['Anna', 'Boris', 'Vera_50%'],
    '?source=landing': ['Boris'],
    '?created_before=2026-02-01T00:00:00Z': ['Vera_50%'],
    '?created_from=2026-02-01T00:00:00%2B03:00': ['Boris', 'Anna'],
    '?email_domain=example.org&phone_last_four=2233&status=NEW': ['Anna'],
    '?email=nobody@example.org': [],
  };
  const found: Record<string, unknown> = {};
  for (const query of Object.keys(cases)) found[query] = await names(query);
  expect(found).toEqual(cases);
  expect((await xlsxOf('?source=landing')).map((row) => row[1])).toEqual(['name', 'Boris']);
});

it.each([
  ['?email=nonsense', 'filter.email'],
  ['?phone=12', 'filter.phone'],
  ['?phone_last_four=12', 'filter.phoneLastFour'],
  ['?ip_address=1.2.3', 'filter.ipAddress'],
  ['?status=SOLD', 'status'],
  ['?created_from=yesterday', 'created_from'],
  ['?order_by=NAME', 'order_by'],
  ['?name=%00', 'filter.name'],
])('%s is bad input, and leaves no entry', async (query, path) => {
  for (const kind of ['csv', 'xlsx']) {
    const response = await operator.fetch(`/leads/export.${kind}${query}`);
    expect([response.status, await response.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'BAD_USER_INPUT', fields: [expect.objectContaining({ path })] }),
    ]);
  }
  expect(await entries()).toEqual([]);
});

it('is for staff, and for tokens with both scopes of leads', async () => {
  const viewer = await server.person('VIEWER');
  const callers: [Client, number][] = [
    [server.nobody, 401],
    [viewer, 403],
    [await server.token('LEADS_READ'), 403],
    [await server.token('LEADS_WRITE'), 403],
    [await server.token('READ', 'MAILINGS', 'LEADS_READ'), 403],
    [await server.token('LEADS_READ', 'LEADS_WRITE'), 200],
    [operator, 200],
    [server.admin, 200],
  ];
  await server.database.query('truncate audit_entry');
  for (const [as, status] of callers)
    for (const kind of ['csv', 'xlsx']) expect((await as.fetch(`/leads/export.${kind}`)).status).toBe(status);
  expect((await entries()).map(({ action }) => action)).toEqual(Array(6).fill('exportLeads'));
});

it('leaves one entry in the audit log, before anything is sent: who, and by what was searched', async () => {
  await storeLeads(server, [somebody({ email: 'anna@example.org', phone: '+79001112233' })]);
  await csvOf('?email=anna@example.org&phone=89001112233&order_by=OLDEST');
  await xlsxOf();
  const all = await entries();
  expect(all).toEqual([
    {
      ...{ actor: expect.stringMatching(/^person:/), action: 'exportLeads', subject: null },
      detail: { format: 'csv', searched: ['email', 'phone'] },
    },
    {
      ...{ actor: expect.stringMatching(/^person:/), action: 'exportLeads', subject: null },
      detail: { format: 'xlsx', searched: [] },
    },
  ]);
  expect(JSON.stringify(all)).not.toMatch(/anna|9001112233/);
});

it('gives each lead once and in order, however many pages of them there are, while others come', async () => {
  const ids = await storeLeads(
    server,
    Array.from({ length: 1_003 }, () => somebody()),
  );
  const [newest, , oldest] = await Promise.all([
    csvOf(),
    storeLeads(
      server,
      Array.from({ length: 50 }, () => somebody()),
    ),
    xlsxOf('?order_by=OLDEST'),
  ]);
  const known = new Set(ids);
  expect(newest.flatMap(({ id = '' }) => (known.has(id) ? [id] : []))).toEqual(ids.toReversed());
  expect(oldest.flatMap(([id]) => (known.has(String(id)) ? [id] : []))).toEqual(ids);
});

it('says which fields can’t be read any more, and gives the rest', async () => {
  const [first = '', second = ''] = await storeLeads(server, [
    somebody(),
    somebody({ name: 'Whole', email: 'w@example.org' }),
  ]);
  await server.database.query('update lead set email = (select email from lead where id = $2) where id = $1', [
    first,
    second,
  ]);
  const lines = await csvOf('?order_by=OLDEST');
  expect(lines.map(({ email }) => email)).toEqual(['(unreadable)', 'w@example.org']);
  expect(lines[0]?.phone).toMatch(/^\+7/);
});

it('outlives whoever leaves in the middle', async () => {
  await storeLeads(
    server,
    Array.from({ length: 600 }, () => somebody()),
  );
  for (const kind of ['csv', 'xlsx']) {
    const leaving = new AbortController();
    const { body } = await operator.fetch(`/leads/export.${kind}`, { signal: leaving.signal });
    await body?.getReader().read();
    leaving.abort();
  }
  expect(await csvOf()).toHaveLength(600);
});

it('breaks off where the database does: half a file is never taken for a whole one', async () => {
  await storeLeads(server, [somebody()]);
  // More than any socket holds by itself.
  await server.database.query(
    `insert into lead (name, sealed_key, email, phone, ip_address, note)
     select name, sealed_key, email, phone, '10.0.0.0'::inet + n, repeat(md5(n::text), 60)
     from lead, generate_series(1, 20000) n`,
  );
  for (const kind of ['csv', 'xlsx']) {
    const { body } = await operator.fetch(`/leads/export.${kind}`);
    const reader = body?.getReader();
    await reader?.read();
    await server.database.query('alter table lead rename to lead_away');
    const rest = async (): Promise<void> => {
      while (!(await reader?.read())?.done);
    };
    try {
      await expect(rest()).rejects.toThrow();
    } finally {
      await server.database.query('alter table lead_away rename to lead');
    }
  }
});

it('is described in the OpenAPI document', async () => {
  const { paths } = (await (await server.nobody.fetch('/openapi.json')).json()) as {
    paths: Record<string, { get: { parameters: { name: string }[]; responses: Record<string, { content: object }> } }>;
  };
  for (const [kind, type] of [
    ['csv', 'text/csv'],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ]) {
    const operation = paths[`/leads/export.${kind}`]?.get;
    expect(operation?.parameters.map(({ name }) => name)).toContain('email_domain');
    expect(Object.keys(operation?.responses['200']?.content ?? {})).toEqual([type]);
  }
});
