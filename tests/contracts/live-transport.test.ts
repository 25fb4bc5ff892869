// What every transport of wake-ups promises to the hubs of two processes: prompt, in order, once, whatever happens to it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveTransportChoice } from '../../src/gateways/live/transport.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { type LiveHubUnderTest, LiveProcess, openLiveHub, sample, take } from '../support/live-hub.js';
import { describeWithPeer } from '../support/peers.js';
import { type TestRedis, testRedis } from '../support/redis.js';

interface TransportUnderTest {
  readonly choice: LiveTransportChoice;
  /** Breaks every connection that it has. */
  breakIt(): Promise<void>;
  stop(): Promise<void>;
}

interface Case {
  readonly open: (database: TestDatabase) => Promise<TransportUnderTest>;
  /** Half of the events arrive within this; without a transport between processes the hub looks each second. */
  readonly typicalMs: number;
  /** How long its connections may take to come back. */
  readonly settleMs: number;
}

describe('live events in-process, where another process publishes', () =>
  behaves({
    typicalMs: 1_200,
    settleMs: 0,
    open: async () => ({ choice: { kind: 'in-process' }, breakIt: async () => undefined, stop: async () => undefined }),
  }));

describe('live events over LISTEN/NOTIFY', () =>
  behaves({
    typicalMs: 200,
    settleMs: 2_500,
    open: async (database) => ({
      choice: { kind: 'pg-notify', url: database.url },
      breakIt: async () => {
        const broken = await database.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'switchboard-live' and datname = current_database()`,
        );
        expect(broken).toHaveLength(2);
      },
      stop: async () => undefined,
    }),
  }));

describeWithPeer('redis', 'live events over Redis', () => {
  let redis: TestRedis;
  behaves({
    typicalMs: 200,
    settleMs: 2_500,
    open: async () => {
      redis = await testRedis();
      return { choice: { kind: 'redis', url: redis.url }, breakIt: () => redis.restart(), stop: () => redis.stop() };
    },
  });
});

function behaves({ open, typicalMs, settleMs }: Case): void {
  let database: TestDatabase;
  let transport: TransportUnderTest;
  let here: LiveHubUnderTest;
  let there: LiveProcess;

  beforeAll(async () => {
    database = await testDatabase();
    transport = await open(database);
    here = await openLiveHub({ url: database.url, transport: transport.choice });
    there = await startThere();
  });

  afterAll(async () => {
    await there?.stop();
    await here?.close();
    await transport?.stop();
    await database?.drop();
  });

  const startThere = (): Promise<LiveProcess> => LiveProcess.start({ url: database.url, transport: transport.choice });

  it('brings what another process publishes in order, within 1.5 s and typically much sooner', async () => {
    const events = await here.hub.subscribe({ topic: 'sample' });
    const took: number[] = [];
    for (let n = 0; n < 5; n++) {
      const published = performance.now();
      await there.publish([sample(n)]);
      expect((await events.next()).value?.payload).toEqual({ n });
      took.push(performance.now() - published);
    }
    await events.return?.();
    took.sort((a, b) => a - b);
    expect(took.at(-1)).toBeLessThan(1_500);
    expect(took[2]).toBeLessThan(typicalMs);
  });

  it('keeps the order of ids where both publish at once', async () => {
    const events = await here.hub.subscribe({ topic: 'sample' });
    const published = Array.from({ length: 60 }, (_, n) =>
      (n % 2 === 0 ? here : there).publish([sample(n), sample(n + 1_000)]),
    );
    const seen = await take(events, 120);
    await Promise.all(published);
    await events.return?.();
    expect(seen.map(({ id }) => id)).toEqual(await idsSince(database, seen[0]?.id));
    expect(new Set(seen.map(({ payload }) => payload.n)).size).toBe(120);
  });

  it('brings a change without an event to those who watch it elsewhere', async () => {
    here.gauges.set('g', 1);
    const states = await here.hub.watch({ topic: 'gauge', subject: 'g' });
    expect((await states.next()).value).toEqual({ subject: 'g', value: 1 });
    here.gauges.set('g', 2);
    await there.changed('gauge', 'g');
    expect((await states.next()).value).toEqual({ subject: 'g', value: 2 });
    await states.return?.();
  });

  it('loses nothing when its connections break while events are published', async () => {
    const events = await here.hub.subscribe({ topic: 'sample' });
    const seen = take(events, 400);
    for (let n = 0; n < 200; n++) {
      if (n === 50 || n === 120) await transport.breakIt();
      await Promise.all([here.publish([sample(n)]), there.publish([sample(n)])]);
    }
    const ids = (await seen).map(({ id }) => id);
    await events.return?.();
    expect(ids).toEqual(await idsSince(database, ids[0]));
    expect(ids).toHaveLength(400);
  });

  it('is prompt again after that', async () => {
    const events = await here.hub.subscribe({ topic: 'sample' });
    await sleep(settleMs);
    const took: number[] = [];
    for (let n = 0; n < 3; n++) {
      const published = performance.now();
      await there.publish([sample(n)]);
      await events.next();
      took.push(performance.now() - published);
    }
    await events.return?.();
    expect(took.sort((a, b) => a - b)[1]).toBeLessThan(typicalMs);
  });

  it('brings what a process committed that died before it could tell anybody', async () => {
    const events = await here.hub.subscribe({ topic: 'sample' });
    await there.publishAndDie([sample(1), sample(2)]);
    const died = performance.now();
    const seen = await take(events, 2);
    expect(performance.now() - died).toBeLessThan(2_500);
    expect(seen.map(({ payload }) => payload.n)).toEqual([1, 2]);
    await events.return?.();
    there = await startThere();
  });
}

async function idsSince(database: TestDatabase, first: string | undefined): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    "select id from event where topic = 'sample' and id >= $1 order by event.id",
    [first],
  );
  return rows.map(({ id }) => id);
}
