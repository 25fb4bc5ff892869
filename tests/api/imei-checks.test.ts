// IMEI checks over GraphQL and REST: what is asked of whom and at what cost, what changed, the history and who may see it, live.
import { systemViewer } from '../../src/auth/viewer.js';
import { type CheckSeen, checkFields, ImeiCalls, imeiOf, iphone } from '../support/imei-calls.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { told } from '../support/mailings.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

const android = '863274074003267';
let provider: TestImeiProvider;
let server: TestServer;
let staff: ImeiCalls;
beforeAll(async () => {
  provider = await startImeiProvider();
  server = await testServer({ IMEICHECK_URL: provider.url, IMEICHECK_TOKEN: 'test', IMEI_TIMEOUT: '1s' });
  staff = new ImeiCalls(server.admin);
});
beforeEach(() => provider.setMood({ mode: 'ok' }));
afterAll(async () => {
  await server.close();
  await provider.stop();
});

const asked = async (imei: string) => (await provider.log()).filter(({ deviceId }) => deviceId === imei);
const check = async (input: object, as = staff): Promise<CheckSeen> => told(await as.check(input));
const codeOf = ({ errors }: { errors?: readonly { extensions: { code: string } }[] }) => errors?.[0]?.extensions.code;

describe('which service is asked', () => {
  it('the brand’s, and what it says becomes a device', async () => {
    const seen = await check({ imei: iphone });
    expect(seen).toMatchObject({
      ...{ status: 'SUCCESSFUL', serviceId: 1, cost: '0.06', cached: false, ageSeconds: 0, via: 'GRAPHQL' },
      ...{ imei: iphone, tac: '35673511', device: { name: 'iPhone 12 Pro Max', brand: 'Apple' }, changes: [] },
      requestedBy: 'person:1',
    });
  });

  it('the generic one after a brand’s that knows nothing, so that an Android phone gets its card', async () => {
    // Its TAC is built in as Apple's, and the provider says otherwise.
    await server.database.query("insert into tac (tac, brand, model) values ('86327407', 'Apple', 'a mistake')");
    const seen = await check({ imei: android });
    expect(seen).toMatchObject({ status: 'SUCCESSFUL', serviceId: 22, device: { brand: 'Xiaomi' }, cost: '0.01' });
    expect((await asked(android)).map(({ service }) => service)).toEqual([1, 22]);
    expect(await check({ imei: android })).toMatchObject({ cached: true, cost: '0', serviceId: 22 });
  });

  it('the generic one only once, where somebody else asks it meanwhile', async () => {
    const imei = imeiOf(9, '86327407');
    await provider.setMood({ mode: 'slow', latencyMs: 600 });
    const waiting = check({ imei });
    await until(async () => (await asked(imei)).length === 1, 5_000, 'the brand’s');
    await provider.setMood({ mode: 'ok' });
    expect(await check({ imei, serviceId: 22 })).toMatchObject({ status: 'SUCCESSFUL', cost: '0.01' });
    expect(await waiting).toMatchObject({ status: 'SUCCESSFUL', serviceId: 22, cost: '0.00' });
    expect((await asked(imei)).map(({ service }) => service)).toEqual([1, 22]);
  });

  it('the one that was named, and no other after it', async () => {
    const imei = imeiOf(1, '86327407');
    expect(await check({ imei, serviceId: 1 })).toMatchObject({ status: 'UNSUCCESSFUL', device: null, cost: '0.00' });
    expect(await check({ imei, serviceId: 16 })).toMatchObject({ status: 'SUCCESSFUL', serviceId: 16 });
    // Neither of them answers who names none.
    expect(await check({ imei })).toMatchObject({ cached: false, serviceId: 22 });
    expect(await check({ imei, serviceId: 1 })).toMatchObject({ cached: true, status: 'UNSUCCESSFUL', cost: '0' });
  });
});

it('asks again where nothing is old enough, and says what changed', async () => {
  const imei = imeiOf(2);
  const was = (await check({ imei })).raw as { readonly properties?: { readonly fmiOn?: boolean } } | null;
  const fmiOn = !(was?.properties?.fmiOn ?? false);
  await provider.change(imei, { fmiOn });
  expect(await check({ imei, maxAgeSeconds: 60 })).toMatchObject({ cached: true, changes: [] });
  const changed = await check({ imei, maxAgeSeconds: 0 });
  expect(changed.cached).toBe(false);
  expect(changed.changes).toContainEqual({ field: 'findMyOn', before: String(!fmiOn), after: String(fmiOn) });
  await expect(asked(imei)).resolves.toHaveLength(2);
});

