// Who may use the routes of the old mailing server, with a token and, where LEGACY_OPEN says so, without.
import { type Fields, json, LegacyApi, type LegacyRow, someNumber } from '../support/legacy-api.js';
import { type Client, client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let api: LegacyApi;
beforeAll(async () => {
  // Without a worker nothing is planned or sent while these tests look at it.
  server = await testServer({ ROLES: 'web' });
  api = new LegacyApi(server, await server.token('MAILINGS'));
});
afterAll(() => server.close());

describe('who may', () => {
  const reads = ['/api/', '/api/routes', '/api/clients', '/api/messages', '/api/mails/full', '/api/mails/1'];
  const writes: [string, string][] = [
    ['POST', '/api/create/client'],
    ['PUT', '/api/update/client/1'],
    ['DELETE', '/api/delete/client/1'],
    ['POST', '/api/create/mailing'],
    ['POST', '/api/create/api/mailing'],
    ['PUT', '/api/update/mailing/1'],
    ['DELETE', '/api/delete/mailing/1'],
    ['DELETE', '/api/delete/api/mailing/1'],
  ];
  const told = { detail: expect.any(String) };
  const tryRead = async (as: Client) => Promise.all(reads.map((path) => api.answer(path, {}, as)));
  const tryWrite = async (as: Client) =>
    Promise.all(
      writes.map(([method, path]) => api.answer(path, method === 'DELETE' ? { method } : json(method, {}), as)),
    );

  it('nobody and a wrong token: 401', async () => {
    for (const as of [server.nobody, client(server.url, 'sb_live_wrong')]) {
      for (const one of [...(await tryRead(as)), ...(await tryWrite(as))])
        expect(one).toEqual({ status: 401, body: told });
    }
    const bare = await server.nobody.fetch('/api/clients');
    expect(bare.headers.get('www-authenticate')).toBe('Bearer realm="switchboard"');
  });

  it('a token for something else: 403', async () => {
    const other = await server.token('CALLS', 'LEADS_READ', 'IMEI_CHECK');
    for (const one of [...(await tryRead(other)), ...(await tryWrite(other))])
      expect(one).toEqual({ status: 403, body: told });
  });

  it('READ reads, and a VIEWER too; they write nothing', async () => {
    for (const as of [await server.token('READ'), await server.person('VIEWER')]) {
      for (const { status } of await tryRead(as)) expect([200, 404]).toContain(status);
      for (const one of await tryWrite(as)) expect(one).toEqual({ status: 403, body: told });
    }
  });

  it('MAILINGS, an OPERATOR and an ADMIN do both', async () => {
    for (const as of [api.as, await server.person('OPERATOR'), server.admin]) {
      for (const { status } of await tryRead(as)) expect([200, 404]).toContain(status);
      for (const { status } of await tryWrite(as)) expect([200, 400, 404]).toContain(status);
    }
  });

  it('somebody with a one-time password: 403', async () => {
    const person = await server.person('OPERATOR');
    await server.database.query('update person set must_change_password = true where id = $1', [person.id]);
    server.app.parts.authenticator.forget();
    expect(await api.answer('/api/clients', {}, person)).toEqual({ status: 403, body: told });
  });

  it('a VIEWER sees the last four digits of a number', async () => {
    const { id, number } = await api.newClient();
    const viewer = await server.person('VIEWER');
    const seen = (await api.get<LegacyRow[]>('/api/clients', viewer)).find((one) => one.id === id);
    expect(seen?.number).toBe(`•••••••${String(number).slice(-4)}`);
  });
});

it('leaves an audit entry for each write, without the data', async () => {
  const { id, number } = await api.newClient();
  const mailing = await api.newMailing({ body: 'a secret text' });
  await api.answer(`/api/delete/mailing/${mailing.id}`, { method: 'DELETE' });
  const entries = await server.database.query<{ action: string; subject: string }>(
    `select action, subject from audit_entry where subject in ($1, $2) order by id`,
    [`client:${id}`, `mailing:${mailing.id}`],
  );
  expect(entries.map(({ action }) => action)).toEqual([
    'createClient',
    'createMailing',
    'cancelMailing',
    'deleteMailing',
  ]);
  expect(JSON.stringify(await server.database.query('select * from audit_entry'))).not.toMatch(
    new RegExp(`${number}|secret text`),
  );
});

it('a page of another port of loopback may ask the API, but neither these routes nor the simulators', async () => {
  const origin = 'http://localhost:5173';
  const allowed = async (path: string, method: string) => {
    const preflight = { method: 'OPTIONS', headers: { origin, 'access-control-request-method': method } };
    const answers = [
      await server.nobody.fetch(path, preflight),
      await server.nobody.fetch(path, { method, headers: { origin } }),
    ];
    return answers.map(({ headers }) => headers.get('access-control-allow-origin'));
  };
  const open = [
    'POST /graphql',
    'GET /api/v1/clients',
    'POST /oauth/token',
    'GET /.well-known/oauth-authorization-server',
  ];
  const own = [
    'GET /api/clients',
    'PUT /api/update/client/1',
    'DELETE /api/delete/mailing/1/',
    'PUT /api/v1/simulators/gateway',
  ];
  for (const [routes, answered] of [
    [open, origin],
    [own, null],
  ] as const)
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ');
      expect([route, ...(await allowed(path, method))]).toEqual([route, answered, answered]);
    }
});

