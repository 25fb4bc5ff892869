// Thousands of made-up inputs at each door of IMEI checks: none is our fault, and the provider hears of none that is no IMEI.
import fc from 'fast-check';
import { type ImeiReading, readImei } from '../../src/domain/imei/imei-number.js';
import { ImeiCalls, imeiOf, legacyCheck } from '../support/imei-calls.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { type TestServer, testServer } from '../support/server.js';

const inputs = 1_500;
const atOnce = 20;

let provider: TestImeiProvider;
let server: TestServer;
let token: string;
beforeAll(async () => {
  provider = await startImeiProvider();
  server = await testServer({
    ...{ IMEICHECK_URL: provider.url, IMEICHECK_TOKEN: 'test', IMEI_CHECKS_PER_DAY: '1000000' },
    ...{ REQUESTS_PER_MINUTE: '100000000', USER_REQUESTS_PER_MINUTE: '100000000' },
  });
  token = (await server.token('IMEI_CHECK')).accessToken ?? '';
});
afterAll(async () => {
  await server.close();
  await provider.stop();
});

const words = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.stringMatching(/^[0-9 \-\u2010\u00a0]{0,40}$/),
  fc.stringMatching(/^[0-9]{13,17}$/),
  fc.integer({ min: 0, max: 30 }).map((n) => imeiOf(n)),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    '٣٥٦٧٣٥١١١٠٥٢١٩٨',
    '000000000000000',
    '__proto__',
    "'; drop table imei_check; --",
  ),
);
const anything = fc.oneof(words, fc.jsonValue(), fc.double(), fc.bigInt().map(String));
const numbers = fc.oneof(
  fc.integer(),
  fc.constantFrom(null, undefined, 0, -1, 2_147_483_647, 2_147_483_648, 0.5, 1e300),
);

/** Of each door 1,500 inputs, some at a time. */
async function each<T>(of: fc.Arbitrary<T>, ask: (input: T) => Promise<void>): Promise<void> {
  const batch = fc.array(of, { minLength: atOnce, maxLength: atOnce });
  await fc.assert(
    fc.asyncProperty(batch, async (made) => void (await Promise.all(made.map(ask)))),
    { numRuns: inputs / atOnce, endOnFailure: true },
  );
}

const isImei = (text: unknown): boolean => typeof text === 'string' && 'imei' in (readImei(text) satisfies ImeiReading);

it('GraphQL: an input is taken, or refused by its field', async () => {
  const calls = new ImeiCalls(server.admin);
  const input = fc.record(
    {
      imei: words,
      serviceId: fc.constantFrom(null, 1, 22, 14, 13),
      maxAgeSeconds: numbers,
      idempotencyKey: fc.option(words),
    },
    { requiredKeys: ['imei'] },
  );
  await each(input, async (given) => {
    const { status, errors } = await calls.check(given);
    expect(status).toBeLessThan(500);
    for (const { extensions } of errors ?? []) expect(['BAD_USER_INPUT', 'CONFLICT']).toContain(extensions.code);
  });
});

it('GraphQL: a filter finds, or is refused', async () => {
  const calls = new ImeiCalls(server.admin);
  const variables = fc.record(
    {
      filter: fc.record({ imei: words, tac: words }, { requiredKeys: [] }),
      ...{ first: fc.option(fc.integer({ min: -1, max: 101 })), after: fc.option(words) },
    },
    { requiredKeys: [] },
  );
  await each(variables, async (given) => {
    const { status, errors } = await calls.list(given);
    expect(status).toBeLessThan(500);
    for (const { extensions } of errors ?? []) expect(extensions.code).toBe('BAD_USER_INPUT');
  });
});

it('the old route: 200 for what is an IMEI, else 400 or 403 in its own shape', async () => {
  const body = fc.oneof(
    fc.record({ imei: anything, token: fc.oneof(anything, fc.constant('ours')) }, { requiredKeys: [] }),
    fc.record({ imei: words, token: fc.constant('ours') }),
    anything,
  );
  await each(body, async (given) => {
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
    const ours = isObject && 'token' in given && given.token === 'ours';
    const { status, text } = await legacyCheck(
      server.nobody,
      ours ? { ...given, token } : (JSON.stringify(given) ?? ''),
    );
    expect([200, 400, 403]).toContain(status);
    if (status !== 200) expect(JSON.parse(text)).toEqual({ error: expect.any(String) });
    if (ours && 'imei' in given && typeof given.imei === 'string' && given.imei.trim() !== '')
      expect(status).toBe(isImei(given.imei.trim()) ? 200 : 400);
  });
});

it('the provider heard of IMEIs alone', async () => {
  const log = await provider.log();
  expect(log.length).toBeGreaterThan(0);
  expect(log.filter(({ deviceId }) => deviceId.length !== 15 || !isImei(deviceId))).toEqual([]);
});
