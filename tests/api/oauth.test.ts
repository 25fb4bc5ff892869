// OAuth 2.0 as our own clients use it: RFC 6749 (password, refresh), 7009 (revocation), 7662 (introspection).
import { randomUUID } from 'node:crypto';
import { mountOauth } from '../../src/rest/oauth.routes.js';
import { bareServer } from '../support/http-server.js';
import { client, type TestServer, testServer } from '../support/server.js';
import { codeOf, SocketClient } from '../support/socket-client.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
}

const from = () => client(server.url, undefined);
const post = (path: string, parameters: Record<string, string>, as = from()) =>
  as.fetch(path, { method: 'POST', body: new URLSearchParams(parameters) });
const token = (parameters: Record<string, string>, as = from()) => post('/oauth/token', parameters, as);
const password = (username: string, secret: string, as = from()) =>
  token({ grant_type: 'password', username, password: secret }, as);
const refresh = (refresh_token: string) => token({ grant_type: 'refresh_token', refresh_token });
const tokensOf = async (answer: Response) => (await answer.json()) as Tokens;
const works = async (accessToken: string) => (await client(server.url, accessToken).fetch('/api/v1/tokens')).status;

describe('POST /oauth/token, grant_type=password', () => {
  it('gives a session for a form and for JSON, with and without a client_id, and a trailing slash', async () => {
    const person = await server.person('OPERATOR');
    const parameters = { grant_type: 'password', username: person.login, password: person.password };
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(parameters) };
    const answers = await Promise.all([
      token(parameters),
      token({ ...parameters, client_id: 'our own', client_secret: '', scope: '' }),
      from().fetch('/oauth/token/', json),
      from().fetch('/oauth/token', {
        ...json,
        headers: { ...json.headers, authorization: `Basic ${btoa('undefined:')}` },
      }),
    ]);
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
      const body = (await answer.json()) as Tokens;
      expect(body).toEqual({
        access_token: expect.stringMatching(/^sb_at_/),
        token_type: 'Bearer',
        expires_in: 600,
        refresh_token: expect.stringMatching(/^sb_rt_/),
        scope: 'IMEI_CHECK LEADS_WRITE LEADS_READ MAILINGS CALLS COMMUNITY READ',
      });
      expect(await works(body.access_token)).toBe(200);
    }
  });

  it('names the scopes that the role allows', async () => {
    const person = await server.person('VIEWER');
    expect(await (await password(person.login, person.password)).json()).toMatchObject({ scope: 'LEADS_READ READ' });
  });

  it('says the same of a wrong password and of an unknown login', async () => {
    const person = await server.person('VIEWER');
    const [wrong, unknown] = await Promise.all([
      password(person.login, 'wrong password'),
      password(randomUUID(), 'wrong password'),
    ]);
    expect([wrong.status, unknown.status]).toEqual([400, 400]);
    const body = { error: 'invalid_grant', error_description: 'Wrong login or password.' };
    expect([await wrong.json(), await unknown.json()]).toEqual([body, body]);
    expect(wrong.headers.get('cache-control')).toBe('no-store');
  });

  it('T17: the sixth attempt is 429 with Retry-After, even with the right password; another address may go on', async () => {
    const person = await server.person('VIEWER');
    const there = from();
    for (let i = 0; i < 5; i++) expect((await password(person.login, 'wrong password', there)).status).toBe(400);
    const sixth = await password(person.login, person.password, there);
    expect(sixth.status).toBe(429);
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(800);
    expect(Number(sixth.headers.get('retry-after'))).toBeLessThanOrEqual(900);
    expect(await sixth.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect((await password(person.login, person.password)).status).toBe(200);
  });

  it('T17: fifty guesses at once are five guesses', async () => {
    const person = await server.person('VIEWER');
    const there = from();
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => (await password(person.login, 'wrong password', there)).status),
    );
    expect(statuses.filter((status) => status === 400)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(45);
  });

  it.each<[string, Record<string, string>, string]>([
    ['no grant_type', { username: 'a', password: 'b' }, 'invalid_request'],
    ['an unknown grant_type', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ['a grant_type that is a property of every object', { grant_type: 'constructor' }, 'unsupported_grant_type'],
    ['a grant_type of nonsense', { grant_type: 'я\u0000' }, 'unsupported_grant_type'],
    ['no username', { grant_type: 'password', password: 'b' }, 'invalid_request'],
    ['an empty password', { grant_type: 'password', username: 'a', password: '' }, 'invalid_request'],
    ['an endless username', { grant_type: 'password', username: 'a'.repeat(5_000), password: 'b' }, 'invalid_request'],
    ['an endless password', { grant_type: 'password', username: 'a', password: 'b'.repeat(5_000) }, 'invalid_request'],
    ['a scope of nonsense', { grant_type: 'password', username: 'a', password: 'b', scope: '"\\' }, 'invalid_scope'],
    [
      'a client_id of nonsense',
      { grant_type: 'password', username: 'a', password: 'b', client_id: 'я' },
      'invalid_request',
    ],
    ['no refresh_token', { grant_type: 'refresh_token' }, 'invalid_request'],
    ['an unknown refresh_token', { grant_type: 'refresh_token', refresh_token: 'nonsense' }, 'invalid_grant'],
    ['a NUL in the username', { grant_type: 'password', username: 'a\u0000', password: 'b' }, 'invalid_grant'],
  ])('refuses %s as RFC 6749 says', async (_what, parameters, error) => {
    const answer = await token(parameters);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error, error_description: expect.any(String) });
  });

  const json = 'application/json';
  it.each([
    {
      what: 'a parameter that came twice',
      type: 'application/x-www-form-urlencoded',
      body: 'grant_type=password&username=a&username=b&password=c',
    },
    { what: 'numbers for texts', type: json, body: '{"grant_type":"password","username":1,"password":{}}' },
    { what: 'a list', type: json, body: '[]' },
    { what: 'null', type: json, body: 'null' },
    { what: 'no JSON', type: json, body: '{' },
    { what: 'XML', type: 'application/xml', body: '<a/>', status: 415 },
    { what: 'too much', type: json, body: JSON.stringify({ a: 'x'.repeat(300_000) }), status: 413 },
  ])('refuses $what as RFC 6749 says', async ({ type, body, status = 400 }) => {
    const answer = await from().fetch('/oauth/token', { method: 'POST', headers: { 'content-type': type }, body });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
  });
});

