// IMEI checks over two real processes: one request to the provider for all who ask at the same time, never more than are allowed at
// once, and what was charged is found again, whatever became of its answer or of the process that asked.
import { setTimeout as sleep } from 'node:timers/promises';
import { ImeiCalls, imeiOf, iphone } from '../support/imei-calls.js';
import { ImeiProcesses } from '../support/imei-processes.js';
import { until } from '../support/program.js';

const concurrency = 8;
let two: ImeiProcesses;
let calls: readonly ImeiCalls[];

beforeAll(async () => {
  two = await ImeiProcesses.start({ IMEI_CONCURRENCY: String(concurrency), IMEI_TIMEOUT: '1s' });
  calls = two.clients.map((client) => new ImeiCalls(client));
}, 60_000);
beforeEach(async () => {
  await two.provider.setMood({ mode: 'ok' });
  await two.provider.resetStats();
});
afterAll(() => two[Symbol.asyncDispose]());

const of = (n: number): ImeiCalls => {
  const call = calls[n % calls.length];
  if (!call) throw new Error('no process');
  return call;
};

/** A thousand at once may be more than a slow machine takes: who is told to come back does. */
async function insist(n: number, input: object): ReturnType<ImeiCalls['check']> {
  for (;;) {
    const answer = await of(n).check(input);
    const [error] = answer.errors ?? [];
    if (error?.extensions.code !== 'UNAVAILABLE' || error.extensions.reasons) return answer;
    await sleep(100);
  }
}

/** Of the simulator's log: requests for a check of this device. */
async function asked(imei: string) {
  return (await two.provider.log()).filter(({ deviceId }) => deviceId === imei);
}

const statusOf = async (imei: string) =>
  two.database.query<{ status: string; raw: string | null; provider_id: string | null; paid: string; checks: number }>(
    `select c.status, e.raw, e.provider_check_id as provider_id, sum(c.cost)::text as paid, count(*)::int as checks
     from imei_check c join imei_exchange e on e.id = c.exchange_id where c.imei = $1 group by 1, 2, 3`,
    [imei],
  );

it('asks once for a thousand who ask for one device at the same time, in both processes', async () => {
  await two.provider.setMood({ mode: 'slow', latencyMs: 300 });
  const answers = await Promise.all(Array.from({ length: 1_000 }, (_, n) => insist(n, { imei: iphone })));
  const checks = answers.map(({ data, errors }) => data?.checkImei ?? errors);
  expect(checks.filter((check) => check && 'status' in check && check.status === 'SUCCESSFUL')).toHaveLength(1_000);
  const paid = answers.flatMap(({ data }) => (data && !data.checkImei.cached ? [data.checkImei.cost] : []));
  expect(paid).toEqual(['0.06']);
  expect(new Set(answers.map(({ data }) => data?.checkImei.raw?.id)).size).toBe(1);
  await expect(asked(iphone)).resolves.toHaveLength(1);
  await expect(statusOf(iphone)).resolves.toEqual([expect.objectContaining({ paid: '0.06', checks: 1_000 })]);
}, 60_000);

it('asks each of two services once for all whose phone the first one does not know', async () => {
  const android = '863274074003267';
  await two.database.query("insert into tac (tac, brand, model) values ('86327407', 'Apple', 'not really')");
  await two.provider.setMood({ mode: 'slow', latencyMs: 100 });
  const answers = await Promise.all(Array.from({ length: 400 }, (_, n) => insist(n, { imei: android })));
  const seen = answers.map(({ data }) => `${data?.checkImei.status} ${data?.checkImei.serviceId}`);
  expect(new Set(seen)).toEqual(new Set(['SUCCESSFUL 22']));
  expect((await asked(android)).map(({ service }) => service)).toEqual([1, 22]);
  await expect(statusOf(android)).resolves.toEqual([expect.objectContaining({ paid: '0.01', checks: 400 })]);
}, 60_000);

