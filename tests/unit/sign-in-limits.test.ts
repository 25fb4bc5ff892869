// Who guesses passwords is slowed down, never locked out for good, and leaves no login and no address behind.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createSignInLimits, type SignInLimits } from '../../src/auth/sign-in-limits.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { endPool } from '../support/end-pool.js';
import { describeWithPeer } from '../support/peers.js';
import { testRedis } from '../support/redis.js';

const key = randomBytes(32);

function contract(open: () => Promise<{ limits(): SignInLimits; close(): Promise<void> }>): void {
  let store: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    store = await open();
  });
  afterAll(() => store.close());

  let nth = 0;
  const fresh = () => ({ limits: store.limits(), login: `login-${++nth}`, address: `198.51.100.${nth}` });
  const wrong = async (limits: SignInLimits, login: string, address: string) => {
    await limits.check(login, address);
    await limits.failed(login, address);
  };
  const limited = (seconds: number) => ({ code: 'RATE_LIMITED', retryAfter: expect.closeTo(seconds, -1) });

  it('T17: the sixth attempt of one login from one address waits out the quarter of an hour', async () => {
    const { limits, login, address } = fresh();
    for (let i = 0; i < 5; i++) await wrong(limits, login, address);
    await expect(limits.check(login, address)).rejects.toMatchObject(limited(900));
    await limits.check(login, '198.51.200.1');
    await limits.check('somebody else', address);
  });

  it('a right password in between starts the count anew', async () => {
    const { limits, login, address } = fresh();
    for (let i = 0; i < 4; i++) await wrong(limits, login, address);
    await limits.check(login, address);
    await limits.succeeded(login, address);
    for (let i = 0; i < 5; i++) await wrong(limits, login, address);
    await expect(limits.check(login, address)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('attempts at once are not free, and the right ones among them get their turn', async () => {
    const { limits, login, address } = fresh();
    const attempt = async (right: boolean) => {
      await limits.check(login, address);
      await sleep(30);
      await (right ? limits.succeeded(login, address) : limits.failed(login, address));
    };
    const right = await Promise.allSettled(Array.from({ length: 12 }, () => attempt(true)));
    expect(right.filter(({ status }) => status === 'fulfilled')).toHaveLength(12);
    const guesses = await Promise.allSettled(Array.from({ length: 30 }, () => attempt(false)));
    expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });

  it('twenty wrong ones for one login from everywhere make strangers wait ever longer, and not whom it knows', async () => {
    const { limits, login } = fresh();
    await limits.check(login, '198.51.201.1');
    await limits.succeeded(login, '198.51.201.1');
    for (let i = 0; i < 20; i++) await wrong(limits, login, `203.0.113.${i}`);
    await expect(limits.check(login, '203.0.113.99')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 2 });
    await limits.check(login, '198.51.201.1');
    await sleep(2_050);
    await wrong(limits, login, '203.0.113.99');
    await expect(limits.check(login, '203.0.113.98')).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfter: 4 });
  });

  it('a hundred wrong ones from one address, its whole /64 counted as one, are not heard for an hour', async () => {
    const { limits } = fresh();
    for (let i = 0; i < 100; i++) await wrong(limits, `victim-${i}`, `2001:db8:5:5::${i.toString(16)}`);
    await expect(limits.check('anybody', '2001:db8:5:5:ffff::1')).rejects.toMatchObject(limited(3_600));
    await limits.check('anybody', '2001:db8:5:6::1');
  });

  it('are shared by processes', async () => {
    const { limits, login, address } = fresh();
    for (let i = 0; i < 3; i++) await wrong(limits, login, address);
    const other = store.limits();
    for (let i = 0; i < 2; i++) await wrong(other, login, address);
    await expect(limits.check(login, address)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
}

describe('sign-in limits in PostgreSQL', () => {
  let database: TestDatabase;
  const pools: pg.Pool[] = [];
  const open = async () => {
    database = await testDatabase();
    const pool = new pg.Pool({ connectionString: database.url, max: 8 });
    pools.push(pool);
    return {
      limits: () => createSignInLimits({ attempts: 5, key, pool }),
      close: async () => {
        const rows = await database.query<{ key: string }>('select key from rate_limit');
        expect(rows.length).toBeGreaterThan(50);
        expect(JSON.stringify(rows)).not.toMatch(/login-|victim|198\.51|2001:db8/);
        await Promise.all(pools.map(endPool));
        await database.drop();
      },
    };
  };
  contract(open);

  it('go on in memory while PostgreSQL is away', async () => {
    const pool = new pg.Pool({
      connectionString: 'postgresql://nobody@127.0.0.1:1/none',
      connectionTimeoutMillis: 200,
    });
    const limits = createSignInLimits({ attempts: 2, key, pool });
    for (let i = 0; i < 2; i++) {
      await limits.check('login', '198.51.100.1');
      await limits.failed('login', '198.51.100.1');
    }
    await expect(limits.check('login', '198.51.100.1')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await pool.end();
  });
});

describeWithPeer('redis', 'sign-in limits in Redis', () => {
  contract(async () => {
    const server = await testRedis();
    const redis = new Redis(server.url, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
    redis.on('error', () => undefined);
    await new Promise((ready) => redis.once('ready', ready));
    return {
      limits: () => createSignInLimits({ attempts: 5, key, redis }),
      close: async () => {
        expect((await redis.keys('*')).join()).not.toMatch(/login-|victim|198\.51|2001:db8/);
        redis.disconnect();
        await server.stop();
      },
    };
  });
});
