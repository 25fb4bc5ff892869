// The directory over REST.
import { randomUUID } from 'node:crypto';
import { addClient, type ClientNode, sendJson, someone } from '../support/clients.js';
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
afterEach(() => server.database.query('truncate client, lead'));

describe('/api/v1/clients', () => {
  it('adds, shows, changes and deletes', async () => {
    const added = await sendJson(operator, {
      method: 'POST',
      path: '/api/v1/clients/',
      body: { ...someone, tag: 'vip', name: 'Anna' },
    });
    expect(added.status).toBe(201);
    const client = (await added.json()) as ClientNode;
    expect(client).toEqual({
      ...{ id: expect.stringMatching(/^\d+$/), phone: '79001234567', operatorCode: '900', tag: 'vip', name: 'Anna' },
      ...{ timezone: 'Europe/Moscow', localTime: expect.stringMatching(/^\d\d:\d\d$/) },
      ...{ createdAt: expect.stringMatching(/Z$/), updatedAt: expect.stringMatching(/Z$/) },
    });
    const path = `/api/v1/clients/${client.id}`;
    expect(await (await viewer.fetch(path)).json()).toMatchObject({ id: client.id, phone: '•••••••4567' });
    const changed = await sendJson(operator, {
      method: 'PATCH',
      path: path,
      body: { name: null, phone: '79161234567' },
    });
    expect([changed.status, await changed.json()]).toEqual([
      200,
      expect.objectContaining({ name: null, tag: 'vip', phone: '79161234567', operatorCode: '916' }),
    ]);
    expect((await operator.fetch(path, { method: 'DELETE' })).status).toBe(204);
    for (const [method, body] of [['GET'], ['PATCH', '{}'], ['DELETE']] as const) {
      const gone = await operator.fetch(path, {
        method,
        ...(body ? { body, headers: { 'content-type': 'application/json' } } : {}),
      });
      expect([method, gone.status]).toEqual([method, 404]);
      expect(await gone.json()).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it('gives the first client again for the same Idempotency-Key, and CONFLICT for another input', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const answers = await Promise.all(
      [1, 2, 3].map(() => sendJson(operator, { method: 'POST', path: '/api/v1/clients', body: someone, headers: key })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    const ids = await Promise.all(answers.map(async (answer) => ((await answer.json()) as ClientNode).id));
    expect(new Set(ids).size).toBe(1);
    const other = await sendJson(operator, {
      method: 'POST',
      path: '/api/v1/clients',
      body: { ...someone, name: 'Anna' },
      headers: key,
    });
    expect([other.status, await other.json()]).toEqual([
      409,
      expect.objectContaining({ reasons: ['IDEMPOTENCY_KEY_REUSED'] }),
    ]);
    const again = await sendJson(operator, { method: 'POST', path: '/api/v1/clients', body: someone });
    expect([again.status, await again.json()]).toEqual([
      409,
      expect.objectContaining({ reasons: ['DUPLICATE_PHONE'] }),
    ]);
  });

  it('answers a misspelt parameter or key with the one that was probably meant, instead of everybody', async () => {
    const { id } = await addClient(operator, { tag: 'vip' });
    const misspelt = [
      ['GET', '/api/v1/clients?tag=vip', undefined, 'tag', 'tags'],
      ['GET', '/api/v1/clients?operator_code=900&limit=0', undefined, 'operator_code', 'operatorCodes'],
      ['PATCH', `/api/v1/clients/${id}`, { tags: 'x' }, 'tags', 'tag'],
      ['POST', '/api/v1/clients', { ...someone, timeZone: 'Europe/Moscow' }, 'timeZone', 'timezone'],
    ] as const;
    for (const [method, path, body, name, meant] of misspelt) {
      const answer = await (body ? sendJson(operator, { method, path, body }) : operator.fetch(path));
      const { fields } = (await answer.json()) as { fields: object[] };
      const fault = { path: name, code: 'UNKNOWN', message: `unknown; did you mean ${meant}?` };
      expect([path, answer.status, fields]).toEqual([path, 400, expect.arrayContaining([fault])]);
    }
    const wrong = await sendJson(operator, { method: 'PATCH', path: `/api/v1/clients/${id}`, body: { tag: ['x'] } });
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { fields: [{ path: 'tag' }] }]);
  });

  it('lists by filter, page by page', async () => {
    for (let i = 0; i < 5; i++) await addClient(operator, { phone: `7900000000${i}`, tag: i < 4 ? 'a' : 'b' });
    await addClient(operator, { phone: '79160000000', tag: 'a' });
    const seen: ClientNode[] = [];
    for (
      let path: string | undefined = '/api/v1/clients?operatorCodes=900&tags=a&tags=c&orderBy=OLDEST&limit=3';
      path;
    ) {
      const answer: Response = await operator.fetch(path);
      seen.push(...((await answer.json()) as ClientNode[]));
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(seen.map(({ phone }) => phone)).toEqual([0, 1, 2, 3].map((i) => `7900000000${i}`));
  });

  it.each<[string, string]>([
    ['limit=0', 'limit'],
    ['orderBy=NAME', 'orderBy'],
    ['operatorCodes=9000', 'filter.operatorCodes.0'],
    ['search=%00', 'filter.search'],
    ['search=a&search=b', 'search'],
    ['after=nonsense', 'after'],
  ])('refuses ?%s and names the parameter', async (query, path) => {
    const refused = await operator.fetch(`/api/v1/clients?${query}`);
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'BAD_USER_INPUT', fields: [expect.objectContaining({ path })] }),
    ]);
  });

  it.each([undefined, null, [], 'text', 7, {}, { phone: 79001234567, timezone: 'UTC' }, { ...someone, tag: { a: 1 } }])(
    'refuses the body %j',
    async (body) => {
      const { id } = await addClient(operator, { phone: '79007777777' });
      const added = await sendJson(operator, { method: 'POST', path: '/api/v1/clients', body });
      expect([added.status, ((await added.json()) as { code: string }).code]).toEqual([400, 'BAD_USER_INPUT']);
      if (JSON.stringify(body) === '{}') return;
      const changed = await sendJson(operator, { method: 'PATCH', path: `/api/v1/clients/${id}`, body });
      expect([changed.status, ((await changed.json()) as { code: string }).code]).toEqual([400, 'BAD_USER_INPUT']);
    },
  );

  it.each(['0', '-1', '9223372036854775808', 'abc', '1;drop', '%00', 'x'.repeat(90)])(
    'an id that cannot exist is not found: %s',
    async (id) => {
      for (const method of ['GET', 'DELETE']) {
        const answer = await operator.fetch(`/api/v1/clients/${id}`, { method });
        expect([400, 404]).toContain(answer.status);
      }
    },
  );

  it('is closed to nobody, and to tokens of other things', async () => {
    for (const [as, status] of [
      [server.nobody, 401],
      [await server.token('LEADS_READ', 'CALLS'), 403],
    ] as const) {
      expect((await as.fetch('/api/v1/clients')).status).toBe(status);
      expect((await sendJson(as, { method: 'POST', path: '/api/v1/clients', body: someone })).status).toBe(status);
    }
    const reads = await server.token('READ');
    expect((await reads.fetch('/api/v1/clients')).status).toBe(200);
    expect((await sendJson(reads, { method: 'POST', path: '/api/v1/clients', body: someone })).status).toBe(403);
    expect(
      (await sendJson(await server.token('MAILINGS'), { method: 'POST', path: '/api/v1/clients', body: someone }))
        .status,
    ).toBe(201);
  });
});
