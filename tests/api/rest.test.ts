// The REST API of accounts, its OpenAPI document, and the pages for people.
import { randomUUID } from 'node:crypto';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type Document, probesOf } from '../support/openapi-probes.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

const post = (as: Client, path: string, body: unknown) =>
  as.fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const withKey = (as: Client, key: string): Client => ({
  ...as,
  fetch: (path, init) =>
    as.fetch(path, { ...init, headers: { ...Object.fromEntries(new Headers(init?.headers)), 'idempotency-key': key } }),
});
const somebody = () => ({
  login: `p-${randomUUID().slice(0, 8)}`,
  name: 'Somebody',
  password: 'a good password',
  role: 'VIEWER',
});

interface Row {
  readonly id: string;
}

const namesTold = ({ fields = [], detail }: Told): string[] =>
  typeof detail === 'string' ? fields.map(({ path }) => path) : detail.map(({ loc }) => loc.slice(1).join('.'));

interface Told {
  readonly fields?: readonly { readonly path: string }[];
  /** Of leads, with what is wrong where. */
  readonly detail: string | readonly { readonly loc: readonly string[] }[];
}

describe('/api/v1/users', () => {
  it('makes people and shows them without their secrets', async () => {
    const input = somebody();
    const made = await post(server.admin, '/api/v1/users', { ...input, login: input.login.toUpperCase() });
    expect(made.status).toBe(201);
    const user = (await made.json()) as Row;
    expect(user).toEqual({
      id: expect.stringMatching(/^\d+$/),
      login: input.login,
      name: 'Somebody',
      role: 'VIEWER',
      telegramId: null,
      mustChangePassword: false,
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      lastSeenAt: null,
      disabledAt: null,
    });
    const listed = await server.admin.fetch('/api/v1/users/?limit=100');
    expect((await listed.json()) as Row[]).toContainEqual(user);
  });

  it('gives the first person again for the same Idempotency-Key, and CONFLICT for another input', async () => {
    const input = somebody();
    const keyed = withKey(server.admin, randomUUID());
    const [first, again] = [await post(keyed, '/api/v1/users', input), await post(keyed, '/api/v1/users', input)];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await again.json()).toEqual(await first.json());
    const other = await post(keyed, '/api/v1/users', { ...input, name: 'Other' });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ code: 'CONFLICT', reasons: ['IDEMPOTENCY_KEY_REUSED'] });
    expect((await post(withKey(server.admin, 'has spaces'), '/api/v1/users', input)).status).toBe(400);
  });

  it('tells everything that is wrong at once, as problem+json', async () => {
    const answer = await post(server.admin, '/api/v1/users', { login: ' ', name: '', password: 'short', role: 'KING' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    const problem = (await answer.json()) as { fields: { path: string }[] };
    expect(problem).toMatchObject({
      type: 'urn:switchboard:problem:bad-user-input',
      status: 400,
      code: 'BAD_USER_INPUT',
      requestId: answer.headers.get('x-request-id'),
    });
    expect(problem.fields.map(({ path }) => path).sort()).toEqual(['login', 'name', 'password', 'role']);
  });

  it.each([undefined, null, [], 'text', 7, {}])('refuses the body %j', async (body) => {
    const answer = await post(server.admin, '/api/v1/users', body);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([400, 'BAD_USER_INPUT']);
  });

  it('names a login that is taken as a conflict', async () => {
    const answer = await post(server.admin, '/api/v1/users', { ...somebody(), login: 'ADMIN' });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({ code: 'CONFLICT', reasons: ['DUPLICATE_LOGIN'] });
  });

  it('pages by Link headers until there is nothing more', async () => {
    for (let i = 0; i < 3; i++) await post(server.admin, '/api/v1/users', somebody());
    const all = (await (await server.admin.fetch('/api/v1/users?limit=100')).json()) as Row[];
    const paged: Row[] = [];
    for (let path: string | undefined = '/api/v1/users?limit=2'; path; ) {
      const answer: Response = await server.admin.fetch(path);
      paged.push(...((await answer.json()) as Row[]));
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
    }
    expect(paged).toEqual(all);
  });

  it.each([
    'limit=0',
    'limit=-1',
    'limit=101',
    'limit=1.5',
    'limit=x',
    'limit=1&limit=2',
    'limit=',
    'after=nonsense',
    'after=1&after=2',
  ])('T6: refuses ?%s and names the parameter', async (query) => {
    const answer = await server.admin.fetch(`/api/v1/users?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: query.split('=')[0] }] });
  });

  it('is for ADMINs, and for no API token', async () => {
    const viewer = await server.person('VIEWER');
    const operator = await server.person('OPERATOR');
    const token = await server.token('READ', 'MAILINGS');
    for (const [as, status] of [
      [server.nobody, 401],
      [viewer, 403],
      [operator, 403],
      [token, 403],
    ] as const) {
      expect((await as.fetch('/api/v1/users')).status).toBe(status);
      expect((await post(as, '/api/v1/users', somebody())).status).toBe(status);
    }
  });
});

describe('/api/v1/tokens', () => {
  it('makes a token that works, lists it without its secret, and revokes it', async () => {
    const owner = await server.person('OPERATOR');
    const made = await post(owner, '/api/v1/tokens', {
      name: 'CRM',
      scopes: ['READ', 'READ', 'MAILINGS'],
      expiresAt: '2099-01-01T00:00:00Z',
    });
    expect(made.status).toBe(201);
    const { secret, token } = (await made.json()) as { secret: string; token: Row };
    expect(secret).toMatch(/^sb_live_/);
    expect(token).toMatchObject({
      ownerId: owner.id,
      name: 'CRM',
      scopes: ['READ', 'MAILINGS'],
      expiresAt: '2099-01-01T00:00:00.000Z',
      revokedAt: null,
    });
    const listed = await (await owner.fetch('/api/v1/tokens')).text();
    expect(JSON.parse(listed)).toMatchObject([{ id: token.id }]);
    expect(listed).not.toContain(secret);
    const asToken = { headers: { authorization: `Bearer ${secret}` } };
    expect((await server.nobody.fetch('/api/v1/tokens', asToken)).status).toBe(403);
    const gone = await owner.fetch(`/api/v1/tokens/${token.id}`, { method: 'DELETE' });
    expect([gone.status, await gone.text()]).toEqual([204, '']);
    expect((await server.nobody.fetch('/api/v1/tokens', asToken)).status).toBe(401);
  });

  it('shows other people’s tokens to an ADMIN only', async () => {
    const owner = await server.person('VIEWER');
    const { token } = (await (await post(owner, '/api/v1/tokens', { name: 'mine', scopes: ['READ'] })).json()) as {
      token: Row;
    };
    const path = `/api/v1/tokens?userId=${owner.id}`;
    expect((await (await server.admin.fetch(path)).json()) as Row[]).toMatchObject([{ id: token.id }]);
    const other = await server.person('OPERATOR');
    expect((await other.fetch(path)).status).toBe(403);
    expect((await other.fetch(`/api/v1/tokens/${token.id}`, { method: 'DELETE' })).status).toBe(404);
    expect((await server.admin.fetch(`/api/v1/tokens/${token.id}`, { method: 'DELETE' })).status).toBe(204);
  });

  it.each(['0', '-1', '9223372036854775808', 'abc', '1;drop', '%00', 'x'.repeat(90)])(
    'an id that cannot exist is not found: %s',
    async (id) => {
      const answer = await server.admin.fetch(`/api/v1/tokens/${id}`, { method: 'DELETE' });
      expect([400, 404]).toContain(answer.status);
      expect(await answer.json()).toMatchObject({ code: expect.stringMatching(/NOT_FOUND|BAD_USER_INPUT/) });
    },
  );
});

it.each<[method: string, init: RequestInit]>([
  ['QUERY', {}],
  ['PUT', { body: '<a/>', headers: { 'content-type': 'application/xml' } }],
  ['DELETE', { body: '{', headers: { 'content-type': 'application/json' } }],
])('told %s, which no route of a path has, what is wrong with its body: it is 405 with Allow', async (method, init) => {
  const answer = await server.admin.fetch('/api/v1/users', { ...init, method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  expect((await server.admin.fetch('/api/v1/nothing', { ...init, method })).status).toBe(404);
});

describe('201 Created', () => {
  it.each<[path: string, body: object]>([
    ['/api/v1/users', somebody()],
    ['/api/v1/tokens', { name: 'CRM', scopes: ['READ'] }],
    ['/api/v1/clients', { phone: '70001110001', timezone: 'Europe/Moscow' }],
    ['/api/v1/suppressions', { phone: '70001110002', channels: ['MESSAGE', 'CALL'] }],
    ['/api/v1/mailings', { text: 'Hello', startsAt: '2096-01-01T00:00:00Z', endsAt: '2096-01-02T00:00:00Z' }],
    ['/leads', { name: 'Anna', email: 'anna@example.com', phone: '+7 900 111-00-03' }],
  ])('of %s did not say where what was created is found', async (path, body) => {
    const made = await post(server.admin, path, body);
    const location = made.headers.get('location') ?? '';
    expect([made.status, location]).toEqual([201, expect.stringMatching(new RegExp(`^${path}/\\d+$`))]);
    const found = await server.admin.fetch(location);
    const [told] = [await made.json()].flat() as (Row & { token?: Row })[];
    expect([found.status, ((await found.json()) as Row).id]).toEqual([200, told?.token?.id ?? told?.id]);
    const [, id] = /(\d+)$/.exec(location) ?? [];
    expect((await server.admin.fetch(location.replace(`${id}`, '999999999'))).status).toBe(404);
    expect((await server.nobody.fetch(location)).status).toBe(401);
  });

  it('leads nobody but its owner and an ADMIN to an API token', async () => {
    const [owner, other] = [await server.person('OPERATOR'), await server.person('OPERATOR')];
    const made = await post(owner, '/api/v1/tokens', { name: 'mine', scopes: ['READ'] });
    const location = made.headers.get('location') ?? '';
    expect((await owner.fetch(location)).status).toBe(200);
    expect((await server.admin.fetch(location)).status).toBe(200);
    expect((await other.fetch(location)).status).toBe(404);
  });

  it('shows a VIEWER the suppressed number masked', async () => {
    const made = await post(server.admin, '/api/v1/suppressions', { phone: '70001110004', channels: ['CALL'] });
    const viewer = await server.person('VIEWER');
    const found = await viewer.fetch(made.headers.get('location') ?? '');
    const { phone } = (await found.json()) as { phone: string };
    expect(phone).toMatch(/0004$/);
    expect(phone).not.toContain('70001110004');
  });
});

describe('somebody with a one-time password', () => {
  it('may not use the REST API until it is changed', async () => {
    const person = await server.person('ADMIN');
    await server.database.query('update person set must_change_password = true where id = $1', [person.id]);
    server.app.parts.authenticator.forget();
    const answer = await person.fetch('/api/v1/users');
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 'FORBIDDEN', reasons: ['PASSWORD_CHANGE_REQUIRED'] });
  });
});

describe('the database is away', () => {
  it('is 503 with Retry-After, in the shape of each door', async () => {
    const { pool } = server.app.parts.database;
    Reflect.set(pool, 'query', () => Promise.reject(Object.assign(new Error('gone'), { code: '57P01' })));
    const rest = await server.admin.fetch('/api/v1/users');
    Reflect.deleteProperty(pool, 'query');
    expect([rest.status, rest.headers.has('retry-after')]).toEqual([503, true]);
    expect(await rest.json()).toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('what describes the API', () => {
  it('is a valid OpenAPI 3.1 document, open to everybody', async () => {
    const answer = await server.nobody.fetch('/openapi.json');
    const document = (await answer.json()) as {
      openapi: string;
      paths: Record<string, object>;
      components: { securitySchemes: object };
    };
    expect([answer.status, document.openapi]).toEqual([200, '3.1.0']);
    expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/oauth/token',
        '/oauth/revoke',
        '/oauth/introspect',
        '/api/v1/users',
        '/api/v1/tokens',
        '/api/v1/tokens/{id}',
        '/readyz',
      ]),
    );
    expect(document.components.securitySchemes).toMatchObject({
      password: { type: 'oauth2', flows: { password: { tokenUrl: '/oauth/token' } } },
      bearer: { type: 'http', scheme: 'bearer' },
    });
  });

  it('names only operations that answer', async () => {
    const { paths } = (await (await server.nobody.fetch('/openapi.json')).json()) as {
      paths: Record<string, Record<string, object>>;
    };
    for (const [path, operations] of Object.entries(paths)) {
      for (const method of Object.keys(operations)) {
        const answer = await server.nobody.fetch(path.replace('{id}', '1'), { method: method.toUpperCase() });
        expect([path, method, [404, 405, 500].includes(answer.status)]).toEqual([path, method, false]);
      }
    }
  });

  it('left reasons and field codes out of the list of errors that GraphQL tells', async () => {
    const answer = await server.nobody.graphql('{ errorCodes { code reasons fieldCodes } }');
    const listed = answer.data?.errorCodes as { code: string; reasons: string[]; fieldCodes: string[] }[];
    const of = (code: string) => listed.find((each) => each.code === code);
    expect(of('CONFLICT')?.reasons).toEqual(expect.arrayContaining(['DUPLICATE_LOGIN', 'IDEMPOTENCY_KEY_REUSED']));
    expect(of('CONFLICT')?.fieldCodes).toEqual([]);
    expect(of('BAD_USER_INPUT')?.fieldCodes).toEqual(expect.arrayContaining(['TOO_SMALL', 'CURSOR', 'CHECKSUM']));
    expect(of('RATE_LIMITED')?.reasons).toEqual([]);
  });

  it('an unknown key or parameter of any route is refused by its name, at every level', async () => {
    const document = (await (await server.nobody.fetch('/openapi.json')).json()) as Document;
    const isStrict = (method: string, path: string): boolean =>
      path.startsWith('/api/v1/') || (path.startsWith('/leads') && `${method} ${path}` !== 'post /leads');
    const probes = probesOf(document, isStrict);
    expect(probes.length).toBeGreaterThan(100);
    const missed: string[] = [];
    for (const { what, path, init, name } of probes) {
      const answer = await server.admin.fetch(path, init);
      const text = await answer.text();
      const told = [400, 422].includes(answer.status) ? namesTold(JSON.parse(text) as Told) : [];
      if (!told.includes(name)) missed.push(`${what}: ${answer.status} ${told}`);
    }
    expect(missed).toEqual([]);
  });

  it('is shown by Swagger UI at /docs/ from this server alone', async () => {
    for (const path of ['/docs', '/docs/']) {
      const page = await server.nobody.fetch(path);
      const html = await page.text();
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(html).toContain('<title>Switchboard · REST API</title>');
      expect(html).not.toMatch(/swagger ui/i);
      const csp = page.headers.get('content-security-policy') ?? '';
      expect(csp).toContain("script-src 'self';");
      expect(csp).not.toContain('unsafe');
      expect(html).not.toMatch(/https?:\/\//);
      expect(html).not.toMatch(/<script>|<style|\son\w+=/);
      for (const [, asset = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
        const found = await server.nobody.fetch(new URL(asset, `${server.url}${path}`).pathname);
        expect([asset, found.status]).toEqual([asset, 200]);
      }
    }
    expect((await server.nobody.fetch('/docs/json')).status).toBe(200);
  });
});

it('/ greets people in Russian and in English, and every link of it leads somewhere', async () => {
  const page = await server.nobody.fetch('/');
  const html = await page.text();
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(html).toContain('lang="ru"');
  expect(html).toContain('lang="en"');
  const links = [...html.matchAll(/href="(\/[^"]*)"/g)].map(([, href = '']) => href);
  expect(links).toContain('/docs/');
  for (const href of links) {
    const found = await server.nobody.fetch(href, { headers: { accept: 'text/html' } });
    expect([href, found.status]).toEqual([href, 200]);
  }
});
