// State streams: the present first, then the newest after each change, merged, loaded once, never a backlog.
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicDefinitions } from '../../src/domain/live/topics.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { type LiveHubUnderTest, openLiveHub, take } from '../support/live-hub.js';

let database: TestDatabase;
const opened: LiveHubUnderTest[] = [];

beforeAll(async () => {
  database = await testDatabase();
});

afterEach(async () => {
  await Promise.all(opened.splice(0).map((live) => live.close()));
});

afterAll(() => database?.drop());

async function open(): Promise<LiveHubUnderTest> {
  const live = await openLiveHub({ url: database.url });
  opened.push(live);
  return live;
}

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => n + from);

describe('watching', () => {
  it('gives the present first, then what an event or a call says has changed', async () => {
    const { hub, gauges, publish } = await open();
    gauges.set('g', 1);
    const states = await hub.watch({ topic: 'gauge', subject: 'g' });
    expect((await states.next()).value).toEqual({ subject: 'g', value: 1 });
    gauges.set('g', 2);
    await publish([{ topic: 'gauge', subject: 'g', kind: 'moved' }]);
    expect((await states.next()).value).toEqual({ subject: 'g', value: 2 });
    gauges.set('g', 3);
    hub.changed('gauge', 'g');
    expect((await states.next()).value).toEqual({ subject: 'g', value: 3 });
  });

  it('merges changes to four a second, loads once for a hundred, and ends on the newest', async () => {
    const { hub, gauges, loads } = await open();
    gauges.set('g', 0);
    const watching = await Promise.all(range(100).map(() => hub.watch({ topic: 'gauge', subject: 'g' })));
    const seen: number[][] = watching.map(() => []);
    watching.forEach(async (states, index) => {
      for await (const { value } of states) seen[index]?.push(value);
    });
    await sleep(50);
    const before = loads.gauge;
    for (const value of range(100, 1)) {
      gauges.set('g', value);
      hub.changed('gauge', 'g');
      await sleep(10);
    }
    await sleep(300);
    expect(seen[0]?.length).toBeGreaterThanOrEqual(4);
    expect(seen[0]?.length).toBeLessThanOrEqual(8);
    expect(seen.every((values) => values.at(-1) === 100)).toBe(true);
    expect(loads.gauge - before).toBeLessThanOrEqual(8);
  });

  it('gives a slow reader the newest, not a backlog', async () => {
    const { hub, gauges } = await open();
    gauges.set('g', 0);
    const states = await hub.watch({ topic: 'gauge', subject: 'g' });
    for (const value of range(4, 1)) {
      gauges.set('g', value);
      hub.changed('gauge', 'g');
      await sleep(270);
    }
    expect((await states.next()).value?.value).toBe(4);
  });

  it('makes a lost wake-up good by looking, and tells nothing twice', async () => {
    const { hub, gauges } = await open();
    gauges.set('g', 1);
    const states = await hub.watch({ topic: 'gauge', subject: 'g' });
    await states.next();
    const next = states.next();
    const early = await Promise.race([next.then(() => 'told'), sleep(1_300).then(() => 'silent')]);
    expect(early).toBe('silent');
    gauges.set('g', 2);
    const changed = performance.now();
    expect((await next).value?.value).toBe(2);
    expect(performance.now() - changed).toBeLessThan(1_500);
  });

  it('is NOT_FOUND for what is not there, and ends when it goes', async () => {
    const { hub, gauges } = await open();
    await expect(hub.watch({ topic: 'gauge', subject: 'nothing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    gauges.set('g', 1);
    const states = await hub.watch({ topic: 'gauge', subject: 'g' });
    await states.next();
    gauges.delete('g');
    hub.changed('gauge', 'g');
    expect((await states.next()).done).toBe(true);
    expect(hub.stats().watchers).toBe(0);
  });

  it('of a whole topic gives all that is present, then each that changes or comes', async () => {
    const { hub, gauges } = await open();
    gauges.set('a', 1).set('b', 2);
    const states = await hub.watch({ topic: 'gauge' });
    expect(await take(states, 2)).toEqual([
      { subject: 'a', value: 1 },
      { subject: 'b', value: 2 },
    ]);
    gauges.set('c', 3);
    hub.changed('gauge', 'c');
    expect((await states.next()).value).toEqual({ subject: 'c', value: 3 });
    gauges.set('a', 10);
    hub.changed('gauge', 'a');
    expect((await states.next()).value).toEqual({ subject: 'a', value: 10 });
  });

  it('tells one who watches already what another one finds changed when it begins', async () => {
    const { hub, gauges } = await open();
    gauges.set('g', 1);
    const whole = await hub.watch({ topic: 'gauge' });
    await whole.next();
    gauges.set('g', 2);
    const one = await hub.watch({ topic: 'gauge', subject: 'g' });
    expect((await one.next()).value?.value).toBe(2);
    const asked = performance.now();
    expect((await whole.next()).value?.value).toBe(2);
    expect(performance.now() - asked).toBeLessThan(400);
  });

  it('of a whole topic tells what left it no second time when a late wake-up comes', async () => {
    const gauges = new Map([['g', 1]]);
    const gauge = (subject: string) => ({ subject, value: gauges.get(subject) ?? 0 });
    const topics: TopicDefinitions = {
      gauge: {
        states: {
          load: async (_work, subjects) => subjects.map(gauge),
          present: async () =>
            [...gauges].flatMap(([subject, value]) => (value < 10 ? [{ subject, state: gauge(subject) }] : [])),
        },
      },
    };
    const live = await openLiveHub({ url: database.url, topics });
    opened.push(live);
    const states = await live.hub.watch({ topic: 'gauge' });
    const seen: number[] = [];
    void (async () => {
      for await (const { value } of states) seen.push(value);
    })();
    gauges.set('g', 10);
    live.hub.changed('gauge', 'g');
    // The hub looks each second, and then no longer looks at it.
    await sleep(2_300);
    live.hub.changed('gauge', 'g');
    await sleep(400);
    gauges.set('g', 11);
    live.hub.changed('gauge', 'g');
    await sleep(400);
    expect(seen).toEqual([1, 10, 11]);
  });
});
