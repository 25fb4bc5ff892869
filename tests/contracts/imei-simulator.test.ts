// The simulated IMEI provider on the wire: what it demands, what it says, what it books, and that a phone stays the same phone until
// somebody changes it.
import { imeiModes } from '../../src/shared/imei-mood.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { until } from '../support/program.js';

const iphone = '356735111052198';
let imei: TestImeiProvider;

beforeAll(async () => {
  imei = await startImeiProvider();
});
beforeEach(async () => {
  await imei.setMood({ mode: 'ok' });
  await imei.resetStats();
});
afterAll(() => imei.stop());

const authorization = 'Bearer sandbox';
const ask = (path: string, headers: Record<string, string> = { authorization }): Promise<Response> =>
  fetch(`${imei.url}/v1/${path}`, { headers });

const post = (body: unknown, headers: Record<string, string> = { authorization }): Promise<Response> =>
  fetch(`${imei.url}/v1/checks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

type Check = Record<string, unknown> & { readonly properties: Record<string, unknown> };
const check = async (deviceId: string, serviceId: number | string): Promise<Check> =>
  (await (await post({ deviceId, serviceId })).json()) as Check;

describe('what it demands', () => {
  it.each([{}, { authorization: 'sandbox' }, { authorization: 'Bearer ' }])('a token, not %j', async (headers) => {
    for (const answer of [await post({ deviceId: iphone, serviceId: 12 }, headers), await ask('account', headers)]) {
      expect({ status: answer.status, body: await answer.json() }).toEqual({
        status: 401,
        body: { message: 'Unauthenticated.' },
      });
    }
    expect(await imei.stats()).toMatchObject({ checks: 0, outcomes: { denied: 1 } });
  });

  it('the one token that it was given', async () => {
    const strict = await startImeiProvider({ mode: 'ok' }, { token: 'live|1' });
    const status = async (token: string) =>
      (await fetch(`${strict.url}/v1/account`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect([await status('live|2'), await status('live|1')]).toEqual([401, 200]);
    await strict.stop();
  });

  const required = 'The device id field is required';
  const length = 'The device id must be between 8 and 15 characters';
  const unknown = 'The selected service id is invalid';
  it.each<[unknown, Record<string, string>]>([
    ['{', { deviceId: required, serviceId: 'The service id field is required' }],
    ['null', { deviceId: required, serviceId: 'The service id field is required' }],
    [{ deviceId: '', serviceId: 1 }, { deviceId: required }],
    [{ deviceId: 356735111052198, serviceId: 1 }, { deviceId: 'The device id must be a string' }],
    [{ deviceId: '1234567', serviceId: 1 }, { deviceId: length }],
    [{ deviceId: '1234567890123456', serviceId: 1 }, { deviceId: length }],
    [
      { deviceId: '35673511105219/', serviceId: 1 },
      { deviceId: 'The device id must only contain letters and numbers' },
    ],
    [{ deviceId: iphone, serviceId: 99 }, { serviceId: unknown }],
    [{ deviceId: iphone, serviceId: {} }, { serviceId: unknown }],
  ])('a device and a service, not %j', async (body, errors) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    const told = Object.fromEntries(Object.entries(errors).map(([field, text]) => [field, [text]]));
    expect(await answer.json()).toEqual({ message: Object.values(errors)[0], errors: told });
    expect(await imei.stats()).toMatchObject({ total: 1, checks: 0, charged: '0.00', outcomes: { rejected: 1 } });
  });

  it('takes a form as well, and a number as text', async () => {
    const form = await fetch(`${imei.url}/v1/checks`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ deviceId: iphone, serviceId: '12' }),
    });
    expect(form.status).toBe(201);
    expect(await check(iphone, '12')).toMatchObject({ service: { id: 12 } });
  });

  it.each(['checks/nobody', 'orders', 'accounts/me'])('knows no %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });
});

describe('a phone', () => {
  it('is the same each time, in every service', async () => {
    const [first, again, advanced] = [await check(iphone, 1), await check(iphone, 1), await check(iphone, 2)];
    expect(again.properties).toEqual(first.properties);
    expect(advanced.properties).toMatchObject(first.properties);
    expect(again.id).not.toBe(first.id);
  });

  it('changes when it is changed, and only in that', async () => {
    const own = '351344354167758';
    const before = (await check(own, 16)).properties;
    await imei.change(own, { blacklisted: !before.gsmaBlacklisted });
    const { gsmaBlacklisted, usaBlockStatus, blacklistRecords, ...rest } = (await check(own, 16)).properties;
    expect(gsmaBlacklisted).toBe(!before.gsmaBlacklisted);
    expect(before).toMatchObject(rest);
    expect([usaBlockStatus, blacklistRecords]).not.toEqual([before.usaBlockStatus, before.blacklistRecords]);
  });

  it('changes in nothing that is not there', async () => {
    const answer = await fetch(`${imei.url}/devices/${iphone}`, { method: 'PUT', body: '{"color":"red"}' });
    expect(answer.status).toBe(400);
  });

  it('has booleans as they come, keys that come and go, and one brand', async () => {
    const phones = await Promise.all(
      Array.from({ length: 60 }, (_, i) => check(`35673511${String(i).padStart(7, '0')}`, 1)),
    );
    const kinds = new Set(phones.map(({ properties }) => typeof properties.lostMode));
    expect(kinds).toEqual(new Set(['boolean', 'string']));
    const keys = new Set(phones.map(({ properties }) => Object.keys(properties).join()));
    expect(keys.size).toBeGreaterThan(10);
    expect(new Set(phones.map(({ properties }) => properties.deviceName))).toEqual(new Set(['iPhone 12 Pro Max']));
  });

  it('of test equipment nobody knows', async () => {
    expect(await check('004999010640000', 22)).toMatchObject({ status: 'unsuccessful', properties: [] });
  });

  it('may be lucky or not in the mixed sandbox', async () => {
    const phones = await Promise.all(Array.from({ length: 40 }, (_, i) => check(`4901542032375${i + 10}`, 15)));
    expect(new Set(phones.map(({ status }) => status))).toEqual(new Set(['successful', 'unsuccessful', 'failed']));
  });
});

describe('what it books', () => {
  it('charges what was successful, and counts what was paid twice', async () => {
    for (const service of [1, 1, 22, 5, 12, 12]) await check(iphone, service);
    const { lastMinute, recent, ...stats } = await imei.stats();
    expect(stats).toMatchObject({ total: 6, checks: 6, paidAgain: 1, charged: '0.13', balance: '999.87', inFlight: 0 });
    expect(lastMinute.reduce((sum, n) => sum + n)).toBe(6);
    expect(recent[2]).toEqual({
      ...{ device: '35673511…98', service: 5, outcome: 'ok', result: 'unsuccessful', charged: '0.00' },
      ms: expect.any(Number),
    });
    expect(JSON.stringify(recent)).not.toContain(iphone);
    await imei.resetStats();
    expect(await imei.stats()).toMatchObject({
      total: 0,
      checks: 0,
      paidAgain: 0,
      charged: '0.00',
      balance: '1000.00',
    });
  });

  it('leaves a line for each request, done or not', async () => {
    const before = (await imei.log()).length;
    const { id } = await check(iphone, 1);
    await post({ deviceId: iphone, serviceId: 99 });
    await imei.setMood({ mode: '402' });
    await post({ deviceId: iphone, serviceId: 1 });
    const at = expect.any(Number);
    expect((await imei.log()).slice(before)).toEqual([
      { at, id, deviceId: iphone, service: 1, outcome: 'ok', result: 'successful', charged: '0.06' },
      { at, id: null, deviceId: iphone, service: null, outcome: 'rejected', result: null, charged: '0.00' },
      { at, id: null, deviceId: iphone, service: 1, outcome: 'unpaid', result: null, charged: '0.00' },
    ]);
  });
});

describe('its moods', () => {
  it('mixed: each check has the luck of the draw, the same with the same seed', async () => {
    const mood = { mode: 'mixed', errors: 0.3, garbage: 0.1, lost: 0.3, by: '5xx', seed: 7 } as const;
    const draw = async (): Promise<string[]> => {
      await imei.setMood(mood);
      await imei.resetStats();
      for (let i = 0; i < 30; i++) await post({ deviceId: iphone, serviceId: 12 });
      return (await imei.stats()).recent.map(({ outcome }) => outcome);
    };
    const first = await draw();
    expect(new Set(first)).toEqual(new Set(['ok', 'error', 'garbage', 'lost']));
    expect(await draw()).toEqual(first);
  });

  it('pass, where they have a time', async () => {
    await imei.setMood({ mode: '5xx', forMs: 400 });
    expect((await ask('account')).status).toBe(500);
    await until(async () => (await ask('account')).status === 200, 5_000, 'it is well again');
    expect(await imei.stats()).toMatchObject({ mood: { mode: 'ok' }, until: null });
  });

  it.each([
    [{ mode: 'angry' }, `mode: expected one of ${imeiModes.join(', ')}`],
    [{ mode: 'lost', by: 'magic' }, 'by: '],
    [{ mode: 'mixed', errors: 0.6, lost: 0.6 }, 'errors: the shares add up to more than 1'],
    [{ mode: 'hang', hangsAccept: true }, 'hangsAccept'],
  ])('refuse %j', async (mood, said) => {
    const answer = await fetch(`${imei.url}/mood`, { method: 'PUT', body: JSON.stringify(mood) });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).toContain(said);
  });
});