describe('POST /oauth/token, grant_type=refresh_token', () => {
  it('gives a new pair once, the same pair again within ten seconds, and never a fork', async () => {
    const person = await server.person('VIEWER');
    const first = await tokensOf(await password(person.login, person.password));
    const [one, again, third] = await Promise.all(
      [1, 2, 3].map(async () => tokensOf(await refresh(first.refresh_token))),
    );
    expect(new Set([one, again, third].map((pair) => pair?.refresh_token)).size).toBe(1);
    expect(one?.refresh_token).not.toBe(first.refresh_token);
    expect(await works(one?.access_token ?? '')).toBe(200);
  });

  it('T16: a second use after that kills both successors', async () => {
    const person = await server.person('VIEWER');
    const first = await tokensOf(await password(person.login, person.password));
    const second = await tokensOf(await refresh(first.refresh_token));
    const third = await tokensOf(await refresh(second.refresh_token));
    await server.database.query("update token set used_at = used_at - interval '11 s' where used_at is not null");
    const reuse = await refresh(first.refresh_token);
    expect([reuse.status, (await reuse.json()) as object]).toEqual([
      400,
      { error: 'invalid_grant', error_description: expect.any(String) },
    ]);
    for (const pair of [second, third]) {
      expect((await refresh(pair.refresh_token)).status).toBe(400);
      expect(await works(pair.access_token)).toBe(401);
    }
  });
});

