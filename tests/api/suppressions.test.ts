// Do not contact, over GraphQL and REST: numbers in any spelling, what is known already, and what masked eyes may ask.
import { randomUUID } from 'node:crypto';
import { codeOf, faultsOf, sendJson } from '../support/clients.js';
import { type Client as Asking, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: Asking;
let viewer: Asking;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
  viewer = await server.person('VIEWER');
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate suppression'));

interface Suppression {
  readonly id: string;
  readonly phone: string;
  readonly channel: string;
  readonly source: string;
  readonly note: string | null;
  readonly createdAt: string;
}

const fields = 'id phone channel source note createdAt';
const suppress = (variables: object, as: Asking = operator) =>
  as.graphql<{ suppress: Suppression[] }>(
    `mutation ($phone: String!, $channels: [Channel!]!, $note: String) {
      suppress(phone: $phone, channels: $channels, note: $note) { ${fields} }
    }`,
    { channels: ['MESSAGE', 'CALL'], ...variables },
  );
const unsuppress = (id: string, as: Asking = operator) =>
  as.graphql('mutation ($id: ID!) { unsuppress(id: $id) }', { id });
const list = (variables: object = {}, as: Asking = operator) =>
  as.graphql<{ suppressions: { nodes: Suppression[]; edges: { cursor: string }[]; totalCount: number } }>(
    `query ($phone: String, $channel: Channel, $first: Int, $after: String, $last: Int) {
      suppressions(phone: $phone, channel: $channel, first: $first, after: $after, last: $last) {
        nodes { ${fields} } edges { cursor } totalCount
      }
    }`,
    { ...variables },
  );
const pairs = async (variables: object = {}, as?: Asking) =>
  (await list(variables, as)).data?.suppressions.nodes.map(({ phone, channel }) => `${phone} ${channel}`);
const post = (as: Asking, body: unknown, headers: Record<string, string> = {}) =>
  sendJson(as, { method: 'POST', path: '/api/v1/suppressions', body, headers });

describe('a number that must not be contacted', () => {
  it('is known by its digits, a row for each channel, in the order of the channels', async () => {
    const { data } = await suppress({
      phone: '8 (900) 123-45-67',
      channels: ['CALL', 'MESSAGE', 'CALL'],
      note: ' asked ',
    });
    expect(data?.suppress).toEqual(
      ['MESSAGE', 'CALL'].map((channel) => ({
        id: expect.stringMatching(/^\d+$/),
        phone: '79001234567',
        channel,
        source: 'STAFF',
        note: 'asked',
        createdAt: expect.any(String),
      })),
    );
    expect((await list()).data?.suppressions).toMatchObject({ totalCount: 2 });
    expect(await pairs()).toEqual(['79001234567 CALL', '79001234567 MESSAGE']);
  });

  it('stays as it is when it is known, but for a new note', async () => {
    const [first] =
      (await suppress({ phone: '79001234567', channels: ['MESSAGE'], note: 'asked' })).data?.suppress ?? [];
    const again = (await suppress({ phone: '+79001234567' })).data?.suppress;
    expect(again?.[0]).toEqual(first);
    expect(again?.[1]).toMatchObject({ channel: 'CALL', note: null });
    expect((await suppress({ phone: '79001234567', note: 'twice' })).data?.suppress).toMatchObject([
      { ...first, note: 'twice' },
      { id: again?.[1]?.id, note: 'twice' },
    ]);
    expect((await suppress({ phone: '79001234567', note: ' ' })).data?.suppress).toMatchObject([
      { note: 'twice' },
      { note: 'twice' },
    ]);
  });

  it('is one row for each channel, however many say so at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        suppress({ phone: '79001234567', channels: i % 2 ? ['CALL', 'MESSAGE'] : ['MESSAGE', 'CALL'], note: `n${i}` }),
      ),
    );
    expect(new Set(answers.map(({ data }) => data?.suppress.map(({ id }) => id).join()))).toHaveProperty('size', 1);
    expect((await list()).data?.suppressions.totalCount).toBe(2);
  });

  it('may be abroad', async () => {
    expect((await suppress({ phone: '+1 202-555-0100', channels: ['CALL'] })).data?.suppress).toMatchObject([
      { phone: '12025550100' },
    ]);
  });

  it.each<[object, string[]]>([
    [{ phone: '' }, ['phone']],
    [{ phone: 'abc' }, ['phone']],
    [{ phone: '1234' }, ['phone']],
    [{ phone: '7900\u00001234567' }, ['phone']],
    [{ phone: '9'.repeat(10_000) }, ['phone']],
    [{ phone: '79001234567', channels: [] }, ['channels']],
    [{ phone: '79001234567', note: 'x'.repeat(501) }, ['note']],
    [{ phone: '79001234567', note: 'a\u0000b' }, ['note']],
    [{ phone: 'abc', channels: [], note: '\u0000' }, ['phone', 'channels', 'note']],
    [{ phone: '79001234567', channels: ['FAX'] }, ['channels[0]']],
  ])('is not %j', async (input, faults) => {
    const refused = await suppress(input);
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', faults]);
    expect((await list()).data?.suppressions.totalCount).toBe(0);
  });

  it('may be contacted again once that is said, on that channel', async () => {
    const [message] = (await suppress({ phone: '79001234567' })).data?.suppress ?? [];
    expect((await unsuppress(message?.id ?? '')).data).toEqual({ unsuppress: true });
    expect(codeOf(await unsuppress(message?.id ?? ''))).toBe('NOT_FOUND');
    expect(await pairs()).toEqual(['79001234567 CALL']);
  });

  it.each(['0', '-1', '9223372036854775808', 'abc', '', '\u0000'])('is not found by the id %j', async (id) => {
    expect(codeOf(await unsuppress(id))).toBe('NOT_FOUND');
  });
});

