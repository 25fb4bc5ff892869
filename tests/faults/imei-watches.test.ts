// Watches over two real processes: one check for each moment that is due, whoever looks, dies or answers late, and none lost.
import { imeiOf } from '../support/imei-calls.js';
import { ImeiProcesses } from '../support/imei-processes.js';
import { WatchCalls } from '../support/imei-watch-stage.js';
import { until } from '../support/program.js';

let two: ImeiProcesses;
let calls: readonly WatchCalls[];

beforeAll(async () => {
  two = await ImeiProcesses.start({ IMEI_TIMEOUT: '1s' });
  calls = two.clients.map((client) => new WatchCalls(client));
}, 60_000);
beforeEach(async () => {
  await two.provider.setMood({ mode: 'ok' });
  await two.provider.resetStats();
});
afterAll(() => two[Symbol.asyncDispose]());

const of = (n: number): WatchCalls => {
  const call = calls[n % calls.length];
  if (!call) throw new Error('no process');
  return call;
};

const asked = async (imei: string): Promise<number> =>
  (await two.provider.log()).filter(({ deviceId }) => deviceId === imei).length;

/** How many checks there are of devices whose numbers are like this, by their status. */
async function checks(imeis: readonly string[]): Promise<Record<string, number>> {
  const rows = await two.database.query<{ status: string; count: number }>(
    `select status, count(*)::int as count from imei_check where imei = any($1) and via = 'JOB' group by 1`,
    [imeis],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** The interval has passed for all of these, several times over: nobody was there to see it. */
const passMany = (imeis: readonly string[]) =>
  two.database.query(`update imei_watch set next_at = now() - interval '10 days' where imei = any($1)`, [imeis]);

const allSeen = async (imeis: readonly string[]): Promise<boolean> =>
  (await two.database.query('select 1 from imei_watch where imei = any($1) and waiting', [imeis])).length === 0;

const byTicks = (isSo: () => Promise<boolean>, what: string): Promise<void> =>
  two.withTicks('checkImeiWatches', isSo, 30_000, what);
const seen = (imeis: readonly string[], what: string): Promise<void> => byTicks(() => allSeen(imeis), what);

it('begins one check for each moment, however many processes look and however many moments were missed', async () => {
  const imeis = Array.from({ length: 40 }, (_, n) => imeiOf(n));
  await Promise.all(imeis.map((imei, n) => of(n).watched(imei, 24)));
  await seen(imeis, 'the first checks');
  await expect(checks(imeis)).resolves.toEqual({ SUCCESSFUL: 40 });
  await passMany(imeis);
  // Both processes begin what is due at this moment by themselves, and their ticks do too.
  await Promise.all(imeis.flatMap((imei) => [of(0).watched(imei, 24), of(1).watched(imei, 24)]));
  await byTicks(async () => (await checks(imeis)).SUCCESSFUL === 80 && (await allSeen(imeis)), 'the second checks');
  await expect(checks(imeis)).resolves.toEqual({ SUCCESSFUL: 80 });
  expect((await two.provider.log()).filter(({ deviceId }) => imeis.includes(deviceId))).toHaveLength(80);
}, 90_000);

it('lets people’s single checks pass a thousand that are due', async () => {
  await two.provider.setMood({ mode: 'slow', latencyMs: 200 });
  await two.database.query(
    `insert into imei_watch (requested_by, imei, every_hours, next_at)
     select 'person:1', imei, 24, now() - n * interval '1 s' from unnest($1::text[]) with ordinality as i (imei, n)`,
    [Array.from({ length: 1_000 }, (_, n) => imeiOf(1_000 + n))],
  );
  const queued = async (): Promise<number> => {
    const [row] = await two.database.query<{ count: number }>(
      `select count(*)::int as count from imei_exchange where state = 'QUEUED' and background`,
    );
    return row?.count ?? 0;
  };
  await byTicks(async () => (await queued()) > 200, 'a long queue');
  const imei = imeiOf(5_000);
  const begun = Date.now();
  const { data } = await (two.clients[0]?.graphql<{ checkImei: { status: string } }>(
    `mutation { checkImei(input: { imei: "${imei}" }) { status } }`,
  ) ?? { data: null });
  expect(data?.checkImei.status).toBe('SUCCESSFUL');
  // Those of the queue alone would take some 200 rounds of 8; this one waits for a slot, and not for them.
  expect(Date.now() - begun).toBeLessThan(4_000);
  expect(await queued()).toBeGreaterThan(50);
  await two.database.query(`delete from imei_watch where imei = any($1)`, [
    Array.from({ length: 1_000 }, (_, n) => imeiOf(1_000 + n)),
  ]);
  await two.provider.setMood({ mode: 'ok' });
  await until(async () => (await queued()) === 0, 60_000, 'the end of the queue');
}, 120_000);

it('puts off what the provider does not do, loses none of it, and pays once', async () => {
  const imei = imeiOf(6_000);
  const { id } = await of(0).watched(imei, 24);
  await seen([imei], 'the first check');
  await two.provider.resetStats();
  const failed = async (how: string): Promise<{ hours: number; failures: number }> => {
    await passMany([imei]);
    await byTicks(async () => !(await allSeen([imei])), 'the next check');
    // Its patience is at an end, as it is after an hour of attempts.
    await two.database.query(
      `with e as (update imei_exchange set state = 'FAILED', failure = 'UNAVAILABLE', ended_at = now(), ${how}
         where imei = $1 and ended_at is null returning id)
       update imei_check c set status = 'FAILED', cost = 0, completed_at = now() from e where c.exchange_id = e.id`,
      [imei],
    );
    await seen([imei], 'the watch to see it');
    const [row] = await two.database.query<{ hours: number; failures: number }>(
      `select failures, extract(epoch from next_at - now())::float8 / 3600 as hours from imei_watch where id = $1`,
      [id],
    );
    if (!row) throw new Error('no watch');
    return row;
  };
  await two.provider.setMood({ mode: '402' });
  const first = await failed('looks = 0');
  expect(first).toEqual({ failures: 1, hours: expect.any(Number) });
  expect(first.hours).toBeLessThanOrEqual(0.25);
  const second = await failed('looks = 0');
  expect(second.failures).toBe(2);
  expect(second.hours).toBeLessThanOrEqual(0.5);
  // Somebody had to look for its answer in vain: it may have been charged, and is not asked again before its time.
  const charged = await failed('looks = 3');
  expect(charged).toEqual({ failures: 0, hours: expect.any(Number) });
  expect(charged.hours).toBeGreaterThan(23);
  await two.provider.setMood({ mode: 'ok' });
  await two.provider.resetStats();
  await passMany([imei]);
  await byTicks(async () => (await checks([imei])).SUCCESSFUL === 2, 'its check');
  await expect(two.provider.stats()).resolves.toMatchObject({ charged: '0.06' });
}, 120_000);

it('goes on where a killed process was, with the answer that was paid for', async () => {
  const imeis = Array.from({ length: 20 }, (_, n) => imeiOf(7_000 + n));
  await Promise.all(imeis.map((imei, n) => of(n).watched(imei, 24)));
  await seen(imeis, 'the first checks');
  await two.provider.resetStats();
  const before = (await two.provider.log()).length;
  await two.provider.setMood({ mode: 'lost', by: 'hang' });
  await passMany(imeis);
  await byTicks(async () => (await two.provider.log()).length > before, 'a request');
  two.programs[0]?.signal('SIGKILL');
  await two.provider.setMood({ mode: 'ok' });
  await until(async () => (await checks(imeis)).SUCCESSFUL === 40, 60_000, 'the end of them all');
  await expect(checks(imeis)).resolves.toEqual({ SUCCESSFUL: 40 });
  await expect(two.provider.stats()).resolves.toMatchObject({ checks: 20, charged: '1.20' });
  const log = (await two.provider.log()).slice(before).filter(({ deviceId }) => imeis.includes(deviceId));
  expect(log).toHaveLength(20);
  expect(await asked(imeis[0] ?? '')).toBe(2);
}, 120_000);
