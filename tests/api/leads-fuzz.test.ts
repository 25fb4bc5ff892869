// Ten thousand made-up inputs at each door of leads: none is our fault, none ends the process, and what was taken can be read.
import fc from 'fast-check';
import { newAddress, newPerson, stranger } from '../support/lead-doors.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

const atOnce = 20;

let server: TestServer;
let staff: Client;
let leadId: string;
beforeAll(async () => {
  const unlimited = {
    LEADS_PER_MINUTE: '1000000',
    REQUESTS_PER_MINUTE: '100000000',
    USER_REQUESTS_PER_MINUTE: '100000000',
  };
  server = await testServer({ ROLES: 'web', ...unlimited });
  staff = await server.token('LEADS_WRITE', 'LEADS_READ');
  const made = await stranger(server).graphql<{ createLead: { id: string } }>(createLead, { input: newPerson() });
  leadId = made.data?.createLead.id ?? '';
});
afterAll(() => server.close());

const createLead = 'mutation ($input: CreateLeadInput!) { createLead(input: $input) { id email phone ipAddress } }';

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    'a\0b',
    '\ud800',
    '\u202e',
    'null',
    '__proto__',
    '=1+1',
    "'; drop table lead; --",
    '%',
    '\\',
  ),
);
const email = fc.oneof(
  fc.emailAddress({ size: 'large' }),
  fc.tuple(words, words).map((parts) => parts.join('@')),
  fc.tuple(fc.stringMatching(/^[\w.+-]{1,70}$/), fc.domain()).map((parts) => parts.join('@')),
  fc.constantFrom(
    'a@',
    'a@b',
    'a@127.0.0.1',
    'a@[::1]',
    'a@xn--',
    `${'a.'.repeat(20_000)}@b.com`,
    'ａ＠ｂ．ｃｏｍ',
    'a@b.рф',
  ),
);
const phone = fc.oneof(
  fc.stringMatching(/^\+?[0-9 ().-]{0,40}$/),
  fc.stringMatching(/^(\+7|8|7)9\d{9}$/),
  fc.constantFrom('+', '8', '+7', '+٧٩٠٠١٢٣٤٥٦٧', `+7${'9'.repeat(20_000)}`, '+7 900 123-45-67 ext 1'),
);
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom(
    '::ffff:1.2.3.4',
    '1.2.3.4/8',
    'fe80::1%eth0',
    '01.2.3.4',
    '1.2.3',
    '::',
    '0.0.0.0',
    'localhost',
    '::%0',
  ),
);
const json = fc.oneof(
  words,
  fc.anything({ maxDepth: 2 }).filter((value) => isJson(value)),
  fc.constantFrom<unknown>(null, true, 0, -0, 1e308, [], {}, [[]], { toString: 1 }, { length: -1 }),
);

/** A field is mostly near to what it wants to be, and sometimes nothing like it. */
const near = (wanted: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 5, arbitrary: wanted }, { weight: 1, arbitrary: words }, { weight: 1, arbitrary: json });

const nearLead = fc.record(
  {
    name: near(fc.string({ unit: 'grapheme', minLength: 1 })),
    email: near(email),
    phone: near(phone),
    source: near(words),
  },
  { requiredKeys: [] },
);
const wholeLead = fc.record({ name: fc.lorem({ maxCount: 2 }), email: fc.emailAddress(), phone: near(phone) });
const lead = fc.oneof(
  { weight: 3, arbitrary: nearLead },
  { weight: 2, arbitrary: wholeLead },
  { weight: 1, arbitrary: json },
);
const withAddress = (named: string) =>
  fc.tuple(lead, near(address)).map(([made, ip]) => (typeof made === 'object' ? { ...made, [named]: ip } : made));
