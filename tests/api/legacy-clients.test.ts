// The old mailing server's directory of clients: its routes with their names, texts and statuses.
import {
  type Fields,
  form,
  impossibleIds,
  json,
  LegacyApi,
  type LegacyRow,
  multipart,
  notFound,
  someNumber,
} from '../support/legacy-api.js';
import { type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let api: LegacyApi;
beforeAll(async () => {
  // Without a worker nothing is planned or sent while these tests look at it.
  server = await testServer({ ROLES: 'web' });
  api = new LegacyApi(server, await server.token('MAILINGS'));
});
afterAll(() => server.close());

describe.each(['', '/'])('clients, with %j at the end', (slash) => {
  it('POST /api/create/client adds one from JSON', async () => {
    const fields = { number: someNumber(), operator_code: '999', tag: 'ночь', timezone: 'Asia/Omsk' };
    const made = await api.answer(`/api/create/client${slash}`, json('POST', fields));
    expect(made).toEqual({ status: 200, body: { id: expect.any(Number), ...fields } });
    expect(await api.get<LegacyRow[]>(`/api/clients${slash}`)).toContainEqual(made.body);
  });

  it.each([
    ['urlencoded', form],
    ['multipart, as FormData is sent', multipart],
  ])('POST /api/create/client adds one from a form: %s', async (_name, send) => {
    const fields = { number: someNumber(), operator_code: '901', tag: '', timezone: 'UTC' };
    const made = await api.answer(`/api/create/client${slash}`, send('POST', fields));
    expect(made).toEqual({ status: 200, body: { id: expect.any(Number), ...fields } });
  });

  it('PUT /api/update/client/{pk} changes what is given', async () => {
    const { id, ...before } = await api.newClient({ tag: 'old', timezone: 'Asia/Omsk' });
    const changed = { id, ...before, tag: 'new' };
    expect(await api.answer(`/api/update/client/${id}${slash}`, json('PUT', { tag: 'new' }))).toEqual({
      status: 200,
      body: changed,
    });
    const number = someNumber();
    const form1 = await api.answer(`/api/update/client/${id}${slash}`, form('PUT', { number, operator_code: '912' }));
    expect(form1.body).toEqual({ ...changed, number, operator_code: '912' });
    expect(await api.get<LegacyRow[]>('/api/clients')).toContainEqual(form1.body);
    const form2 = await api.answer(`/api/update/client/${id}${slash}`, multipart('PUT', { tag: 'from FormData' }));
    expect(form2).toEqual({ status: 200, body: { ...(form1.body as object), tag: 'from FormData' } });
  });

  it('DELETE /api/delete/client/{pk} deletes, once', async () => {
    const { id } = await api.newClient();
    const path = `/api/delete/client/${id}${slash}`;
    expect(await api.answer(path, { method: 'DELETE' })).toEqual({ status: 200, body: 'Client deleted.' });
    expect(await api.answer(path, { method: 'DELETE' })).toEqual(notFound);
    expect((await api.get<LegacyRow[]>('/api/clients')).filter((one) => one.id === id)).toEqual([]);
  });
});

describe('clients', () => {
  it('take numbers as JSON numbers, the operator code from the number and the zone from DEFAULT_TIMEZONE', async () => {
    const number = someNumber();
    expect(await api.newClient({ number: Number(number) })).toEqual({
      id: expect.any(Number),
      number,
      operator_code: number.slice(1, 4),
      tag: '',
      timezone: 'Europe/Moscow',
    });
    expect(await api.newClient({ operator_code: 912, tag: 5 })).toMatchObject({ operator_code: '912', tag: '5' });
  });

  it('keep the number of each to itself', async () => {
    const { number } = await api.newClient();
    const other = await api.newClient();
    const taken = { status: 400, body: { number: [expect.any(String)] } };
    expect(await api.answer('/api/create/client', json('POST', { number }))).toEqual(taken);
    expect(await api.answer(`/api/update/client/${other.id}`, json('PUT', { number }))).toEqual(taken);
    expect(await api.get<LegacyRow[]>('/api/clients')).toContainEqual(other);
  });

  it('come back under their old id with the number of one who was deleted', async () => {
    const { id, number } = await api.newClient({ tag: 'before' });
    await api.answer(`/api/delete/client/${id}`, { method: 'DELETE' });
    expect(await api.newClient({ number, tag: 'again' })).toMatchObject({ id, number, tag: 'again' });
  });

  it.each<[string, Fields, string]>([
    ['T13: +79001234567', { number: '+79001234567' }, 'number'],
    ['T13: 7900123456', { number: '7900123456' }, 'number'],
    ['T13: 79001234567a', { number: '79001234567a' }, 'number'],
    ['13 digits, which the old server stored', { number: '8771332121983' }, 'number'],
    ['no number', { number: undefined }, 'number'],
    ['null', { number: null }, 'number'],
    ['an object', { number: { $gt: '' } }, 'number'],
    ['a list', { number: ['79001234567'] }, 'number'],
    ['an operator code of four digits', { operator_code: '9001' }, 'operator_code'],
    ['an operator code of letters', { operator_code: 'mts' }, 'operator_code'],
    ['a tag of 101 letters', { tag: 'x'.repeat(101) }, 'tag'],
    ['a tag with NUL', { tag: 'a\0b' }, 'tag'],
    ['T14: Mars/Base', { timezone: 'Mars/Base' }, 'timezone'],
    ['T14: UTC+3', { timezone: 'UTC+3' }, 'timezone'],
    ['T14: an empty zone', { timezone: '' }, 'timezone'],
  ])('refuse %s', async (_what, fields, name) => {
    const { id } = await api.newClient();
    const refused = { status: 400, body: { [name]: [expect.any(String)] } };
    expect(await api.answer('/api/create/client', json('POST', { number: someNumber(), ...fields }))).toEqual(refused);
    if (fields[name] !== undefined)
      expect(await api.answer(`/api/update/client/${id}`, json('PUT', fields))).toEqual(refused);
  });

  it('tell everything that is wrong at once', async () => {
    const { status, body } = await api.answer(
      '/api/create/client',
      json('POST', { number: 'x', tag: [], timezone: 'x' }),
    );
    expect([status, Object.keys(body as object).sort()]).toEqual([400, ['tag']]);
    const next = await api.answer(
      '/api/create/client',
      json('POST', { number: 'x', operator_code: 'x', timezone: 'x' }),
    );
    expect(Object.keys(next.body as object).sort()).toEqual(['number', 'operator_code', 'timezone']);
  });

  it.each(impossibleIds)('are not found under the id %s', async (pk) => {
    expect(await api.answer(`/api/update/client/${pk}`, json('PUT', {}))).toEqual(notFound);
    expect(await api.answer(`/api/delete/client/${pk}`, { method: 'DELETE' })).toEqual(notFound);
  });

  it('HEAD tells no more than that they are there', async () => {
    for (const path of ['/api/clients', '/api/messages', '/api/mails/full']) {
      const response = await api.as.fetch(path, { method: 'HEAD' });
      expect([path, response.status, await response.text()]).toEqual([path, 200, '']);
    }
  });

  it('are told all, however many', async () => {
    await server.database.query(
      `insert into client (phone, operator_code, timezone) select 70000000000 + n, '000', 'UTC' from generate_series(1, 2500) n`,
    );
    const all = await api.get<LegacyRow[]>('/api/clients');
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(ids.length);
    const [{ count } = { count: 0 }] = await server.database.query<{ count: number }>(
      'select count(*)::int as count from client where hidden_at is null',
    );
    expect(ids).toHaveLength(count);
    await server.database.query(`delete from client where operator_code = '000'`);
  });
});
