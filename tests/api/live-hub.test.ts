// The hub of one process: what its subscribers get, and what a slow, wrong or dead neighbour costs them.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { recordEvents } from '../../src/domain/live/event-log.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { type LiveHubSettings, type LiveHubUnderTest, openLiveHub, sample, take } from '../support/live-hub.js';

let database: TestDatabase;
const opened: LiveHubUnderTest[] = [];

beforeAll(async () => {
  database = await testDatabase();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((live) => live.close()));
});

afterAll(() => database?.drop());

async function open(settings: Omit<LiveHubSettings, 'url'> = {}): Promise<LiveHubUnderTest> {
  const live = await openLiveHub({ url: database.url, ...settings });
  opened.push(live);
  return live;
}

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => n + from);
const lastId = async (): Promise<string> =>
  (await database.query<{ id: string }>('select coalesce(max(id), 0) as id from event'))[0]?.id ?? '0';

describe('subscribing', () => {
  it('delivers an event whole, to everybody who asked for its subject, loaded once', async () => {
    const { hub, publish, loads } = await open();
    const all = await Promise.all(range(50).map(() => hub.subscribe({ topic: 'sample' })));
    const one = await hub.subscribe({ topic: 'sample', subjects: ['a'] });
    const two = await hub.subscribe({ topic: 'sample', subjects: ['a', 'b'] });
    await publish([sample(1, 'c'), sample(2, 'b'), sample(3, 'a')]);
    const seen = await Promise.all(all.map((stream) => take(stream, 3)));
    expect(seen[0]).toMatchObject([
      { topic: 'sample', subject: 'c', kind: 'made', data: { n: 1 }, payload: { n: 1 }, at: expect.any(Date) },
      { subject: 'b' },
      { subject: 'a' },
    ]);
    expect(seen.every((events) => events[0] === seen[0]?.[0])).toBe(true);
    expect((await take(one, 1)).map(({ payload }) => payload.n)).toEqual([3]);
    expect((await take(two, 2)).map(({ payload }) => payload.n)).toEqual([2, 3]);
    expect(loads.sample).toBe(1);
  });

  it('says nothing of a transaction that was rolled back', async () => {
    const { hub, work, publish } = await open();
    const events = await hub.subscribe({ topic: 'sample' });
    const failed = work().write(async (tx) => {
      tx.publish(sample(1));
      await tx.flushSideEffects();
      throw new Error('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    await publish([sample(2)]);
    expect((await take(events, 1)).map(({ payload }) => payload.n)).toEqual([2]);
  });

  it('publishes by a transaction, after its commit', async () => {
    const { hub, work } = await open();
    const events = await hub.subscribe({ topic: 'sample' });
    await work().write(async (tx) => {
      tx.publish(sample(7));
      tx.publish({ topic: 'sample', subject: 's', kind: 'bare' });
    });
    expect(await take(events, 2)).toMatchObject([{ data: { n: 7 } }, { kind: 'bare', data: {} }]);
  });

  it('reads what was missed page by page, as it is asked for, then goes live', async () => {
    const { hub, publish, loads } = await open();
    const after = await lastId();
    await publish(range(950).map((n) => sample(n, n % 2 === 0 ? 'even' : 'odd')));
    const events = await hub.subscribe({ topic: 'sample', after, subjects: ['even'] });
    expect(loads.sample).toBe(0);
    await take(events, 1);
    expect(loads.sample).toBe(1);
    expect((await take(events, 474)).at(-1)?.payload.n).toBe(948);
    const next = events.next();
    await publish([sample(1_000, 'odd'), sample(1_001, 'even')]);
    expect((await next).value?.payload.n).toBe(1_001);
  });

  it.each([5, 700])(
    'loses nothing of %p events that come while the last page of the missed ones is read',
    async (count) => {
      const { hub, publish } = await open();
      const after = await lastId();
      const witness = await hub.subscribe({ topic: 'sample' });
      await publish(range(10).map((n) => sample(n)));
      await take(witness, 10);
      const events = await hub.subscribe({ topic: 'sample', after });
      await take(events, 9);
      await publish(range(count, 10).map((n) => sample(n)));
      await take(witness, count);
      const rest = take(events, count + 2);
      await publish([sample(count + 10)]);
      expect((await rest).map(({ payload }) => payload.n)).toEqual(range(count + 2, 9));
    },
  );

  it('numbers in the order in which numbers become visible, however long one takes to commit', async () => {
    const { hub, work, publish } = await open();
    const events = await hub.subscribe({ topic: 'sample' });
    const slow = new pg.Client({ connectionString: database.url });
    await slow.connect();
    try {
      await work().write((tx) => recordEvents(tx.em, [sample(1)]));
      await slow.query('begin');
      await slow.query('select number_events(5000)');
      await publish([sample(2)]);
      const seen = take(events, 2);
      expect(await Promise.race([seen.then(() => 'told'), sleep(1_500).then(() => 'waits')])).toBe('waits');
      await slow.query('commit');
      expect((await seen).map(({ payload }) => payload.n)).toEqual([1, 2]);
    } finally {
      await slow.end();
    }
  });

  it.each(['x', '-1', '1.5', '007', '9'.repeat(19), '9'.repeat(30), '', "1' or 1=1", '9223372036854775808'])(
    'refuses %p, which never was the id of an event',
    async (after) => {
      const { hub } = await open();
      await expect(hub.subscribe({ topic: 'sample', after })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'after' }],
      });
      expect(hub.stats().subscribers).toBe(0);
    },
  );

  it.each(['return', 'throw', 'break', 'signal'])('frees everything when its reader leaves by %s', async (way) => {
    const { hub, publish } = await open();
    const leaving = new AbortController();
    const events = await hub.subscribe({ topic: 'sample', after: await lastId(), signal: leaving.signal });
    await publish([sample(1), sample(2)]);
    await take(events, 1);
    if (way === 'return') await events.return?.();
    else if (way === 'throw') await expect(events.throw?.(new Error('mine'))).rejects.toThrow('mine');
    else if (way === 'signal') leaving.abort();
    else for await (const _ of events) break;
    expect(hub.stats().subscribers).toBe(0);
    expect(await events.next()).toEqual({ value: undefined, done: true });
  });

  it('ends every iterator when the hub closes, waiting ones too', async () => {
    const { hub, gauges } = await open();
    gauges.set('g', 1);
    const events = await hub.subscribe({ topic: 'sample' });
    const states = await hub.watch({ topic: 'gauge', subject: 'g' });
    await states.next();
    const waiting = [events.next(), states.next()];
    await hub.close();
    expect(await Promise.all(waiting)).toEqual(
      [{ done: true }, { done: true }].map((end) => ({ value: undefined, ...end })),
    );
    await expect(hub.subscribe({ topic: 'sample' })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});

describe('a slow subscriber', () => {
  it('is closed and costs a healthy one nothing', async () => {
    const { hub, publish } = await open({ capacity: 100 });
    let told = 0;
    const slow = await Promise.all(range(50).map(() => hub.subscribe({ topic: 'sample', onStalled: () => told++ })));
    const healthy = await hub.subscribe({ topic: 'sample' });
    const seen: number[] = [];
    for (let from = 0; from < 3_000; from += 50) {
      await publish(range(50, from).map((n) => sample(n)));
      seen.push(...(await take(healthy, 50)).map(({ payload }) => payload.n));
    }
    expect(seen).toEqual(range(3_000));
    expect(told).toBe(50);
    expect(hub.stats()).toMatchObject({ subscribers: 1, stalled: 50 });
    await expect(slow[0]?.next()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await slow[0]?.next())?.done).toBe(true);
  });

  it('whose door throws when it is told harms nobody', async () => {
    const { hub, publish } = await open({ capacity: 1 });
    await hub.subscribe({
      topic: 'sample',
      onStalled: () => {
        throw new Error('no door');
      },
    });
    const healthy = await hub.subscribe({ topic: 'sample' });
    for (const n of range(3)) {
      await publish([sample(n)]);
      expect((await healthy.next()).value?.payload).toEqual({ n });
    }
    expect(hub.stats().stalled).toBe(1);
  });
});

describe('what goes wrong', () => {
  it('a topic whose loader fails ends for its own subscribers only', async () => {
    const live = await open({
      topics: {
        sample: { events: { load: () => Promise.reject(new TypeError('no such column')) } },
        gauge: {
          states: { load: async (_work, subjects) => subjects.map((subject) => ({ subject, value: Date.now() })) },
        },
      },
    });
    const events = await live.hub.subscribe({ topic: 'sample' });
    const states = await live.hub.watch({ topic: 'gauge', subject: 'g' });
    await states.next();
    await live.publish([sample(1), { topic: 'gauge', subject: 'g', kind: 'moved' }]);
    await expect(events.next()).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await states.next()).done).toBe(false);
  });

  it('an event of what is no longer there is passed over', async () => {
    const { hub, publish } = await open({
      topics: {
        sample: {
          events: {
            load: async (_work, events) => events.map(({ data }) => (data.n === 1 ? undefined : { n: Number(data.n) })),
          },
        },
      },
    });
    const events = await hub.subscribe({ topic: 'sample' });
    await publish([sample(1), sample(2)]);
    expect((await events.next()).value?.payload).toEqual({ n: 2 });
  });

  it('subscribers stay while the database is away, and go on within seconds of its return', async () => {
    const own = await testDatabase();
    const { hostname, port, username, password } = new URL(own.url);
    const name = new URL(own.url).pathname.slice(1);
    const admin = new URL(`postgresql://${username}:${password}@${hostname}:${port}/postgres`).href;
    const live = await openLiveHub({ url: own.url, transport: { kind: 'pg-notify', url: own.url } });
    const outside = await openLiveHub({ url: own.url });
    try {
      const after = (await own.query<{ id: string }>('select 0 as id'))[0]?.id;
      const events = await live.hub.subscribe({ topic: 'sample', after: String(after) });
      await outside.publish([sample(1)]);
      expect((await events.next()).value?.payload.n).toBe(1);
      const next = events.next();
      await asAdmin(admin, `alter database ${name} allow_connections false`);
      await asAdmin(admin, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
      await sleep(2_500);
      await expect(live.hub.subscribe({ topic: 'sample', after: '0' })).rejects.toThrow();
      await asAdmin(admin, `alter database ${name} allow_connections true`);
      const back = performance.now();
      await outside.publish([sample(2)]);
      expect((await next).value?.payload.n).toBe(2);
      expect(performance.now() - back).toBeLessThan(5_000);
    } finally {
      await live.close();
      await outside.close();
      await own.drop();
    }
  });
});

async function asAdmin(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}
