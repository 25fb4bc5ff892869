// How many requests a minute, of whom, and in what shape the answer beyond that comes.
import { Redis } from 'ioredis';
import { presentGraphqlFailure } from '../../src/server/failures.js';
import { mountHealth } from '../../src/server/health.js';
import type { HttpOptions } from '../../src/server/http.js';
import { RequestLimits } from '../../src/server/limits.js';
import { Metrics } from '../../src/server/metrics.js';
import { type BareServer, bareServer } from '../support/http-server.js';
import { describeWithPeer } from '../support/peers.js';
import { type TestRedis, testRedis } from '../support/redis.js';

const proxied = { TRUSTED_PROXIES: ['127.0.0.1/32'] };
const mounts: HttpOptions['mounts'] = [
  (server) => {
    server.get('/open', { config: { policy: 'open' } }, () => 'ok');
    server.post(
      '/graphql',
      { config: { policy: 'open', door: 'GRAPHQL', presentFailure: presentGraphqlFailure } },
      () => ({ data: {} }),
    );
    mountHealth(server, { checks: [], metrics: new Metrics() });
  },
];

describe('requests a minute', () => {
  let bare: BareServer;
  beforeEach(async () => {
    bare = await bareServer({ mounts, config: proxied, addressPerMinute: 3, viewerPerMinute: 5 });
  });
  afterEach(() => bare.close());

  const ask = (address: string, token?: string, path = '/open') =>
    fetch(`${bare.url}${path}`, {
      method: path === '/graphql' ? 'POST' : 'GET',
      headers: { 'x-forwarded-for': address, ...(token ? { authorization: `Bearer ${token}` } : {}) },
    });
  const statuses = async (times: number, ...of: Parameters<typeof ask>) => {
    const all: number[] = [];
    for (let i = 0; i < times; i++) all.push((await ask(...of)).status);
    return all;
  };

  it('are counted for each address of those who are not signed in', async () => {
    expect(await statuses(5, '203.0.113.1')).toEqual([200, 200, 200, 429, 429]);
    expect(await statuses(1, '203.0.113.2')).toEqual([200]);
    const refused = await ask('203.0.113.1');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({ status: 429, code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
    expect(await bare.metrics.registry.metrics()).toContain('switchboard_limiter_rejections_total{limit="address"} 3');
  });

  it('count once more for every 16 kB that somebody who is not signed in sends', async () => {
    const send = async (address: string, body: BodyInit): Promise<number> => {
      const headers = { 'x-forwarded-for': address, 'content-type': 'application/json' };
      const request = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
      return (await fetch(`${bare.url}/graphql`, request)).status;
    };
    const [small, large] = ['{}', JSON.stringify({ query: ' '.repeat(20_000) })];
    expect([await send('203.0.113.1', large), await send('203.0.113.1', small)]).toEqual([200, 200]);
    expect(await send('203.0.113.1', small)).toBe(429);
    const unmeasured = new Blob([small]).stream();
    expect([await send('203.0.113.2', unmeasured), await send('203.0.113.2', small)]).toEqual([200, 429]);
  });

  it('count a whole /64 as one address, and its mapped spelling as IPv4', async () => {
    expect(await statuses(2, '2001:db8:1:2::1')).toEqual([200, 200]);
    expect(await statuses(2, '2001:db8:1:2:ffff::9')).toEqual([200, 429]);
    expect(await statuses(1, '2001:db8:1:3::1')).toEqual([200]);
    expect(await statuses(3, '::ffff:203.0.113.4')).toEqual([200, 200, 200]);
    expect(await statuses(1, '203.0.113.4')).toEqual([429]);
  });

  it('are counted for each person wherever they come from, and not for their address', async () => {
    expect(await statuses(4, '203.0.113.5', 'person-1')).toEqual([200, 200, 200, 200]);
    expect(await statuses(2, '203.0.113.6', 'person-1')).toEqual([200, 429]);
    expect(await statuses(2, '203.0.113.5', 'person-2')).toEqual([200, 200]);
    expect(await statuses(1, '203.0.113.5')).toEqual([200]);
  });

  it('stop who tries tokens out, before the next one is looked up', async () => {
    expect(await statuses(5, '203.0.113.7', 'wrong')).toEqual([401, 401, 401, 429, 429]);
    expect(await statuses(1, '203.0.113.7')).toEqual([200]);
  });

  it('count a wrong token once more for every 16 kB that came with it', async () => {
    const body = JSON.stringify({ query: ' '.repeat(40_000) });
    const headers = {
      'x-forwarded-for': '203.0.113.7',
      'content-type': 'application/json',
      authorization: 'Bearer wrong',
    };
    expect((await fetch(`${bare.url}/graphql`, { method: 'POST', headers, body })).status).toBe(401);
    expect(await statuses(1, '203.0.113.7', 'wrong')).toEqual([429]);
  });

  it('do not count probes', async () => {
    expect(await statuses(8, '203.0.113.8', undefined, '/livez')).toEqual(Array(8).fill(200));
    expect(await statuses(8, '203.0.113.8', undefined, '/readyz')).toEqual(Array(8).fill(200));
  });

  it('are told to GraphQL as GraphQL tells errors', async () => {
    await statuses(3, '203.0.113.9', undefined, '/graphql');
    const refused = await ask('203.0.113.9', undefined, '/graphql');
    expect([refused.status, refused.headers.has('retry-after')]).toEqual([429, true]);
    expect(await refused.json()).toEqual({
      errors: [
        {
          message: expect.any(String),
          extensions: { code: 'RATE_LIMITED', retryAfter: expect.any(Number), requestId: expect.any(String) },
        },
      ],
    });
  });

  it('T11: are not escaped by a forged address', async () => {
    const direct = await bareServer({ mounts, addressPerMinute: 2 });
    const forged = async (address: string) =>
      (await fetch(`${direct.url}/open`, { headers: { 'x-forwarded-for': address } })).status;
    expect([await forged('1.2.3.4'), await forged('1.2.3.5'), await forged('1.2.3.6')]).toEqual([200, 200, 429]);
    await direct.close();
  });
});

describeWithPeer('redis', 'requests a minute over several processes', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.stop());

  it('are counted together, and by each alone while Redis is away', async () => {
    const connections = [1, 2].map(() => new Redis(redis.url, { maxRetriesPerRequest: 1, enableOfflineQueue: false }));
    for (const connection of connections) connection.on('error', () => undefined);
    await Promise.all(connections.map((connection) => new Promise((ready) => connection.once('ready', ready))));
    const [one, two] = connections.map(
      (connection) => new RequestLimits({ addressPerMinute: 2, viewerPerMinute: 2, redis: connection }),
    );
    await one?.admitAddress('203.0.113.1');
    await two?.admitAddress('203.0.113.1');
    await expect(one?.admitAddress('203.0.113.1')).rejects.toMatchObject({
      code: 'RATE_LIMITED',
      retryAfter: expect.any(Number),
    });
    await redis.stop();
    await one?.admitAddress('203.0.113.2');
    await one?.admitAddress('203.0.113.2');
    await expect(one?.admitAddress('203.0.113.2')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    for (const connection of connections) connection.disconnect();
  });
});
