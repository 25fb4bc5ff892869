// The moods of the simulated message gateway over REST: shown and switched by staff, absent where none runs.
import { startGateway, type TestGateway } from '../support/gateway.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

const path = '/api/v1/simulators/gateway';
let gateway: TestGateway;
let server: TestServer;
let operator: Client;

beforeAll(async () => {
  gateway = await startGateway();
  server = await testServer({ SIMULATORS: gateway.world });
  operator = await server.person('OPERATOR');
});
afterAll(async () => {
  await server.close();
  await gateway.stop();
});
beforeEach(async () => {
  await gateway.setMood({ mode: 'ok' });
  await gateway.resetStats();
});

const put = (mood: unknown, as: Client = operator): Promise<Response> =>
  as.fetch(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(mood) });

const send = (id: number): Promise<Response> =>
  fetch(`${gateway.url}/v1/send/${id}`, {
    method: 'POST',
    body: JSON.stringify({ id, phone: 70001234567, text: 'привет' }),
  });

it('shows the mood and what was seen', async () => {
  await send(1);
  await send(1);
  const answer = await operator.fetch(path);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({
    mood: { mode: 'ok' },
    until: null,
    stats: {
      ...{ total: 2, accepted: 2, distinct: 1, duplicates: 1, inFlight: 0 },
      ...{ perSecond: expect.any(Number), outcomes: { ok: 2 } },
    },
  });
});

it('switches the mood, for a while or for good, and writes down who did', async () => {
  const answer = await put({ mode: 'mixed', errors: 0.5, forMs: 60_000 });
  expect(answer.status).toBe(200);
  const { mood, until: end } = (await answer.json()) as { mood: object; until: string };
  expect(mood).toEqual({
    ...{ mode: 'mixed', errors: 0.5, hangs: 0, garbage: 0, resets: 0 },
    ...{ latencyMs: 0, hangsAccept: true, forMs: 60_000 },
  });
  expect(Math.abs(Date.parse(end) - Date.now() - 60_000)).toBeLessThan(10_000);
  expect((await gateway.stats()).mood).toEqual(mood);
  expect((await put({ mode: '5xx' })).status).toBe(200);
  expect((await send(1)).status).toBe(500);
  const { data } = await server.admin.graphql<{ auditLog: { nodes: { action: string; subject: string }[] } }>(
    '{ auditLog(first: 1) { nodes { action subject } } }',
  );
  expect(data?.auditLog.nodes).toEqual([{ action: 'switchSimulator', subject: 'simulator:gateway' }]);
});

it.each([
  [{ mode: 'angry' }, ['mode']],
  [{}, ['mode']],
  [[], ['']],
  [{ mode: '5xx', status: 200, forMs: 0 }, ['status', 'forMs']],
  [{ mode: 'mixed', errors: 0.9, hangs: 0.9 }, ['errors']],
])('refuses %j, naming the fields', async (mood, paths) => {
  const answer = await put(mood);
  expect(answer.status).toBe(400);
  const { code, fields } = (await answer.json()) as { code: string; fields: { path: string }[] };
  expect({ code, paths: fields.map((field) => field.path) }).toEqual({ code: 'BAD_USER_INPUT', paths });
  expect((await gateway.stats()).mood).toEqual({ mode: 'ok' });
});

it('is for staff', async () => {
  const viewer = await server.person('VIEWER');
  const token = await server.token('MAILINGS');
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

it('says that nobody answers while the gateway is down, and goes on afterwards', async () => {
  const answer = await put({ mode: 'down', forMs: 800 });
  expect(answer.status).toBe(200);
  expect(await answer.json()).toMatchObject({ mood: { mode: 'down' }, until: expect.any(String) });
  await until(async () => (await operator.fetch(path)).status === 503, 2_000, 'it is away');
  await until(async () => (await operator.fetch(path)).status === 200, 5_000, 'it is back');
});

it('is not there where no simulator runs', async () => {
  const alone = await testServer({ SIMULATORS: 'off' });
  expect((await alone.admin.fetch(path)).status).toBe(404);
  expect((await put({ mode: 'ok' }, alone.admin)).status).toBe(404);
  await alone.close();
});

it('is described', async () => {
  const document = (await (await server.nobody.fetch('/openapi.json')).json()) as {
    paths: Record<string, object>;
    components: { schemas: Record<string, { oneOf?: object[] }> };
  };
  expect(Object.keys(document.paths[path] ?? {})).toEqual(['get', 'put']);
  expect(document.components.schemas.GatewayMood?.oneOf).toHaveLength(11);
});
