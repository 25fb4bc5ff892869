// The adapter of imeicheck.net and the simulator that behaves like it, as processes of their own: whatever mood the provider is in, the
// answer says what may have been charged, and its history tells what was.
import { imeicheckProvider } from '../../src/gateways/imei/imeicheck.js';
import type { ImeiProvider, ProviderAnswer, ProviderCheck } from '../../src/gateways/imei/port.js';
import { Egress } from '../../src/shared/egress.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { until } from '../support/program.js';

const iphone = '356735111052198';
const android = '863274074003267';
const patient = 5_000;
const impatient = 400;

const egress = new Egress(['127.0.0.0/8']);
let simulator: TestImeiProvider;
let provider: ImeiProvider;

beforeAll(async () => {
  simulator = await startImeiProvider();
  provider = open();
});
beforeEach(async () => {
  await simulator.setMood({ mode: 'ok' });
  await simulator.resetStats();
});
afterAll(async () => {
  await egress.close();
  await simulator.stop();
});

const open = (url = simulator.url): ImeiProvider =>
  imeicheckProvider({ name: 'test', url, token: 'sandbox|token', concurrency: 8, egress });

function told<T>(answer: ProviderAnswer<T>): T {
  if (answer.kind !== 'answered') throw new Error(JSON.stringify(answer));
  return answer.value;
}

const check = async (imei: string, serviceId: number): Promise<ProviderCheck> =>
  told(await provider.check(imei, serviceId, patient));

describe('a check', () => {
  it('is answered with what is known, and is on record as it was answered', async () => {
    const answer = await check(iphone, 1);
    expect(answer).toEqual({
      id: expect.stringMatching(/^[\w-]{16}$/),
      status: 'successful',
      deviceId: iphone,
      ...{ serviceId: 1, serviceTitle: 'Apple Basic Info', amount: '0.06' },
      processedAt: expect.any(Date),
      properties: expect.objectContaining({ deviceName: 'iPhone 12 Pro Max', imei: iphone }),
      raw: expect.stringContaining('apple\\/modelName'),
    });
    expect(Math.abs(Date.now() - (answer.processedAt?.getTime() ?? 0))).toBeLessThan(10_000);
    expect(JSON.parse(answer.raw)).toMatchObject({ id: answer.id, properties: answer.properties });
    expect(told(await provider.find(answer.id, patient))).toEqual(answer);
    expect(told(await provider.history(patient))[0]).toEqual(answer);
  });

  it('of an Android phone by an Apple service is unsuccessful and costs nothing, by the generic one it is found', async () => {
    expect(await check(android, 1)).toMatchObject({ status: 'unsuccessful', amount: '0.00', properties: {} });
    expect(await check(android, 22)).toMatchObject({
      ...{ status: 'successful', amount: '0.01' },
      properties: { deviceName: 'POCO X3 Pro', brand: 'Xiaomi' },
    });
    expect(await simulator.stats()).toMatchObject({ checks: 2, charged: '0.01' });
  });

  it.each([
    [12, 'successful'],
    [13, 'unsuccessful'],
    [14, 'failed'],
  ])('by the sandbox service %i is %s, free, and carries a warning', async (service, status) => {
    const answer = await check(iphone, service);
    expect(answer).toMatchObject({ status, amount: '0.00' });
    expect(answer.raw).toContain('"!!! WARNING !!!"');
  });

  it('that takes its time is processing first, and found when it is done', async () => {
    await simulator.setMood({ mode: 'processing', latencyMs: 600 });
    const answer = await check(iphone, 1);
    expect(answer).toMatchObject({ status: 'processing', amount: '0.00', processedAt: null, properties: {} });
    const now = async () => told(await provider.find(answer.id, patient));
    await until(async () => (await now()).status === 'successful', 5_000, 'it is done');
    expect(await now()).toMatchObject({ id: answer.id, amount: '0.06', processedAt: expect.any(Date) });
  });

  it('of nonsense, or by a service that is not there, is invalid', async () => {
    const invalid = { kind: 'refused', why: 'invalid', reason: 'HTTP 422' };
    expect(await provider.check('1', 1, patient)).toEqual(invalid);
    expect(await provider.check(iphone, 99, patient)).toEqual(invalid);
    expect(await provider.find('nobody-knows-it', patient)).toEqual({ ...invalid, reason: 'HTTP 404' });
  });

  it('is denied when the balance is used up', async () => {
    const poor = await startImeiProvider({ mode: 'ok' }, { balance: '0.13' });
    const asked = open(poor.url);
    expect(told(await asked.check(iphone, 1, patient)).amount).toBe('0.06');
    expect(told(await asked.check(android, 1, patient)).amount).toBe('0.00');
    expect(told(await asked.check(iphone, 1, patient)).amount).toBe('0.06');
    expect(await asked.check(iphone, 1, patient)).toEqual({ kind: 'refused', why: 'denied', reason: 'HTTP 402' });
    expect(told(await asked.balance(patient))).toBe('0.01');
    expect(told(await asked.check(iphone, 22, patient)).amount).toBe('0.01');
    await poor.stop();
  });
});