it('gives the first check again for the same key, and CONFLICT for another input', async () => {
  const imei = imeiOf(3);
  const input = { imei, maxAgeSeconds: 0, idempotencyKey: 'once' };
  const { id } = await check(input);
  expect((await check(input)).id).toBe(id);
  await expect(asked(imei)).resolves.toHaveLength(1);
  expect(codeOf(await staff.check({ ...input, imei: imeiOf(4) }))).toBe('CONFLICT');
});

it('tells everybody who waits for one check, and not only who came last', async () => {
  await provider.setMood({ mode: 'slow', latencyMs: 700 });
  const input = { imei: imeiOf(7), maxAgeSeconds: 0, idempotencyKey: 'both' };
  const begun = performance.now();
  const first = check(input);
  await until(
    async () => (await staff.list({ filter: { imei: input.imei } })).data?.imeiChecks.nodes.length === 1,
    5_000,
    'it',
  );
  const ids = (await Promise.all([first, check(input), check(input)])).map(({ id }) => id);
  expect(new Set(ids).size).toBe(1);
  expect(performance.now() - begun).toBeLessThan(6_000);
  await provider.setMood({ mode: 'ok' });
});

it.each([
  [{ imei: '1234567890123' }, 'imei', 'LENGTH'],
  [{ imei: '356735111052199' }, 'imei', 'CHECKSUM'],
  [{ imei: iphone, serviceId: 0 }, 'serviceId', 'TOO_SMALL'],
  // It was asked for at the provider, and its refusal told as the provider's fault.
  [{ imei: iphone, serviceId: 987_654 }, 'serviceId', 'NOT_OFFERED'],
  [{ imei: iphone, maxAgeSeconds: -1 }, 'maxAgeSeconds', 'TOO_SMALL'],
])('refuses %j by its field', async (input, path, code) => {
  const { errors } = await staff.check(input);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path, code }] });
});

it('waits for a provider that works on it, and is PENDING until then', async () => {
  await provider.setMood({ mode: 'processing', latencyMs: 1_500 });
  const imei = imeiOf(5);
  expect(await check({ imei })).toMatchObject({ status: 'SUCCESSFUL', cost: '0.06' });
  await expect(asked(imei)).resolves.toHaveLength(1);
});

it('tells that the provider refuses us, keeps the check as FAILED, raises an alarm, and charges nothing', async () => {
  await provider.setMood({ mode: '403' });
  const imei = imeiOf(6);
  expect(codeOf(await staff.check({ imei }))).toBe('UPSTREAM_FAILED');
  const { nodes } = (await staff.list({ filter: { imei } })).data?.imeiChecks ?? { nodes: [] };
  expect(nodes).toMatchObject([{ status: 'FAILED', cost: '0', error: expect.stringContaining('nothing was charged') }]);
  const alarms = () => server.database.query("select from alarm where kind = 'IMEI_PROVIDER_REFUSES'");
  await until(async () => (await alarms()).length === 1, 5_000, 'an alarm');
  const { data } = await server.admin.graphql<{ imeiProviders: { available: boolean; breaker: string }[] }>(
    '{ imeiProviders { provider available breaker } }',
  );
  expect(data?.imeiProviders).toMatchObject([{ provider: 'imeicheck.net', available: false, breaker: 'OPEN' }]);
  await provider.setMood({ mode: 'ok' });
  await until(async () => codeOf(await staff.check({ imei })) === undefined, 40_000, 'the provider');
});

