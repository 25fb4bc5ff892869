// What a reader that was away gets: everything, once, in order, on each transport, while two processes commit late.
import { setTimeout as sleep } from 'node:timers/promises';
import type { LiveTransportChoice } from '../../src/gateways/live/transport.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { type LiveHubUnderTest, LiveProcess, openLiveHub, sample } from '../support/live-hub.js';
import { describeWithPeer, findPeer } from '../support/peers.js';
import { type TestRedis, testRedis } from '../support/redis.js';

const total = 5_000;
const awayMs = 10_000;
/** Small enough that a reader that stops is closed long before it comes back. */
const capacity = 1_000;

interface Read {
  readonly ids: string[];
  readonly failure?: unknown;
}

interface Replayed {
  readonly table: { readonly id: string; readonly at: Date; readonly n: number }[];
  readonly healthy: Read;
  /** It ended its iterator, and subscribed again with the last id that it had seen. */
  readonly left: Read;
  /** It kept its iterator and asked for nothing. */
  readonly stopped: Read;
  readonly resumedAfterStop: Read;
  readonly stalledTold: number;
}

interface Transport {
  readonly choice: (databaseUrl: string) => LiveTransportChoice;
  stop(): Promise<void>;
}

const transports: Record<string, () => Promise<Transport>> = {
  'in-process': async () => ({ choice: () => ({ kind: 'in-process' }), stop: async () => undefined }),
  'LISTEN/NOTIFY': async () => ({ choice: (url) => ({ kind: 'pg-notify', url }), stop: async () => undefined }),
  Redis: async () => {
    const redis: TestRedis = await testRedis();
    return { choice: () => ({ kind: 'redis', url: redis.url }), stop: () => redis.stop() };
  },
};

describe('a reader that stops for 10 s while 5,000 events are committed late and resumes with `after`', () => {
  const results = new Map<string, Replayed>();

  // All at once: most of their time is the reader's absence.
  beforeAll(async () => {
    const possible = Object.entries(transports).filter(([name]) => name !== 'Redis' || findPeer('redis'));
    await Promise.all(possible.map(async ([name, open]) => results.set(name, await replayOver(open))));
  }, 60_000);

  describe('in-process', () => gets(() => results.get('in-process')));
  describe('LISTEN/NOTIFY', () => gets(() => results.get('LISTEN/NOTIFY')));
  describeWithPeer('redis', 'Redis', () => gets(() => results.get('Redis')));
});

function gets(result: () => Replayed | undefined): void {
  let replayed: Replayed;

  beforeAll(() => {
    const found = result();
    if (!found) throw new Error('It was not tried.');
    replayed = found;
  });

  it('was tried with commits that came later than those of later events', () => {
    const { table } = replayed;
    expect(table).toHaveLength(total);
    expect(table.filter(({ at }, index) => at < (table[index - 1]?.at ?? at)).length).toBeGreaterThan(100);
    expect(new Set(table.map(({ n }) => n)).size).toBe(total);
  });

  it('gives the exact sequence, none twice, to one that left', () => {
    expect(replayed.left.ids).toEqual(replayed.table.map(({ id }) => id));
  });

  it('closes one that only stopped, tells its door, and gives it the exact sequence when it comes back', () => {
    const { stopped, resumedAfterStop, stalledTold, table } = replayed;
    expect(stalledTold).toBe(1);
    expect(stopped.failure).toMatchObject({ code: 'UNAVAILABLE' });
    expect([...stopped.ids, ...resumedAfterStop.ids]).toEqual(table.map(({ id }) => id));
  });

  it('costs a healthy one nothing', () => {
    expect(replayed.healthy.ids).toEqual(replayed.table.map(({ id }) => id));
  });
}

async function replayOver(open: () => Promise<Transport>): Promise<Replayed> {
  const transport = await open();
  const database = await testDatabase();
  const choice = transport.choice(database.url);
  const here = await openLiveHub({ url: database.url, transport: choice, capacity });
  const there = await LiveProcess.start({ url: database.url, transport: choice });
  try {
    return await replay(database, here, there);
  } finally {
    await there.stop();
    await here.close();
    await database.drop();
    await transport.stop();
  }
}

async function replay(database: TestDatabase, here: LiveHubUnderTest, there: LiveProcess): Promise<Replayed> {
  let stalledTold = 0;
  const open = (after?: string) => here.hub.subscribe({ topic: 'sample', after, onStalled: () => stalledTold++ });
  const [healthyReader, leaving, stopping] = await Promise.all([open(), open(), open()]);
  const published = publish(here, there);
  const healthy = read(healthyReader, total);
  const left = await read(leaving, 300);
  const stopped = await read(stopping, 300);
  await leaving.return?.();
  await sleep(awayMs);

  // Still being published: the hand-over from the table to live happens under fire.
  const resumed = await read(await open(left.ids.at(-1)), total - left.ids.length);
  const end = await read(stopping, 1);
  const resumedAfterStop = await read(await open(stopped.ids.at(-1)), total - stopped.ids.length);
  await published;
  const table = await database.query<{ id: string; at: Date; n: number }>(
    "select id, at, (data->>'n')::int as n from event where topic = 'sample' order by event.id",
  );
  return {
    table,
    healthy: await healthy,
    left: { ids: [...left.ids, ...resumed.ids] },
    stopped: { ...stopped, failure: end.failure },
    resumedAfterStop,
    stalledTold,
  };
}

/** From both processes, over 12 s, in transactions of 1 to 20 events that write early and commit up to 800 ms later. */
async function publish(here: LiveHubUnderTest, there: LiveProcess): Promise<void> {
  const started = performance.now();
  let n = 0;
  const publishing: Promise<void>[] = [];
  while (n < total) {
    const due = Math.min(total, Math.ceil(((performance.now() - started) / 12_000) * total));
    const events = Array.from({ length: Math.min(due - n, 1 + Math.floor(Math.random() * 20)) }, () => sample(n++));
    if (events.length > 0)
      publishing.push((n % 2 === 0 ? here : there).publish(events, Math.random() < 0.3 ? Math.random() * 800 : 0));
    await sleep(10);
  }
  await Promise.all(publishing);
}

async function read(iterator: AsyncIterator<{ readonly id: string }, undefined>, count: number): Promise<Read> {
  const ids: string[] = [];
  try {
    while (ids.length < count) {
      const { value, done } = await iterator.next();
      if (done) break;
      ids.push(value.id);
    }
    return { ids };
  } catch (failure) {
    return { ids, failure };
  }
}