const changes = fc.oneof(
  nearLead,
  fc.record({ status: near(fc.constantFrom('NEW', 'CONTACTED', 'new', '')), note: near(words) }, { requiredKeys: [] }),
  json,
);
const id = fc.oneof(
  fc.constantFrom('0', '-1', '1', '9223372036854775807', '9223372036854775808', '1.5', '1e3', '', '٣', '%00', '../1'),
  fc.bigInt().map(String),
  words,
);
const filter = fc.record(
  {
    email: near(email),
    emailDomain: near(fc.domain()),
    phone: near(phone),
    phoneLastFour: near(fc.stringMatching(/^\d{3,5}$/)),
    name: near(words),
    ipAddress: near(address),
    source: near(words),
    status: fc.oneof(fc.subarray(['NEW', 'LOST', 'nothing']), json),
    createdAt: fc.oneof(
      fc.record({ from: json, to: fc.date({ noInvalidDate: true }).map((date) => date.toISOString()) }),
      json,
    ),
  },
  { requiredKeys: [] },
);

/** So many inputs, some at a time. */
async function each<T>(
  inputs: number,
  of: fc.Arbitrary<T>,
  ask: (input: T, n: number) => Promise<void>,
): Promise<void> {
  const batch = fc.array(of, { minLength: atOnce, maxLength: atOnce });
  await fc.assert(
    fc.asyncProperty(batch, async (made) => void (await Promise.all(made.map(ask)))),
    { numRuns: inputs / atOnce, endOnFailure: true },
  );
}

const askers = (n: number): Client => (n % 2 ? staff : stranger(server, newAddress()));

async function rest(as: Client, path: string, init: RequestInit): Promise<void> {
  const response = await as.fetch(path, { redirect: 'manual', ...init });
  const text = await response.text();
  expect([path, response.status < 500, text]).toEqual([path, true, text]);
  if (response.headers.get('content-type')?.includes('json')) JSON.parse(text);
}

const jsonBody = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body ?? null),
});

async function graphql(as: Client, query: string, variables: Record<string, unknown>): Promise<void> {
  const { status, errors = [] } = await as.graphql(query, variables);
  expect(status).toBeLessThan(500);
  expect(errors.map(({ extensions }) => extensions.code)).not.toContain('INTERNAL');
}

describe('REST: 10,000', () => {
  it(
    'POST /leads, JSON',
    () =>
      each(4_000, fc.oneof(withAddress('ip_address'), withAddress('ip')), (made, n) =>
        rest(askers(n), '/leads', jsonBody('POST', made)),
      ),
    180_000,
  );

  it('POST /leads, forms', () => {
    const name = fc.oneof(fc.constantFrom('name', 'email', 'phone', 'source', 'ip_address', 'lang'), words);
    const fields = fc.array(fc.tuple(name, fc.oneof(words, email, phone, address)), { maxLength: 10 });
    const whole = wholeLead.map((made) => Object.entries(made).map(([field, value]) => [field, textOf(value)]));
    const form = fc.oneof(fields, whole);
    return each(2_500, form, (made, n) =>
      rest(askers(n), '/leads', {
        method: 'POST',
        body: new URLSearchParams(made.map(([a, b]) => [a ?? '', b ?? ''])),
      }),
    );
  }, 180_000);

  it('POST /leads, bytes under any name', () => {
    const types = fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
      'a/b',
    );
    return each(1_000, fc.tuple(types, fc.uint8Array({ maxLength: 400 })), ([type, bytes], n) =>
      rest(askers(n), '/leads', { method: 'POST', headers: { 'content-type': type }, body: Buffer.from(bytes) }),
    );
  }, 180_000);

  it('PATCH and GET /leads/{id}', async () => {
    await each(1_000, changes, (made) => rest(staff, `/leads/${leadId}`, jsonBody('PATCH', made)));
    await each(500, id, (made) => rest(staff, `/leads/${encodeURIComponent(made.toWellFormed())}`, { method: 'GET' }));
  }, 180_000);

  it('GET /leads', () => {
    const value = fc.oneof(words, email, phone, fc.integer().map(String));
    const query = fc.dictionary(fc.constantFrom('limit', 'offset', 'email', 'phone', 'status', 'x'), value);
    return each(1_000, query, (made) => rest(staff, `/leads?${new URLSearchParams(made)}`, { method: 'GET' }));
  }, 180_000);
});

