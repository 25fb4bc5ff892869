// What the HTTP server does with a request before any route sees it, and with what it cannot read.
import { setImmediate as turn } from 'node:timers/promises';
import { presentGraphqlFailure } from '../../src/server/failures.js';
import { mountHealth } from '../../src/server/health.js';
import type { HttpOptions } from '../../src/server/http.js';
import { Metrics } from '../../src/server/metrics.js';
import { allowedOrigins } from '../../src/server/origins.js';
import { type BareServer, bareServer, rawExchange, recordedLog } from '../support/http-server.js';
import { upgradeStatus } from '../support/socket-client.js';
import { withToyDoor } from '../support/toy-socket-door.js';

const json = { 'content-type': 'application/json' };

const echo: HttpOptions['mounts'] = [
  (server) => {
    server.post('/echo', { config: { policy: 'open' } }, ({ body }) => ({ body }));
    server.get('/who', { config: { policy: 'open' } }, ({ viewer }) => viewer);
    server.get('/people', { config: { policy: 'people' } }, () => ({ ok: true }));
    server.get('/crash', { config: { policy: 'open' } }, () => {
      throw new Error('a secret of the inside: ivan@example.com');
    });
    server.post(
      '/graphql',
      { config: { policy: 'open', door: 'GRAPHQL', presentFailure: presentGraphqlFailure } },
      () => ({ data: {} }),
    );
  },
];