it('does not take an empty history for “not charged” while a check that is known to be ours is missing from it', async () => {
  await check({ imei: imeiOf(701) });
  const imei = imeiOf(702);
  await provider.setMood({ mode: 'hang' });
  const waiting = staff.check({ imei });
  const stateOf = 'select state from imei_exchange where imei = $1';
  const isLost = async () => (await server.database.query<{ state: string }>(stateOf, [imei]))[0]?.state === 'LOST';
  await until(isLost, 5_000, 'the loss of its answer');
  // The provider remembers nothing of us any more, and says so as soon as it is asked.
  await provider.stop();
  provider = await startImeiProvider({ mode: 'ok' }, { port: provider.port });
  // A quarter of an hour passes: long enough to be certain, and not yet to give up.
  const aged = "set asked_at = now() - interval '15 minutes', next_at = now()";
  const lookAgain = async (): Promise<number> => {
    await server.database.query(`update imei_exchange ${aged} where imei = $1 and state = 'LOST'`, [imei]);
    await server.app.unit(systemViewer('test'), ({ imeiChecks }) => imeiChecks.bringOn());
    return (await asked(imei)).length;
  };
  for (let look = 0; look < 3; look++) expect(await lookAgain()).toBe(0);
  expect(await isLost()).toBe(true);
  // Once it lists what is known to be ours, its history is believed again.
  await check({ imei: imeiOf(703) });
  await until(async () => (await lookAgain()) > 0, 10_000, 'a second attempt');
  expect(told<CheckSeen>(await waiting)).toMatchObject({ status: 'SUCCESSFUL', cost: '0.06' });
}, 60_000);

describe('the history', () => {
  let token: ImeiCalls;
  let own: CheckSeen;
  let others: CheckSeen;
  beforeAll(async () => {
    token = new ImeiCalls(await server.token('IMEI_CHECK'));
    await provider.setMood({ mode: 'ok' });
    own = await check({ imei: imeiOf(50) }, token);
    others = await check({ imei: imeiOf(51) });
  });

  it('is one’s own for a token with IMEI_CHECK, and all of it for READ and for people', async () => {
    const ids = async (as: ImeiCalls) => (await as.list({ first: 100 })).data?.imeiChecks.nodes.map(({ id }) => id);
    expect(await ids(token)).toEqual([own.id]);
    expect((await token.find(own.id)).data?.imeiCheck?.id).toBe(own.id);
    expect((await token.find(others.id)).data).toEqual({ imeiCheck: null });
    for (const as of [
      await server.token('READ'),
      await server.token('READ', 'IMEI_CHECK'),
      await server.person('VIEWER'),
    ]) {
      expect(await ids(new ImeiCalls(as))).toEqual(expect.arrayContaining([own.id, others.id]));
      expect((await new ImeiCalls(as).find(others.id)).data?.imeiCheck?.id).toBe(others.id);
    }
    expect(codeOf(await new ImeiCalls(await server.person('VIEWER')).check({ imei: iphone }))).toBe('FORBIDDEN');
    expect(codeOf(await new ImeiCalls(await server.token('LEADS_READ')).list())).toBe('FORBIDDEN');
  });

  it('is searched by device, model, state, door and time, and pages both ways', async () => {
    const found = async (filter: object) => (await staff.list({ filter, first: 100 })).data?.imeiChecks;
    expect((await found({ imei: imeiOf(50).slice(0, 14) }))?.nodes.map(({ id }) => id)).toEqual([own.id]);
    expect((await found({ tac: '86327407' }))?.nodes.every(({ tac }) => tac === '86327407')).toBe(true);
    expect((await found({ status: ['UNSUCCESSFUL'] }))?.nodes.every(({ status }) => status === 'UNSUCCESSFUL')).toBe(
      true,
    );
    expect((await found({ via: ['BOT'] }))?.totalCount).toBe(0);
    expect((await found({ createdAt: { from: others.createdAt } }))?.nodes.at(-1)?.id).toBe(others.id);
    expect(codeOf(await staff.list({ filter: { tac: '1' } }))).toBe('BAD_USER_INPUT');
    const first = (await staff.list({ first: 1 })).data?.imeiChecks;
    const next = (await staff.list({ first: 1, after: first?.edges[0]?.cursor })).data?.imeiChecks;
    expect(Number(next?.nodes[0]?.id)).toBeLessThan(Number(first?.nodes[0]?.id));
    const back = (await staff.list({ last: 1, before: next?.edges[0]?.cursor })).data?.imeiChecks;
    expect(back?.nodes[0]?.id).toBe(first?.nodes[0]?.id);
  });
});

