// Who may be in the directory, how they are changed, and what becomes of those who are deleted.
import {
  addClient,
  codeOf,
  createClient,
  deleteClient,
  faultsOf,
  findClient,
  listClients,
  someone,
  updateClient,
} from '../support/clients.js';
import { type Client as Asking, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: Asking;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate client, lead'));

const count = async () => (await server.database.query<{ n: number }>('select count(*)::int as n from client'))[0]?.n;

describe('a new client', () => {
  it('has what was said, an operator code from the phone, and the time of its zone', async () => {
    const client = await addClient(operator, { tag: ' vip ', name: ' Anna ', timezone: 'asia/tokyo' });
    expect(client).toEqual({
      id: expect.stringMatching(/^\d+$/),
      phone: '79001234567',
      operatorCode: '900',
      tag: 'vip',
      timezone: 'Asia/Tokyo',
      name: 'Anna',
      localTime: expect.stringMatching(/^\d\d:\d\d$/),
      suppressed: [],
      createdAt: expect.any(String),
      updatedAt: client.createdAt,
    });
    const there = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
    const tokyo = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(11, 16);
    expect((there(tokyo) - there(client.localTime) + 1_440) % 1_440).toBeLessThanOrEqual(1);
    expect(await findClient(operator, client.id)).toEqual(client);
  });

  it('may have another operator code, and neither tag nor name', async () => {
    expect(await addClient(operator, { operatorCode: '916' })).toMatchObject({
      operatorCode: '916',
      tag: '',
      name: null,
    });
    expect(await addClient(operator, { phone: '77712345678', name: ' ', tag: null })).toMatchObject({
      operatorCode: '771',
      name: null,
    });
  });

  it.each([
    '+79001234567',
    '7900123456',
    '79001234567a',
    '89001234567',
    '790012345678',
    ' 79001234567',
    '79001234567\n',
    '٧٩٠٠١٢٣٤٥٦٧',
    '7900123456\u0000',
    '',
  ])('T13: has no phone %j', async (phone) => {
    const refused = await createClient(operator, { ...someone, phone });
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', ['phone']]);
    expect(await count()).toBe(0);
  });

  it.each(['Mars/Base', 'UTC+3', '', ' ', '+03:00', 'Europe/Moscow\u0000', 'GMT-3', 'x'.repeat(300), '../../etc'])(
    'T14: lives in no zone %j',
    async (timezone) => {
      const refused = await createClient(operator, { ...someone, timezone });
      expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', ['timezone']]);
      const written = await operator.graphql(
        `mutation { createClient(input: { phone: "79001234567", timezone: ${JSON.stringify(timezone)} }) { id } }`,
      );
      expect([codeOf(written), faultsOf(written)]).toEqual(['BAD_USER_INPUT', ['timezone']]);
      expect(await count()).toBe(0);
    },
  );

  it.each([
    ['operatorCode', '90'],
    ['operatorCode', '9000'],
    ['operatorCode', '9oo'],
    ['tag', 'x'.repeat(101)],
    ['tag', 'v\u0000ip'],
    ['name', 'x'.repeat(201)],
    ['name', 'An\u0000na'],
    ['name', 'An\u001bna'],
  ])('has no %s %j', async (field, value) => {
    const refused = await createClient(operator, { ...someone, [field]: value });
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', [field]]);
  });

  it('is no half of a surrogate pair: the field is named, and nothing is stored', async () => {
    const half = 'An\ud83d na';
    const [byVariable, byLiteral, listed] = await Promise.all([
      createClient(operator, { ...someone, name: half, tag: '\udc00' }),
      operator.graphql(
        String.raw`mutation { createClient(input: {phone: "79001234567", name: "An\ud83d na"}) { id } }`,
      ),
      operator.graphql('query ($s: String) { clients(first: 1, filter: {search: $s}) { totalCount } }', { s: half }),
    ]);
    expect([codeOf(byVariable), faultsOf(byVariable)]).toEqual(['BAD_USER_INPUT', ['input.name', 'input.tag']]);
    expect(codeOf(byLiteral)).toBe('BAD_USER_INPUT');
    expect([codeOf(listed), faultsOf(listed)]).toEqual(['BAD_USER_INPUT', ['s']]);
    const answer = await operator.fetch('/api/v1/clients', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: String.raw`{"phone": "79001234567", "name": "An\ud83d na", "timezone": "Mars/Base"}`,
    });
    const { status, fields } = (await answer.json()) as { status: number; fields: { path: string }[] };
    expect([status, fields.map(({ path }) => path)]).toEqual([400, ['name', 'timezone']]);
    expect(await count()).toBe(0);
  });

  it('is told everything that is wrong at once, and none of it is repeated', async () => {
    const refused = await createClient(operator, {
      phone: '+79001234567',
      timezone: 'Mars/Base',
      operatorCode: 'x',
      tag: '\u0000',
    });
    expect(faultsOf(refused)?.sort()).toEqual(['operatorCode', 'phone', 'tag', 'timezone']);
    expect(JSON.stringify(refused.errors)).not.toContain('9001234567');
  });

  it.each([
    ['{ phone: 79001234567, timezone: "UTC" }', 'input.phone'],
    ['{ phone: "79001234567", timezone: 3 }', 'input.timezone'],
  ])('is no %s', async (input, path) => {
    const refused = await operator.graphql(`mutation { createClient(input: ${input}) { id } }`);
    expect([refused.status, codeOf(refused), faultsOf(refused)]).toEqual([400, 'BAD_USER_INPUT', [path]]);
  });

  it('is a conflict where the number is known, and nothing of whose it is gets told', async () => {
    const known = await addClient(operator, { name: 'Anna' });
    const refused = await createClient(operator, { ...someone, name: 'Boris' });
    expect([codeOf(refused), refused.errors?.[0]?.extensions.reasons]).toEqual(['CONFLICT', ['DUPLICATE_PHONE']]);
    expect(JSON.stringify(refused.errors)).not.toMatch(/Anna|9001234567/);
    expect(await findClient(operator, known.id)).toEqual(known);
  });

  it('is one, however many make it at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => createClient(operator, { ...someone, name: `n${i}` })),
    );
    expect(answers.filter(({ data }) => data?.createClient)).toHaveLength(1);
    expect(answers.flatMap(({ errors = [] }) => errors.map(({ extensions }) => extensions.code))).toEqual(
      Array.from({ length: 19 }, () => 'CONFLICT'),
    );
    expect(await count()).toBe(1);
  });
});

