// The moods of the simulated IMEI provider over REST, beside those of the gateway: each is there where its simulator takes the place
// of a provider that is not configured.
import { imeiModes } from '../../src/shared/imei-mood.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

const path = '/api/v1/simulators/imei';
const other = '/api/v1/simulators/gateway';
const imei = '356735111052198';
let simulator: TestImeiProvider;
let server: TestServer;
let operator: Client;

beforeAll(async () => {
  simulator = await startImeiProvider();
  server = await testServer({ SIMULATORS: simulator.world });
  operator = await server.person('OPERATOR');
});
afterAll(async () => {
  await server.close();
  await simulator.stop();
});
beforeEach(async () => {
  await simulator.setMood({ mode: 'ok' });
  await simulator.resetStats();
});

const put = (mood: unknown, as: Client = operator): Promise<Response> =>
  as.fetch(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(mood) });

const check = () => server.app.parts.imeiProvider?.check(imei, 1, 5_000);

it('shows the mood and what was asked by this server', async () => {
  expect(await check()).toMatchObject({ kind: 'answered', value: { deviceId: imei, status: 'successful' } });
  const answer = await operator.fetch(path);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    mood: { mode: 'ok' },
    until: null,
    stats: {
      ...{ total: 1, checks: 1, paidAgain: 0, charged: '0.06', balance: '999.94', free: 0 },
      ...{ inFlight: 0, perSecond: expect.any(Number), outcomes: { ok: 1 } },
    },
  });
});

it('switches the mood, and writes down who did', async () => {
  const answer = await put({ mode: 'lost', by: 'reset', forMs: 60_000 });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({
    mood: { mode: 'lost', by: 'reset', status: 500, forMs: 60_000 },
    until: expect.any(String),
    stats: { total: 0 },
  });
  expect(await check()).toEqual({ kind: 'lost', reason: 'ECONNRESET' });
  expect(await simulator.stats()).toMatchObject({ charged: '0.06', mood: { mode: 'lost' } });
  const { data } = await server.admin.graphql<{ auditLog: { nodes: { action: string; subject: string }[] } }>(
    '{ auditLog(first: 1) { nodes { action subject } } }',
  );
  expect(data?.auditLog.nodes).toEqual([{ action: 'switchSimulator', subject: 'simulator:imei' }]);
});

it.each([
  [{ mode: 'angry' }, ['mode']],
  [null, ['']],
  [{ mode: 'lost', by: 'magic', status: 200 }, ['by', 'status']],
  [{ mode: 'mixed', lost: 0.9, hangs: 0.9 }, ['errors']],
])('refuses %j, naming the fields', async (mood, paths) => {
  const answer = await put(mood);
  expect(answer.status).toBe(400);
  const { code, fields } = (await answer.json()) as { code: string; fields: { path: string }[] };
  expect({ code, paths: fields.map((field) => field.path) }).toEqual({ code: 'BAD_USER_INPUT', paths });
  expect((await simulator.stats()).mood).toEqual({ mode: 'ok' });
});

it('is for staff', async () => {
  const viewer = await server.person('VIEWER');
  const token = await server.token('IMEI_CHECK', 'READ');
  for (const [as, status] of [
    [server.nobody, 401],
    [viewer, 403],
    [token, 403],
    [server.admin, 200],
  ] as const) {
    expect((await as.fetch(path)).status).toBe(status);
    expect((await put({ mode: 'ok' }, as)).status).toBe(status);
  }
});

it.each([
  ['a provider of its own', { IMEICHECK_TOKEN: 'live' }, 404, 200],
  ['a gateway of its own', { MESSAGE_GATEWAY_URL: 'http://127.0.0.1:1' }, 200, 404],
  ['no simulators', { SIMULATORS: 'off' }, 404, 404],
])('is there or not for a server with %s', async (_what, settings: Record<string, string>, ours, gateways) => {
  const alone = await testServer({ SIMULATORS: simulator.world, ...settings });
  expect((await alone.admin.fetch(path)).status).toBe(ours);
  expect((await put({ mode: 'ok' }, alone.admin)).status).toBe(ours);
  expect((await alone.admin.fetch(other)).status).toBe(gateways);
  expect(alone.app.parts.imeiProvider === undefined).toBe(settings.SIMULATORS === 'off');
  await alone.close();
});

it('is described', async () => {
  const document = (await (await server.nobody.fetch('/openapi.json')).json()) as {
    paths: Record<string, object>;
    components: { schemas: Record<string, { oneOf?: object[] }> };
  };
  expect(Object.keys(document.paths[path] ?? {})).toEqual(['get', 'put']);
  expect(document.components.schemas.ImeiMood?.oneOf).toHaveLength(imeiModes.length);
});
