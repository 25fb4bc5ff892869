// What the old mailing server's routes make of bodies that nobody should send, and of a database that is away.
import fc from 'fast-check';
import { json, LegacyApi, someNumber } from '../support/legacy-api.js';
import { type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let api: LegacyApi;
beforeAll(async () => {
  // Without a worker nothing is planned or sent while these tests look at it.
  server = await testServer({ ROLES: 'web', USER_REQUESTS_PER_MINUTE: '1000000' });
  api = new LegacyApi(server, await server.token('MAILINGS'));
});
afterAll(() => server.close());

describe('bodies', () => {
  it.each([
    ['nothing', { method: 'POST' }],
    [
      'an empty body that says it is JSON',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '' },
    ],
    ['a list', json('POST', [])],
    ['a text', json('POST', 'text')],
    ['null', json('POST', null)],
    ['7', json('POST', 7)],
    ['broken JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }],
    ['a prototype', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"__proto__":{"a":1}}' }],
  ])('%s: 400', async (_what, init) => {
    for (const path of ['/api/create/client', '/api/create/mailing', '/api/create/api/mailing']) {
      const { status, body } = await api.answer(path, init);
      expect([path, status, typeof body]).toEqual([path, 400, 'object']);
    }
  });

  it('of another kind are 415, and those that are too large 413', async () => {
    const xml = { method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<client/>' };
    expect(await api.answer('/api/create/client', xml)).toEqual({ status: 415, body: { detail: expect.any(String) } });
    const large = json('POST', { number: someNumber(), tag: 'x'.repeat(257 * 1_024) });
    expect(await api.answer('/api/create/client', large)).toEqual({
      status: 413,
      body: { detail: expect.any(String) },
    });
  });

  it('that are empty and say that they are JSON do no harm to DELETE', async () => {
    const init = { method: 'DELETE', headers: { 'content-type': 'application/json' } };
    const [{ id }, mailing] = [await api.newClient(), await api.newMailing()];
    expect((await api.answer(`/api/delete/client/${id}`, init)).status).toBe(200);
    expect((await api.answer(`/api/delete/api/mailing/${mailing.id}`, init)).status).toBe(200);
  });
});

describe('made up bodies', () => {
  const words = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('', ' ', '\0', 'null', '79001234567', '900', 'Europe/Moscow', 'UTC', '09:00', '23:59:59', '24:00'),
    fc.constantFrom(
      '2096-01-01',
      '2096-13-01T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '-271821-04-20',
      '0001-01-01T00:00:00Z',
    ),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    fc.stringMatching(/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?$/),
    fc.stringMatching(/^\d{1,2}:\d{2}(:\d{2})?$/),
  );
  const value = fc.oneof({ weight: 4, arbitrary: words }, fc.anything({ maxDepth: 2 }).filter(isJson));
  const body = (names: readonly string[]) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] }) },
      fc.dictionary(fc.string(), value),
      value,
    );
  const clientFields = ['number', 'operator_code', 'tag', 'timezone'];
  const mailingFields = ['start_day', 'end_day', 'start_time', 'end_time', 'body', 'tag', 'operator_code'];
  const runs = { numRuns: 250 };

  const isRefusedOrDone = async (path: string, init: RequestInit): Promise<void> => {
    const { status } = await api.answer(path, init);
    expect([200, 400, 409, 413]).toContain(status);
  };

  it.each([
    ['POST', '/api/create/client', clientFields],
    ['PUT', '/api/update/client/', clientFields],
    ['POST', '/api/create/api/mailing', mailingFields],
    ['PUT', '/api/update/mailing/', mailingFields],
  ])('%s %s never is our fault', async (method, path, names) => {
    const { id } = path.includes('client') ? await api.newClient() : await api.newMailing();
    const to = method === 'PUT' ? `${path}${id}` : path;
    await fc.assert(
      fc.asyncProperty(body(names), (made) => isRefusedOrDone(to, json(method, made ?? null))),
      runs,
    );
    const fields = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), words), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(fields, (made) => isRefusedOrDone(to, { method, body: new URLSearchParams(made) })),
      runs,
    );
  });

  it('leave nothing behind that cannot be read', async () => {
    for (const path of ['/api/clients', '/api/messages', '/api/mails/full']) await api.get(path);
    const mailings = await server.database.query<{ id: string }>('select id from mailing where hidden_at is null');
    expect(mailings.length).toBeGreaterThan(1);
    for (const { id } of mailings) await api.get(`/api/mails/${id}`);
  });

  it.each(['GET /api/mails/', 'PUT /api/update/client/', 'DELETE /api/delete/mailing/'])('%s… ids', async (route) => {
    const [method = '', path] = route.split(' ');
    const id = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }), fc.bigInt().map(String));
    await fc.assert(
      fc.asyncProperty(id, async (given) => {
        const init = method === 'PUT' ? json(method, {}) : { method };
        const { status } = await api.as.fetch(`${path}${encodeURIComponent(given.toWellFormed())}`, init);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 200 },
    );
  });
});

/** What JSON can say. */
function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

describe('the database is away', () => {
  it('is 503 with Retry-After', async () => {
    const { pool } = server.app.parts.database;
    Reflect.set(pool, 'query', () => Promise.reject(Object.assign(new Error('gone'), { code: '57P01' })));
    const response = await api.as.fetch('/api/clients').finally(() => Reflect.deleteProperty(pool, 'query'));
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
    expect(await response.json()).toEqual({ detail: expect.any(String) });
  });

  it('in the middle of a list breaks the connection, so that nobody takes a part for the whole', async () => {
    const { id } = await api.newMailing();
    await api.putMessages(id, { SENT: 3_000 });
    const { pool } = server.app.parts.database;
    const query = pool.query.bind(pool) as (...given: unknown[]) => unknown;
    let pages = 0;
    Reflect.set(pool, 'query', (...given: unknown[]) => {
      if (!String(given[0]).includes('from message m') || ++pages < 3) return query(...given);
      return Promise.reject(Object.assign(new Error('gone'), { code: '57P01' }));
    });
    const response = await api.as.fetch('/api/messages');
    const read = await response.text().then(
      () => 'whole',
      () => 'broken',
    );
    Reflect.deleteProperty(pool, 'query');
    expect([response.status, read]).toEqual([200, 'broken']);
  });
});