describe('LEGACY_OPEN', () => {
  it('opens these routes without a token to the callers that it names, through a proxy too', async () => {
    const open = await testServer({ ROLES: 'web', LEGACY_OPEN: '198.51.100.0/24,loopback' });
    try {
      const from = (address: string, token?: string): Client => client(open.url, token, { 'x-forwarded-for': address });
      const friend = from('198.51.100.7');
      const number = someNumber();
      const made = await api.answer('/api/create/client', json('POST', { number }), friend);
      expect(made).toMatchObject({ status: 200, body: { number } });
      expect(await api.get<LegacyRow[]>('/api/clients', friend)).toEqual([made.body]);
      expect((await api.answer('/api/create/api/mailing', json('POST', { body: 'x' }), friend)).status).toBe(200);
      // Nobody else, nothing else, and no token that is wrong or for something else.
      expect((await api.answer('/api/clients', {}, from('198.51.101.7'))).status).toBe(401);
      expect((await api.answer('/api/clients', {}, from('127.0.0.1'))).status).toBe(401);
      expect((await api.answer('/api/clients', {}, from('198.51.100.7, 203.0.113.1'))).status).toBe(401);
      expect((await fetch(`${open.url}/api/clients`)).status).toBe(401);
      expect((await api.answer('/api/clients', {}, from('198.51.100.7', 'sb_live_wrong'))).status).toBe(401);
      const calls = await open.token('CALLS');
      expect((await api.answer('/api/clients', {}, from('198.51.100.7', calls.accessToken))).status).toBe(403);
      expect((await friend.fetch('/api/v1/users')).status).toBe(401);
      expect((await friend.graphql('{ clients { totalCount } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
      const foreign = {
        ...json('POST', { number: someNumber() }),
        headers: { 'content-type': 'application/json', origin: 'https://evil.example' },
      };
      expect((await api.answer('/api/create/client', foreign, friend)).status).toBe(401);
    } finally {
      await open.close();
    }
  });

  it('loopback is this machine itself, and no proxy on it', async () => {
    const open = await testServer({ ROLES: 'web', LEGACY_OPEN: 'loopback', TRUSTED_PROXIES: '' });
    try {
      expect((await fetch(`${open.url}/api/clients`)).status).toBe(200);
      for (const headers of [
        { 'x-forwarded-for': '198.51.100.7' },
        { 'x-forwarded-for': '127.0.0.1' },
        { forwarded: 'for=198.51.100.7' },
      ])
        expect((await fetch(`${open.url}/api/clients`, { headers })).status).toBe(401);
    } finally {
      await open.close();
    }
  });
});

it('is described: every route with its body and its answers', async () => {
  const { paths } = (await (await server.nobody.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { tags: string[]; requestBody?: { content: object }; responses: Fields }>>;
  };
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, { tags, requestBody }]) =>
      tags.includes('Legacy mailings') ? [`${method} ${path} ${Object.keys(requestBody?.content ?? {}).length}`] : [],
    ),
  );
  expect(described.sort()).toEqual([
    'delete /api/delete/api/mailing/{pk} 0',
    'delete /api/delete/client/{pk} 0',
    'delete /api/delete/mailing/{pk} 0',
    'get /api 0',
    'get /api/clients 0',
    'get /api/mails/full 0',
    'get /api/mails/{pk} 0',
    'get /api/messages 0',
    'get /api/routes 0',
    'post /api/create/api/mailing 3',
    'post /api/create/client 3',
    'post /api/create/mailing 3',
    'put /api/update/client/{pk} 3',
    'put /api/update/mailing/{pk} 3',
  ]);
});