it('asks a hundred times for a hundred devices, and never more than are allowed at once', async () => {
  const latencyMs = 250;
  await two.provider.setMood({ mode: 'slow', latencyMs });
  const imeis = Array.from({ length: 100 }, (_, n) => imeiOf(n));
  const answers = await Promise.all(imeis.map((imei, n) => insist(n, { imei })));
  expect(answers.filter(({ data }) => data?.checkImei.status === 'SUCCESSFUL')).toHaveLength(100);
  const log = (await two.provider.log()).filter(({ deviceId }) => imeis.includes(deviceId));
  expect(new Set(log.map(({ deviceId }) => deviceId)).size).toBe(100);
  expect(log).toHaveLength(100);
  // Each is open for so long after it came: whoever came within that time of another was open together with it.
  const begun = log.map(({ at }) => at).sort((a, b) => a - b);
  const together = begun.map((at) => begun.filter((other) => other >= at && other < at + latencyMs - 10).length);
  expect(Math.max(...together)).toBeLessThanOrEqual(concurrency);
  expect(Math.max(...together)).toBeGreaterThan(concurrency / 2);
}, 60_000);

it.each([
  ['hangs', { mode: 'lost', by: 'hang' }],
  ['breaks off', { mode: 'lost', by: 'reset' }],
  ['is a 5xx', { mode: 'lost', by: '5xx' }],
  ['can not be read', { mode: 'garbage' }],
] as const)(
  'finds what was charged where the answer %s, and pays no second time',
  async (how, mood) => {
    const imei = imeiOf(500 + how.length);
    await two.provider.setMood(mood);
    const asking = of(0).check({ imei });
    await until(async () => (await asked(imei)).length > 0, 5_000, 'the request');
    await two.provider.setMood({ mode: 'ok' });
    const { data, errors } = await asking;
    expect(errors).toBeUndefined();
    const [request] = await asked(imei);
    expect(data?.checkImei).toMatchObject({
      status: 'SUCCESSFUL',
      cost: '0.06',
      cached: false,
      raw: { id: request?.id },
    });
    await expect(asked(imei)).resolves.toHaveLength(1);
    await expect(two.provider.stats()).resolves.toMatchObject({ paidAgain: 0, charged: '0.06' });
  },
  30_000,
);

it('asks again what certainly was not done', async () => {
  const imei = imeiOf(700);
  await two.provider.setMood({ mode: 'reset' });
  const { data } = await of(1).check({ imei });
  expect(data?.checkImei.status).toBe('PENDING');
  await two.provider.setMood({ mode: 'ok' });
  // Eight seconds have passed. After ten it is certain, and then it is looked for once more.
  await two.database.query(
    `update imei_exchange set began_at = began_at - interval '2 s', asked_at = asked_at - interval '2 s', next_at = now()
     where imei = $1 and state = 'LOST'`,
    [imei],
  );
  const isDone = async (): Promise<boolean> => (await statusOf(imei))[0]?.status === 'SUCCESSFUL';
  await two.withTicks('reconcileImeiChecks', isDone, 40_000, 'a second attempt');
  expect((await asked(imei)).filter(({ charged }) => charged === '0.06')).toHaveLength(1);
  await expect(statusOf(imei)).resolves.toEqual([expect.objectContaining({ paid: '0.06', checks: 1 })]);
}, 60_000);

it('ends what a killed process had been charged for with the provider’s own result', async () => {
  const imei = imeiOf(900);
  await two.provider.setMood({ mode: 'lost', by: 'hang' });
  const asking = of(0)
    .check({ imei })
    .catch(() => undefined);
  await until(async () => (await asked(imei)).length > 0, 5_000, 'the request');
  two.programs[0]?.signal('SIGKILL');
  await asking;
  await two.provider.setMood({ mode: 'ok' });
  // The claim of the dead ends.
  await two.database.query("update imei_exchange set next_at = now() where imei = $1 and state = 'ASKING'", [imei]);
  const joined = await of(1).check({ imei });
  await until(async () => (await statusOf(imei))[0]?.status === 'SUCCESSFUL', 30_000, 'the end of the check');
  const [request, ...others] = await asked(imei);
  expect(others).toEqual([]);
  const [{ provider_id: found, paid, checks } = { provider_id: '', paid: '', checks: 0 }] = await statusOf(imei);
  expect({ found, paid, checks }).toEqual({ found: request?.id, paid: '0.06', checks: 2 });
  const { data } = await of(1).find(joined.data?.checkImei.id ?? '');
  expect(data?.imeiCheck).toMatchObject({ status: 'SUCCESSFUL', cached: true, cost: '0', raw: { id: request?.id } });
  await expect(two.provider.stats()).resolves.toMatchObject({ paidAgain: 0, charged: '0.06' });
}, 60_000);