describe('live', () => {
  interface Told {
    readonly imeiChecks: { readonly id: string; readonly node: CheckSeen };
  }
  const listen = (as: Pick<Client, 'accessToken'>, after?: string) =>
    subscribe<Told>(
      server.url,
      as,
      `subscription { imeiChecks${after ? `(after: "${after}")` : ''} { id at node { ${checkFields} } } }`,
    );

  it('everybody hears of their own ends, who may see all of all, and nothing is lost between two sessions', async () => {
    const mine = await server.token('IMEI_CHECK');
    const as = new ImeiCalls(mine);
    const [own, all] = await Promise.all([listen(mine), listen(server.admin)]);
    const heard = async (): Promise<boolean> => {
      await check({ imei: imeiOf(60) }, as);
      return own.events.length > 0 && all.events.length > 0;
    };
    await until(heard, 5_000, 'that both listen');
    await check({ imei: imeiOf(61) });
    const last = await check({ imei: imeiOf(60) }, as);
    const lastOf = ({ events }: typeof own): CheckSeen | undefined => events.at(-1)?.imeiChecks.node;
    await until(() => lastOf(own)?.id === last.id && lastOf(all)?.id === last.id, 5_000, 'the last event');
    expect(lastOf(own)).toEqual(last);
    expect(own.events.some(({ imeiChecks }) => imeiChecks.node.imei === imeiOf(61))).toBe(false);
    expect(all.events.some(({ imeiChecks }) => imeiChecks.node.imei === imeiOf(61))).toBe(true);
    await Promise.all([own.close(), all.close()]);
    const missed = await check({ imei: imeiOf(61) }, as);
    await check({ imei: imeiOf(62) });
    const again = await listen(mine, own.events.at(-1)?.imeiChecks.id);
    await until(() => again.events.length > 0, 5_000, 'what was missed');
    const next = await check({ imei: imeiOf(63) }, as);
    await until(() => again.events.length > 1, 5_000, 'what came next');
    expect(again.events.map(({ imeiChecks }) => imeiChecks.node.id)).toEqual([missed.id, next.id]);
    await again.close();
  });
});

describe('REST', () => {
  const rest = async (as: Client, path: string, init: RequestInit = {}) => {
    const answer = await as.fetch(`/api/v1/imei/checks${path}`, {
      ...init,
      headers: { 'content-type': 'application/json', ...Object.fromEntries(new Headers(init.headers)) },
    });
    return { status: answer.status, link: answer.headers.get('link'), body: await answer.json() };
  };

  it('checks, finds, lists and pages like GraphQL', async () => {
    const token = await server.token('IMEI_CHECK');
    const post = (body: object, headers = {}) =>
      rest(token, '', { method: 'POST', body: JSON.stringify(body), headers });
    const made = await post({ imei: imeiOf(70) }, { 'idempotency-key': 'k' });
    expect(made).toMatchObject({
      status: 201,
      body: { status: 'SUCCESSFUL', via: 'REST', cost: '0.06', cached: false },
    });
    const again = await post({ imei: imeiOf(70) }, { 'idempotency-key': 'k' });
    expect(again.body).toEqual(made.body);
    await post({ imei: imeiOf(71) });
    const { id } = made.body as { id: string };
    expect(await rest(token, `/${id}`)).toMatchObject({ status: 200, body: made.body });
    expect(await rest(token, '/999999999')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    const page = await rest(token, '?limit=1');
    expect(page.body).toMatchObject([{ imei: imeiOf(71) }]);
    const next = /<\/api\/v1\/imei\/checks(.*)>; rel="next"/.exec(page.link ?? '')?.[1] ?? '';
    expect((await rest(token, next)).body).toMatchObject([{ imei: imeiOf(70) }]);
    expect(await post({ imei: 'x' })).toMatchObject({
      status: 400,
      body: { code: 'BAD_USER_INPUT', fields: [{ path: 'imei', code: 'NOT_DIGITS' }] },
    });
  });

  it('tells a provider that fails as 502, and a day that is used up as 429', async () => {
    const token = await server.token('IMEI_CHECK');
    const post = (imei: string) => rest(token, '', { method: 'POST', body: JSON.stringify({ imei }) });
    await server.database.query(
      `insert into imei_day (actor, day, asked) select imei_payer('token:' || max(id)), (now() at time zone 'Europe/Moscow')::date, 1000 from token
       on conflict (actor, day) do update set asked = 1000`,
    );
    expect(await post(imeiOf(80))).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    await server.database.query('delete from imei_day');
    await provider.setMood({ mode: '402' });
    expect(await post(imeiOf(81))).toMatchObject({ status: 502, body: { code: 'UPSTREAM_FAILED' } });
  });
});
