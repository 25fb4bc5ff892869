// OAuth 2.0 as our own clients use it: RFC 6749 (password, refresh), 7009 (revocation), 7662 (introspection).
import { randomUUID } from 'node:crypto';
import { client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
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
      token({ ...parameters, client_id: 'our own', client_secret: '', scope: 'READ' }),
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