it('services and their prices, and the balance', async () => {
  const services = told(await provider.services(patient));
  const prices = Object.fromEntries(services.map(({ id, price }) => [id, price]));
  expect(prices).toMatchObject({
    1: '0.06',
    2: '0.12',
    3: '0.90',
    12: '0.00',
    16: '0.10',
    18: '0.01',
    22: '0.01',
    24: '0.03',
  });
  await check(iphone, 3);
  expect(told(await provider.balance(patient))).toBe('999.1');
});

describe('in a mood', () => {
  const refused = (why: string, status: number) => ({ kind: 'refused', why, reason: `HTTP ${status}` });
  const lost = (reason: unknown) => ({ kind: 'lost', reason });
  const timeout = lost('timeout');
  const broken = lost('ECONNRESET');
  it.each([
    [{ mode: '5xx', status: 502 }, lost('HTTP 502'), refused('busy', 502), '0.00'],
    [
      { mode: '429', retryAfter: 7 },
      { ...refused('limited', 429), retryAfterMs: 7_000 },
      { ...refused('limited', 429), retryAfterMs: 7_000 },
      '0.00',
    ],
    [{ mode: '401' }, refused('denied', 401), refused('denied', 401), '0.00'],
    [{ mode: '403' }, refused('denied', 403), refused('denied', 403), '0.00'],
    [{ mode: '402' }, refused('denied', 402), { kind: 'answered' }, '0.00'],
    [{ mode: 'hang' }, timeout, timeout, '0.00'],
    [{ mode: 'reset' }, broken, broken, '0.00'],
    [{ mode: 'drip' }, timeout, timeout, '0.06'],
    [{ mode: 'garbage' }, lost('answer not understood'), lost('answer not understood'), '0.06'],
    [{ mode: 'lost' }, timeout, { kind: 'answered' }, '0.06'],
    [{ mode: 'lost', by: 'reset' }, broken, { kind: 'answered' }, '0.06'],
    [{ mode: 'lost', by: '5xx', status: 504 }, lost('HTTP 504'), { kind: 'answered' }, '0.06'],
  ] as const)('%j: a check, what is free, and what was charged', async (mood, paid, free, charged) => {
    await simulator.setMood(mood);
    expect(await provider.check(iphone, 1, impatient)).toEqual(paid);
    expect(await provider.history(impatient)).toMatchObject(free);
    const { outcomes, ...stats } = await simulator.stats();
    expect(stats).toMatchObject({ total: 1, charged, checks: charged === '0.00' ? 0 : 1, free: 1 });
  });

  it('down: nothing leaves', async () => {
    await simulator.setMood({ mode: 'down', forMs: 700 });
    await until(async () => (await provider.balance(patient)).kind === 'unsent', 2_000, 'it is gone');
    expect(await provider.check(iphone, 1, patient)).toEqual({ kind: 'unsent', reason: 'ECONNREFUSED' });
    await until(async () => (await provider.balance(patient)).kind === 'answered', 5_000, 'it is back');
  });

  it('lost: its history has the check that was charged, once', async () => {
    await simulator.setMood({ mode: 'lost', by: 'reset' });
    const serial = '490154203237518';
    expect(await provider.check(serial, 22, patient)).toEqual(broken);
    const found = told(await provider.history(patient)).filter(({ deviceId }) => deviceId === serial);
    expect(found).toMatchObject([{ status: 'successful', serviceId: 22, amount: '0.01' }]);
    const log = (await simulator.log()).filter(({ deviceId }) => deviceId === serial);
    expect(log).toEqual([
      expect.objectContaining({
        outcome: 'lost',
        charged: '0.01',
        id: found[0]?.id,
        result: 'successful',
        service: 22,
      }),
    ]);
  });
});

it('knows the newest thousand of many checks', async () => {
  for (let i = 0; i < 1_100; i += 100)
    await Promise.all(
      Array.from({ length: 100 }, (_, n) => check(String(35_000_000_000_000 + i + n).padStart(15, '0'), 13)),
    );
  const newest = await check(iphone, 3);
  const history = told(await provider.history(patient));
  expect(history[0]).toEqual(newest);
  expect(history.length).toBe(1_000);
  expect(new Set(history.map(({ id }) => id)).size).toBe(1_000);
}, 30_000);