describe('the list', () => {
  beforeEach(async () => {
    await suppress({ phone: '79001111234' });
    await suppress({ phone: '79162221234', channels: ['CALL'] });
    await suppress({ phone: '79263335678', channels: ['MESSAGE'] });
  });

  it.each<[object, string[]]>([
    [
      { phone: null, channel: null },
      ['79263335678 MESSAGE', '79162221234 CALL', '79001111234 CALL', '79001111234 MESSAGE'],
    ],
    [{ channel: 'MESSAGE' }, ['79263335678 MESSAGE', '79001111234 MESSAGE']],
    [{ phone: '+7 (900) 111-12-34' }, ['79001111234 CALL', '79001111234 MESSAGE']],
    [{ phone: '89001111234', channel: 'CALL' }, ['79001111234 CALL']],
    [{ phone: '1234', channel: 'CALL' }, ['79162221234 CALL', '79001111234 CALL']],
    [{ phone: '79000000000' }, []],
  ])('is found by %j', async (filter, found) => {
    expect(await pairs(filter)).toEqual(found);
    expect((await list(filter)).data?.suppressions.totalCount).toBe(found.length);
  });

  it('pages', async () => {
    const { data } = await list({ first: 3 });
    const after = data?.suppressions.edges.at(-1)?.cursor;
    expect(await pairs({ first: 3, after })).toEqual(['79001111234 MESSAGE']);
    expect(await pairs({ last: 1 })).toEqual(['79001111234 MESSAGE']);
  });

  it.each(['', '123', 'abc', '\u0000', '12a4'])('has nothing to say about the number %j', async (phone) => {
    const refused = await list({ phone });
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', ['phone']]);
  });

  it('shows a VIEWER the last four digits, and answers about those only', async () => {
    expect(await pairs({}, viewer)).toEqual(
      ['5678 MESSAGE', '1234 CALL', '1234 CALL', '1234 MESSAGE'].map((end) => `•••••••${end}`),
    );
    expect(await pairs({ phone: '5678' }, viewer)).toEqual(['•••••••5678 MESSAGE']);
    for (const phone of ['79001111234', '79000000000', '+7 900 111 12 34']) {
      const refused = await list({ phone }, viewer);
      expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', ['phone']]);
      const rest = await viewer.fetch(`/api/v1/suppressions?phone=${encodeURIComponent(phone)}`);
      expect(rest.status).toBe(400);
      expect(await rest.text()).not.toMatch(/9001111234|9000000000/);
    }
    const rest = await viewer.fetch('/api/v1/suppressions?phone=5678');
    expect(await rest.json()).toMatchObject([{ phone: '•••••••5678' }]);
  });

  it('is not for a VIEWER to change', async () => {
    const id = (await list({}, viewer)).data?.suppressions.nodes[0]?.id ?? '';
    expect(codeOf(await suppress({ phone: '79001234567' }, viewer))).toBe('FORBIDDEN');
    expect(codeOf(await unsuppress(id, viewer))).toBe('FORBIDDEN');
    expect((await viewer.fetch(`/api/v1/suppressions/${id}`, { method: 'DELETE' })).status).toBe(403);
  });
});