describe('a request', () => {
  let bare: BareServer;
  beforeAll(async () => {
    bare = await bareServer({
      mounts: echo,
      config: { CORS_ORIGINS: ['https://app.example'], PUBLIC_URL: 'https://own.example' },
    });
  });
  afterAll(() => bare.close());

  it('is answered with and without a trailing slash', async () => {
    for (const path of ['/who', '/who/']) expect((await fetch(`${bare.url}${path}`)).status).toBe(200);
  });

  it('has an id of ours, whatever a stranger asks for', async () => {
    const { headers } = await fetch(`${bare.url}/who`, { headers: { 'x-request-id': 'chosen-by-a-stranger' } });
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is answered with headers that keep browsers careful', async () => {
    const { headers } = await fetch(`${bare.url}/who`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('strict-transport-security')).toContain('max-age');
    expect(headers.get('server')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('from another origin is for the configured ones and our own only', async () => {
    const allowed = async (origin: string) =>
      (await fetch(`${bare.url}/who`, { headers: { origin } })).headers.get('access-control-allow-origin');
    expect(await allowed('https://app.example')).toBe('https://app.example');
    expect(await allowed('https://own.example')).toBe('https://own.example');
    expect(await allowed('https://evil.example')).toBeNull();
    const preflight = await fetch(`${bare.url}/echo`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
  });

  it.each([
    ['test', 'http://localhost:5173', true],
    ['test', 'http://127.8.8.8:3000', true],
    ['test', 'https://[::1]:8443', true],
    ['test', 'http://app.localhost', true],
    ['test', 'http://localhost.evil.example', false],
    ['test', 'http://evil-localhost:5173', false],
    ['test', 'file://localhost', false],
    ['test', 'null', false],
    ['production', 'http://localhost:5173', false],
  ] as const)('in %s from %s is answered to the page: %s, without credentials', async (NODE_ENV, origin, is) => {
    const config = { NODE_ENV, CORS_ORIGINS: ['https://app.example'] };
    const server = await bareServer({ mounts: echo, config });
    const answers = await Promise.all([
      fetch(`${server.url}/who`, { headers: { origin } }),
      fetch(`${server.url}/echo`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } }),
    ]).finally(() => server.close());
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(is ? origin : null);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')).toContain('Origin');
    }
    await withToyDoor({ origins: allowedOrigins(config) }, async (toy) => {
      expect(await upgradeStatus(toy.port, '/graphql', { Origin: origin })).toBe(is ? 101 : 403);
    });
  });

  it('to nowhere is 404, with a method that is not there 405 and Allow, both as problem+json', async () => {
    const nowhere = await fetch(`${bare.url}/nowhere`);
    expect(nowhere.headers.get('content-type')).toContain('application/problem+json');
    expect(await nowhere.json()).toMatchObject({
      status: 404,
      code: 'NOT_FOUND',
      requestId: nowhere.headers.get('x-request-id'),
    });
    const wrong = await fetch(`${bare.url}/people/`, { method: 'DELETE' });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
    expect(await wrong.json()).toMatchObject({ code: 'BAD_USER_INPUT', status: 405 });
  });

  it('is refused by the policy of its route', async () => {
    const as = async (authorization?: string) =>
      fetch(`${bare.url}/people`, authorization ? { headers: { authorization } } : {});
    const nobody = await as();
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="switchboard"']);
    const wrong = await as('Bearer wrong');
    expect([wrong.status, wrong.headers.get('www-authenticate')]).toEqual([401, 'Bearer error="invalid_token"']);
    expect((await as('Bearer')).status).toBe(401);
    expect((await as('bearer person-7')).status).toBe(200);
    const oneTime = await as('Bearer person-99');
    expect(oneTime.status).toBe(403);
    expect(await oneTime.json()).toMatchObject({ code: 'FORBIDDEN', reasons: ['PASSWORD_CHANGE_REQUIRED'] });
  });

  it('that fails on our side tells its id and nothing of the inside', async () => {
    const crash = await fetch(`${bare.url}/crash`);
    const text = await crash.text();
    expect(crash.status).toBe(500);
    expect(JSON.parse(text)).toEqual({
      type: 'urn:switchboard:problem:internal',
      title: expect.any(String),
      status: 500,
      code: 'INTERNAL',
      requestId: crash.headers.get('x-request-id'),
    });
    expect(text).not.toMatch(/secret|example\.com|at /);
  });

  it('T3: with a body of 257 KB is 413, and the connection goes on', async () => {
    const big = JSON.stringify({ text: 'x'.repeat(257 * 1_024) });
    const send = (body: string, more = '') =>
      `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}${more}`;
    const answers = await rawExchange(bare.port, send(big, send('{"a":1}')));
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
    expect(answers).toContain('"code":"BAD_USER_INPUT"');
  });

  it('T3: with an endless body is 413, and the connection ends', async () => {
    const chunk = 'x'.repeat(65_536);
    const chunks = `${`10000\r\n${chunk}\r\n`.repeat(5)}`;
    const answers = await rawExchange(
      bare.port,
      `POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    );
    expect(answers).toMatch(/^HTTP\/1\.1 413[\s\S]*connection: close/i);
  });

  it.each([
    ['{"a":', json, 400],
    ['', json, 400],
    ['{"__proto__":{"admin":true}}', json, 400],
    ['<a/>', { 'content-type': 'application/xml' }, 415],
    ['a', { 'content-type': 'text/plain;charset=nonsense' }, 415],
    ['x', { 'content-type': 'garbage' }, 415],
  ])('with the body %j is refused in our words', async (body, headers, status) => {
    const answer = await fetch(`${bare.url}/echo`, {
      method: 'POST',
      body,
      headers: headers as Record<string, string>,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ status, code: 'BAD_USER_INPUT' });
  });

  it('takes a form as it takes JSON', async () => {
    const answer = await fetch(`${bare.url}/echo`, { method: 'POST', body: new URLSearchParams({ a: '1' }) });
    expect(await answer.json()).toEqual({ body: { a: '1' } });
  });

  it.each([
    ['GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['NONSENSE\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: x\r\nBad Header: 1\r\n\r\n', 400],
    [`GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
    ['POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
    ['POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n', 400],
  ])('that is no HTTP or no address is refused as problem+json: %.40j', async (request, status) => {
    const answer = await rawExchange(bare.port, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.toLowerCase()).toContain('application/problem+json');
    expect(answer).toContain('"code":"BAD_USER_INPUT"');
  });
});

describe('a server', () => {
  it('does not start with a route that has no policy', async () => {
    const start = bareServer({ mounts: [(server) => void server.get('/forgotten', () => 'all')] });
    await expect(start).rejects.toThrow('routes without a policy: GET /forgotten');
  });

  it('believes a request id and an address from a trusted proxy', async () => {
    const bare = await bareServer({
      mounts: echo,
      config: { TRUSTED_PROXIES: ['127.0.0.1/32'] },
    });
    const ask = (headers: Record<string, string>) => fetch(`${bare.url}/who`, { headers });
    const told = await ask({ 'x-request-id': 'edge-12345678', 'x-forwarded-for': '6.6.6.6, 203.0.113.5' });
    expect(told.headers.get('x-request-id')).toBe('edge-12345678');
    expect(await told.json()).toMatchObject({
      origin: { address: '203.0.113.5', loopback: false, requestId: 'edge-12345678' },
    });
    expect((await ask({ 'x-request-id': 'a b"{}' })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    await bare.close();
  });

  it('turns requests away while its event loop lags, and still answers probes', async () => {
    const metrics = new Metrics();
    const bare = await bareServer({
      mounts: [...echo, (server) => mountHealth(server, { checks: [], metrics })],
      patience: { headers: 5_000, body: 5_000, lag: 20 },
    });
    const until = Date.now() + 2_300;
    while (Date.now() < until) {
      const busy = Date.now() + 80;
      while (Date.now() < busy);
      await turn();
    }
    const [refused, alive] = await Promise.all([fetch(`${bare.url}/who`), fetch(`${bare.url}/livez`)]);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
    expect(await refused.json()).toMatchObject({ code: 'UNAVAILABLE' });
    expect(alive.status).toBe(200);
    await bare.close();
  });

  it('hangs up on headers and bodies that drip, and serves on', async () => {
    const bare = await bareServer({ mounts: echo, patience: { headers: 400, body: 400, lag: 250 } });
    const begun = Date.now();
    const [headers, body] = await Promise.all([
      rawExchange(bare.port, 'GET /who HTTP/1.1\r\nHost: x\r\nX-Slow: ', 3_000),
      rawExchange(
        bare.port,
        'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"a"',
        3_000,
      ),
    ]);
    expect(Date.now() - begun).toBeLessThan(2_000);
    expect(headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(body).not.toContain('200');
    expect((await fetch(`${bare.url}/who`)).status).toBe(200);
    await bare.close();
  });

  it('writes nothing into its log that somebody sent', async () => {
    const { log, text } = recordedLog();
    const config = { TRUSTED_PROXIES: ['127.0.0.1/32'] };
    const bare = await bareServer({ mounts: echo, log, config });
    const email = 'ivan.petrov@example.com';
    const secret = 'hunter2-hunter2';
    const headers = {
      ...json,
      authorization: `Bearer ${secret}`,
      'x-custom': email,
      cookie: `a=${secret}`,
      'user-agent': email,
      referer: `http://x/${email}`,
      'x-forwarded-for': '203.0.113.77',
    };
    const body = JSON.stringify({ login: email, password: secret });
    for (const path of [
      `/who?email=${email}&password=${secret}`,
      `/${email}`,
      `/people/${email}`,
      `/%zz${secret}`,
      '/crash',
    ]) {
      await fetch(`${bare.url}${path}`, { headers });
      await fetch(`${bare.url}${path}`);
    }
    await fetch(`${bare.url}/echo?e=${email}`, { method: 'POST', headers: json, body });
    await fetch(`${bare.url}/echo`, { method: 'POST', headers, body: `${body}{` });
    await fetch(`${bare.url}/echo`, { method: 'POST', headers: { 'content-type': `text/${secret}` }, body });
    await rawExchange(bare.port, `GET /${email} HTTP/1.1\r\nBad Header: ${secret}\r\n\r\n`);
    await bare.close();
    expect(text()).toContain('"route":"/who"');
    expect(text()).not.toMatch(/ivan|petrov|example\.com|hunter2|203\.0\.113/i);
  });
});