describe('GraphQL: 10,000', () => {
  it(
    'createLead',
    () => each(5_000, withAddress('ipAddress'), (input, n) => graphql(askers(n), createLead, { input })),
    180_000,
  );

  it('createLead with an idempotency key', () => {
    const keyed = fc
      .tuple(wholeLead, fc.oneof(words, fc.constantFrom('k1', 'k2')))
      .map(([made, idempotencyKey]) => ({ ...made, idempotencyKey }));
    return each(1_000, keyed, (input, n) => graphql(askers(n), createLead, { input }));
  }, 180_000);

  it('updateLead', () => {
    const query =
      'mutation ($id: ID!, $input: UpdateLeadInput!) { updateLead(id: $id, input: $input) { id email phone } }';
    const change = fc.tuple(fc.oneof(fc.constant(undefined), id), changes);
    return each(1_500, change, ([other, input]) => graphql(staff, query, { id: other ?? leadId, input }));
  }, 180_000);

  it('leads', () => {
    const query =
      'query ($filter: LeadFilter, $first: Int, $after: String) { leads(filter: $filter, first: $first, after: $after) { nodes { id } totalCount } }';
    return each(1_500, fc.tuple(filter, fc.option(fc.integer()), fc.option(words)), ([made, first, after]) =>
      graphql(staff, query, { filter: made, first, after }),
    );
  }, 180_000);

  it('lead, deleteLead, convertLead, unblockIp by ids that mean nothing; blockIp', async () => {
    const unknown = id.filter((one) => !/^\d{1,9}$/.test(one));
    await each(600, unknown, async (made) => {
      await graphql(staff, 'query ($id: ID!) { lead(id: $id) { id } }', { id: made });
      await graphql(staff, 'mutation ($id: ID!) { deleteLead(id: $id) }', { id: made });
      await graphql(staff, 'mutation ($id: ID!) { convertLead(id: $id) { id } }', { id: made });
      await graphql(server.admin, 'mutation ($id: ID!) { unblockIp(id: $id) }', { id: made });
    });
    const block = 'mutation ($cidr: String!, $reason: String!) { blockIp(cidr: $cidr, reason: $reason) { id } }';
    const range = fc.oneof(
      words,
      fc.tuple(words, fc.integer()).map((parts) => parts.join('/')),
      fc.constantFrom('1.2.3.4/33', '::/129', '1.2.3.4/-1'),
    );
    await each(400, fc.tuple(range, words), ([cidr, reason]) => graphql(server.admin, block, { cidr, reason }));
  }, 180_000);
});

it('afterwards it is ready, and everything that was taken can be read', async () => {
  expect((await staff.fetch('/readyz')).status).toBe(200);
  const seen: { email: string; phone: string }[] = [];
  let after: string | null = null;
  do {
    const query =
      'query ($after: String) { leads(first: 100, after: $after) { nodes { email phone } pageInfo { hasNextPage endCursor } } }';
    const { data, errors }: Awaited<ReturnType<typeof page>> = await page(query, after);
    if (!data) throw new Error(JSON.stringify(errors));
    seen.push(...data.leads.nodes);
    after = data.leads.pageInfo.hasNextPage ? data.leads.pageInfo.endCursor : null;
  } while (after !== null);
  const [row] = await server.database.query<{ n: number }>('select count(*)::int as n from lead');
  expect(seen).toHaveLength(row?.n ?? 0);
  expect(seen.length).toBeGreaterThan(200);
  expect(seen.filter(({ email, phone }) => !/^[^@\s]+@[^@\s]+$/.test(email) || !/^\+\d+$/.test(phone))).toEqual([]);
});

interface LeadPage {
  readonly leads: {
    readonly nodes: { email: string; phone: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

const page = (query: string, after: string | null) => staff.graphql<LeadPage>(query, { after });

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** What JSON can say. */
function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