describe('a change', () => {
  it('leaves what is absent, and null clears what may be empty', async () => {
    const client = await addClient(operator, { tag: 'vip', name: 'Anna', operatorCode: '916' });
    const renamed = (await updateClient(operator, client.id, { name: 'Boris' })).data?.updateClient;
    expect(renamed).toEqual({ ...client, name: 'Boris', localTime: expect.any(String), updatedAt: expect.any(String) });
    expect(Date.parse(renamed?.updatedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(client.updatedAt));
    expect((await updateClient(operator, client.id, {})).data?.updateClient).toMatchObject({
      name: 'Boris',
      tag: 'vip',
    });
    expect(
      (await updateClient(operator, client.id, { name: null, tag: null, operatorCode: null })).data?.updateClient,
    ).toMatchObject({
      ...{ name: null, tag: '', operatorCode: '900', phone: client.phone, timezone: client.timezone },
    });
  });

  it.each(['phone', 'timezone'])('can take nobody’s %s away', async (field) => {
    const client = await addClient(operator);
    const refused = await updateClient(operator, client.id, { [field]: null });
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', [field]]);
  });

  it('is held to the same rules', async () => {
    const { id } = await addClient(operator);
    const refused = await updateClient(operator, id, {
      phone: '8900',
      timezone: 'UTC+3',
      operatorCode: '1',
      tag: '\u0000',
      name: '\u0000',
    });
    expect(faultsOf(refused)?.sort()).toEqual(['name', 'operatorCode', 'phone', 'tag', 'timezone']);
  });

  it('of the phone takes an operator code along that came from it, and no other', async () => {
    const derived = await addClient(operator);
    expect((await updateClient(operator, derived.id, { phone: '79161234567' })).data?.updateClient.operatorCode).toBe(
      '916',
    );
    const given = await addClient(operator, { operatorCode: '999' });
    expect((await updateClient(operator, given.id, { phone: '79261234567' })).data?.updateClient.operatorCode).toBe(
      '999',
    );
    expect(
      (await updateClient(operator, given.id, { phone: '79361234567', operatorCode: '901' })).data?.updateClient
        .operatorCode,
    ).toBe('901');
  });

  it('to a number that somebody has is a conflict, also where that one was deleted', async () => {
    const [anna, boris] = [await addClient(operator), await addClient(operator, { phone: '79007654321' })];
    for (const step of ['known', 'hidden']) {
      const refused = await updateClient(operator, anna.id, { phone: boris.phone });
      expect([step, codeOf(refused), refused.errors?.[0]?.extensions.reasons]).toEqual([
        step,
        'CONFLICT',
        ['DUPLICATE_PHONE'],
      ]);
      expect(JSON.stringify(refused.errors)).not.toContain('9007654321');
      if (step === 'known') await deleteClient(operator, boris.id);
    }
    expect((await findClient(operator, anna.id))?.phone).toBe(anna.phone);
  });

  it('to one number by many at once has one winner; two who swap theirs are told, not hung', async () => {
    const all = [];
    for (let i = 0; i < 8; i++) all.push(await addClient(operator, { phone: `7900123456${i}` }));
    const answers = await Promise.all(all.map(({ id }) => updateClient(operator, id, { phone: '79009999999' })));
    expect(answers.map(codeOf).filter((code) => code === undefined)).toHaveLength(1);
    expect(answers.map(codeOf).filter((code) => code === 'CONFLICT')).toHaveLength(7);
    const [a, b] = all.slice(-2);
    const swapped = await Promise.all([
      updateClient(operator, a?.id ?? '', { phone: b?.phone }),
      updateClient(operator, b?.id ?? '', { phone: a?.phone }),
    ]);
    for (const answer of swapped) expect([undefined, 'CONFLICT']).toContain(codeOf(answer));
  });

  it('made together with others loses none of them', async () => {
    const { id } = await addClient(operator);
    await Promise.all([
      updateClient(operator, id, { name: 'Anna' }),
      updateClient(operator, id, { tag: 'vip' }),
      updateClient(operator, id, { timezone: 'Asia/Tokyo' }),
    ]);
    expect(await findClient(operator, id)).toMatchObject({ name: 'Anna', tag: 'vip', timezone: 'Asia/Tokyo' });
  });
});

describe('a deleted client', () => {
  it('is in no list, and not found by id', async () => {
    const client = await addClient(operator, { tag: 'vip' });
    expect((await deleteClient(operator, client.id)).data).toEqual({ deleteClient: true });
    expect(await findClient(operator, client.id)).toBeNull();
    expect((await listClients(operator, {})).data?.clients).toMatchObject({ nodes: [], totalCount: 0 });
    const { data } = await operator.graphql('{ clientTags { key } operatorCodes { key } }');
    expect(data).toEqual({ clientTags: [], operatorCodes: [] });
    expect(codeOf(await deleteClient(operator, client.id))).toBe('NOT_FOUND');
    expect(codeOf(await updateClient(operator, client.id, { name: 'x' }))).toBe('NOT_FOUND');
  });

  it('comes back under its id, with the new fields only, when the number is added again', async () => {
    const client = await addClient(operator, { tag: 'vip', name: 'Anna', operatorCode: '916' });
    await deleteClient(operator, client.id);
    const back = await addClient(operator, { timezone: 'Asia/Tokyo' });
    expect(back).toMatchObject({ id: client.id, tag: '', name: null, operatorCode: '900', timezone: 'Asia/Tokyo' });
    expect(await findClient(operator, client.id)).toMatchObject({ timezone: 'Asia/Tokyo' });
    expect(await count()).toBe(1);
  });

  it('comes back once, however many add it at the same moment', async () => {
    await deleteClient(operator, (await addClient(operator)).id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => createClient(operator, someone)));
    expect(answers.filter(({ data }) => data?.createClient)).toHaveLength(1);
  });

  it('is deleted once, however many do it at the same moment', async () => {
    const { id } = await addClient(operator);
    const answers = await Promise.all(Array.from({ length: 10 }, () => deleteClient(operator, id)));
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
  });

  it.each(['0', '-1', '999999999', '9223372036854775808', 'abc', '1;drop', '', '\u0000'])(
    'an id that cannot exist is not found: %j',
    async (id) => {
      expect(await findClient(operator, id)).toBeNull();
      expect(codeOf(await updateClient(operator, id, { name: 'x' }))).toBe('NOT_FOUND');
      expect(codeOf(await deleteClient(operator, id))).toBe('NOT_FOUND');
    },
  );
});

it('leaves who changed which fields of whom, and nothing of what is in them', async () => {
  await server.database.query('truncate audit_entry');
  const { id } = await addClient(operator, { name: 'Anna' });
  await updateClient(operator, id, { tag: 'vip', name: null });
  await deleteClient(operator, id);
  const entries = await server.database.query<{ action: string; subject: string; detail: unknown; actor: string }>(
    'select action, subject, detail, actor from audit_entry order by id',
  );
  expect(entries).toEqual(
    [
      { action: 'createClient', detail: { fields: ['phone', 'timezone', 'name'] } },
      { action: 'updateClient', detail: { changed: ['tag', 'name'] } },
      { action: 'deleteClient', detail: null },
    ].map((entry) => ({ ...entry, subject: `client:${id}`, actor: expect.stringMatching(/^person:\d+$/) })),
  );
});
