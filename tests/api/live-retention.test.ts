// How long events are kept: partitions made ahead, old ones dropped, and GONE for who asks for what is no longer there.
import { setTimeout as sleep } from 'node:timers/promises';
import { maintainEventPartitions } from '../../src/domain/live/event-log.js';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { type LiveHubUnderTest, openLiveHub, sample, take } from '../support/live-hub.js';

let database: TestDatabase;
let live: LiveHubUnderTest;

beforeEach(async () => {
  database = await testDatabase();
  live = await openLiveHub({ url: database.url });
});

afterEach(async () => {
  await live?.close();
  await database?.drop();
});

const range = (count: number, from = 0): number[] => Array.from({ length: count }, (_, n) => n + from);
const upkeep = (): Promise<void> => maintainEventPartitions(live.work().em, 7);
const subscribe = (after: string) => live.hub.subscribe({ topic: 'sample', after });

it('makes partitions ahead and moves there what came before them, however many keep house at once', async () => {
  await publish(10);
  await Promise.all([upkeep(), upkeep(), upkeep()]);
  expect(await partitions()).toEqual([...[0, -1, -2].map((ago) => `event_${day(ago)}`), 'event_default']);
  expect(await database.query('select 1 from event_default')).toHaveLength(0);
  expect((await take(await subscribe('0'), 10)).map(({ id }) => id)).toEqual(range(10, 1).map(String));
});

it('drops what is old, in a partition or astray, and says so to those who ask for it', async () => {
  await publish(10);
  await makeOlder(9, 3);
  await upkeep();
  await expect(subscribe('2')).rejects.toMatchObject({ code: 'GONE' });
  expect((await take(await subscribe('3'), 7)).map(({ id }) => id)).toEqual(range(7, 4).map(String));

  const bounds = `from ('${day(9)} 00:00+00') to ('${day(8)} 00:00+00')`;
  await database.query(`create table event_${day(9)} partition of event for values ${bounds}`);
  await makeOlder(9, 5);
  await upkeep();
  expect(await partitions()).not.toContain(`event_${day(9)}`);
  await expect(subscribe('4')).rejects.toMatchObject({ code: 'GONE' });
  expect((await take(await subscribe('5'), 5)).map(({ id }) => id)).toEqual(range(5, 6).map(String));
});

it('keeps the last day of the retention', async () => {
  await publish(4);
  await makeOlder(7, 2);
  await upkeep();
  expect((await take(await subscribe('0'), 4)).map(({ id }) => id)).toEqual(['1', '2', '3', '4']);
});

it('knows the last id after everything was dropped', async () => {
  await publish(4);
  await makeOlder(9, 4);
  await upkeep();
  await expect(subscribe('5')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  const events = await subscribe('4');
  await live.publish([sample(5)]);
  expect((await events.next()).value?.id).toBe('5');
});

it('says GONE to a reader that is overtaken by the end of the retention', async () => {
  await publish(450);
  const events = await subscribe('0');
  await take(events, 200);
  await makeOlder(9, 300);
  await upkeep();
  await expect(events.next()).rejects.toMatchObject({ code: 'GONE' });
});

async function publish(count: number): Promise<void> {
  await live.publish(range(count).map((n) => sample(n)));
  while ((await database.query('select 1 from event')).length < count) await sleep(20);
}

async function makeOlder(days: number, upTo: number): Promise<void> {
  await database.query("update event set at = at - $1 * interval '1 day' where id <= $2", [days, upTo]);
}

async function partitions(): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    "select inhrelid::regclass::text as name from pg_inherits where inhparent = 'event'::regclass order by 1",
  );
  return rows.map(({ name }) => name);
}

function day(ago: number): string {
  return new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
}