describe('a requested scope', () => {
  const narrow = async (role: 'VIEWER' | 'OPERATOR', scope: string) => {
    const { login, password: secret } = await server.person(role);
    return token({ grant_type: 'password', username: login, password: secret, scope });
  };
  const refused = async (answer: Response) => [answer.status, ((await answer.json()) as { error: string }).error];

  it('narrows the session at every door, and every answer tells it', async () => {
    const session = await tokensOf(await narrow('OPERATOR', 'READ IMEI_CHECK READ'));
    expect(session.scope).toBe('IMEI_CHECK READ');
    const own = client(server.url, session.access_token);
    const introspected = await post('/oauth/introspect', { token: session.access_token }, own);
    expect(await introspected.json()).toMatchObject({ active: true, scope: 'IMEI_CHECK READ' });
    const statuses = [];
    for (const path of ['/api/v1/clients', '/api/v1/imei/checks', '/leads', '/api/v1/tokens', '/api/v1/users'])
      statuses.push((await own.fetch(path)).status);
    expect(statuses).toEqual([200, 200, 403, 403, 403]);
    const { data } = await own.graphql<{ viewer: { scopes: string[]; abilities: string[] } }>(
      '{ viewer { scopes abilities } }',
    );
    expect(data?.viewer.scopes).toEqual(['IMEI_CHECK', 'READ']);
    expect(data?.viewer.abilities).toContain('Query.mailings');
    expect(data?.viewer.abilities).not.toContain('Mutation.createMailing');
    for (const wider of [
      'mutation { createApiToken(name: "wider", scopes: [MAILINGS]) { secret } }',
      'mutation { changePassword(currentPassword: "a", newPassword: "abcdefghi") }',
      'mutation { createClient(input: { phone: "79001234567", timezone: "Europe/Moscow" }) { id } }',
    ])
      expect((await own.graphql(wider)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('narrows what its sockets may subscribe to', async () => {
    const { access_token } = await tokensOf(await narrow('OPERATOR', 'READ'));
    const socket = new SocketClient(`${server.url.replace(/^http/, 'ws')}/graphql`);
    try {
      await socket.ready(access_token);
      socket.subscribe('1', 'subscription { leads { id } }');
      socket.subscribe('2', 'subscription { alarms { id } }');
      socket.subscribe('3', '{ errorCodes { code } }');
      expect(codeOf(await socket.first(({ id }) => id === '1'))).toBe('FORBIDDEN');
      await socket.first(({ id }) => id === '3');
      expect(socket.of('2')).toEqual([]);
    } finally {
      socket.end();
    }
  });

  it('narrows further when the session is refreshed, and never widens it again', async () => {
    const session = await tokensOf(await narrow('OPERATOR', 'READ IMEI_CHECK'));
    const again = (refresh_token: string, scope?: string) =>
      token({ grant_type: 'refresh_token', refresh_token, ...(scope ? { scope } : {}) });
    expect(await refused(await again(session.refresh_token, 'READ MAILINGS'))).toEqual([400, 'invalid_scope']);
    const same = await tokensOf(await again(session.refresh_token));
    expect(same.scope).toBe('IMEI_CHECK READ');
    const less = await tokensOf(await again(same.refresh_token, 'READ'));
    expect((await tokensOf(await again(same.refresh_token))).scope).toBe('READ');
    expect(less.scope).toBe('READ');
    expect((await client(server.url, less.access_token).fetch('/api/v1/imei/checks')).status).toBe(200);
    const check = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"imei":"1"}' };
    expect((await client(server.url, less.access_token).fetch('/api/v1/imei/checks', check)).status).toBe(403);
    expect(await refused(await again(less.refresh_token, 'READ IMEI_CHECK'))).toEqual([400, 'invalid_scope']);
    expect((await tokensOf(await again(less.refresh_token))).scope).toBe('READ');
  });

  it('that is unknown, or more than the role allows, is invalid_scope', async () => {
    for (const scope of ['READ ALL', 'read', 'READ MAILINGS', 'x'.repeat(5_000)])
      expect(await refused(await narrow('VIEWER', scope))).toEqual([400, 'invalid_scope']);
    expect((await tokensOf(await narrow('VIEWER', 'READ'))).scope).toBe('READ');
  });
});

describe('GET /.well-known/oauth-authorization-server', () => {
  const metadataOf = async (url: string) => (await fetch(`${url}/.well-known/oauth-authorization-server`)).json();

  it('tells clients where the endpoints are and what they take, as RFC 8414 has it', async () => {
    expect(await metadataOf(server.url)).toEqual({
      issuer: server.url,
      token_endpoint: `${server.url}/oauth/token`,
      revocation_endpoint: `${server.url}/oauth/revoke`,
      introspection_endpoint: `${server.url}/oauth/introspect`,
      service_documentation: `${server.url}/docs/`,
      scopes_supported: ['IMEI_CHECK', 'LEADS_WRITE', 'LEADS_READ', 'MAILINGS', 'CALLS', 'COMMUNITY', 'READ'],
      response_types_supported: [],
      grant_types_supported: ['password', 'refresh_token'],
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint_auth_methods_supported: ['Bearer'],
    });
  });

  it('names PUBLIC_URL where it is set, whatever host is asked', async () => {
    const unit = () => Promise.reject(new Error('nothing is to be done'));
    const bare = await bareServer({
      mounts: [(own) => mountOauth(own, { unit, publicUrl: 'https://phone.example/' })],
    });
    const issuer = 'https://phone.example';
    const metadata = await metadataOf(bare.url).finally(() => bare.close());
    expect(metadata).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth/token` });
  });
});

describe('POST /oauth/revoke', () => {
  it('ends the whole session for either of its tokens, and is always 200', async () => {
    const person = await server.person('VIEWER');
    for (const kind of ['access_token', 'refresh_token'] as const) {
      const pair = await tokensOf(await password(person.login, person.password));
      const answer = await post('/oauth/revoke', { token: pair[kind], token_type_hint: 'access_token' });
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
      expect(await works(pair.access_token)).toBe(401);
      expect((await refresh(pair.refresh_token)).status).toBe(400);
      expect((await post('/oauth/revoke', { token: pair[kind] })).status).toBe(200);
    }
    expect((await post('/oauth/revoke', { token: 'nonsense' })).status).toBe(200);
    expect((await post('/oauth/revoke', {})).status).toBe(400);
  });
});

describe('POST /oauth/introspect', () => {
  const introspect = (asked: string, signedBy?: string) =>
    post('/oauth/introspect', { token: asked }, client(server.url, signedBy));

  it('tells of the very token that signs the request', async () => {
    const person = await server.person('VIEWER');
    const pair = await tokensOf(await password(person.login, person.password));
    const answer = await introspect(pair.access_token, pair.access_token);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const body = (await answer.json()) as { iat: number; exp: number };
    expect(body).toEqual({
      active: true,
      scope: 'LEADS_READ READ',
      username: person.login,
      sub: person.id,
      token_type: 'Bearer',
      iat: expect.any(Number),
      exp: expect.any(Number),
    });
    expect(body.exp - body.iat).toBe(600);
    const api = await server.token('MAILINGS');
    expect(await (await introspect(api.accessToken ?? '', api.accessToken)).json()).toMatchObject({
      active: true,
      scope: 'MAILINGS',
    });
  });

  it('knows nothing of every other token', async () => {
    const [one, other] = [await server.person('VIEWER'), await server.person('ADMIN')];
    for (const asked of [other.accessToken ?? '', one.refreshToken, 'nonsense', `sb_at_${'0'.repeat(49)}`]) {
      const answer = await introspect(asked, one.accessToken);
      expect([answer.status, await answer.json()]).toEqual([200, { active: false }]);
    }
  });

  it('is for nobody who is not signed in', async () => {
    const person = await server.person('VIEWER');
    const unsigned = await introspect(person.accessToken ?? '');
    expect([unsigned.status, unsigned.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="switchboard"']);
    const wrong = await introspect(person.accessToken ?? '', 'nonsense');
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect(await wrong.json()).toEqual({ error: 'invalid_token', error_description: expect.any(String) });
  });
});