describe('/api/v1/suppressions', () => {
  it('adds, lists and deletes', async () => {
    const added = await post(operator, { phone: '8 900 123-45-67', channels: ['CALL', 'MESSAGE'], note: 'asked' });
    expect(added.status).toBe(201);
    const rows = (await added.json()) as Suppression[];
    expect(rows).toMatchObject([
      { phone: '79001234567', channel: 'MESSAGE', source: 'STAFF', note: 'asked' },
      { phone: '79001234567', channel: 'CALL' },
    ]);
    const page = await operator.fetch('/api/v1/suppressions?limit=1&phone=79001234567');
    expect(await page.json()).toEqual([rows[1]]);
    const next = /^<(.+)>; rel="next"$/.exec(page.headers.get('link') ?? '')?.[1] ?? '';
    expect(await (await operator.fetch(next)).json()).toEqual([rows[0]]);
    const path = `/api/v1/suppressions/${rows[0]?.id}`;
    expect((await operator.fetch(path, { method: 'DELETE' })).status).toBe(204);
    expect((await operator.fetch(path, { method: 'DELETE' })).status).toBe(404);
  });

  it('gives the same rows again for the same Idempotency-Key, and CONFLICT for another input', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const input = { phone: '79001234567', channels: ['MESSAGE', 'CALL'] };
    const first = await (await post(operator, input, key)).json();
    await suppress({ phone: '79001234567', note: 'later' });
    const again = await post(operator, { ...input, phone: '+7 900 123-45-67' }, key);
    expect([again.status, await again.json()]).toEqual([
      201,
      (first as Suppression[]).map((row) => ({ ...row, note: 'later' })),
    ]);
    const other = await post(operator, { ...input, channels: ['CALL'] }, key);
    expect(other.status).toBe(409);
    await server.database.query('truncate suppression');
    expect((await post(operator, input, key)).status).toBe(404);
  });

  it.each([
    undefined,
    null,
    [],
    'text',
    {},
    { phone: 7, channels: 'CALL' },
    { phone: '79001234567', channels: ['FAX'] },
  ])('refuses the body %j', async (body) => {
    const refused = await post(operator, body);
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('is closed to nobody, and to tokens of other things', async () => {
    for (const [as, status] of [
      [server.nobody, 401],
      [await server.token('CALLS'), 403],
    ] as const) {
      expect((await as.fetch('/api/v1/suppressions')).status).toBe(status);
      expect((await post(as, { phone: '79001234567', channels: ['CALL'] })).status).toBe(status);
    }
    const reads = await server.token('READ');
    expect((await reads.fetch('/api/v1/suppressions')).status).toBe(200);
    expect((await post(reads, { phone: '79001234567', channels: ['CALL'] })).status).toBe(403);
  });
});

it('leaves who did what to which row, and no number', async () => {
  await server.database.query('truncate audit_entry');
  const rows = (await suppress({ phone: '79001234567', note: 'asked' })).data?.suppress ?? [];
  await suppress({ phone: '79001234567' });
  await unsuppress(rows[0]?.id ?? '');
  const entries = await server.database.query<object>(
    'select action, subject, actor, detail from audit_entry order by id',
  );
  expect(entries).toEqual([
    ...rows.map((row) => expect.objectContaining({ action: 'suppress', subject: `suppression:${row?.id}` })),
    expect.objectContaining({ action: 'unsuppress', subject: `suppression:${rows[0]?.id}`, detail: null }),
  ]);
  expect(JSON.stringify(entries)).not.toMatch(/9001234567|asked/);
});
