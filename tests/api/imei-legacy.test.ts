// POST /api/check-imei: each row of the old server's table, byte for byte; the same service as behind GraphQL.
import { ImeiCalls, imeiOf, iphone, type LegacyAnswer, legacyCheck } from '../support/imei-calls.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

const fixed = 'held-by-old-clients';
const missing = '{"error":"Необходимо указать IMEI и токен."}';
const refused = '{"error":"Неверный токен."}';
const failed = '{"error":"Ошибка при проверке IMEI."}';

let provider: TestImeiProvider;
let server: TestServer;
let token: string;
beforeAll(async () => {
  provider = await startImeiProvider();
  server = await testServer({
    ...{ IMEICHECK_URL: provider.url, IMEICHECK_TOKEN: 'test', LEGACY_IMEI_TOKEN: fixed },
    ...{ IMEI_TIMEOUT: '1s', IMEI_CHECKS_PER_DAY: '50', IMEICHECK_SERVICES: 'apple:1,nokia:13,other:22' },
  });
  token = (await server.token('IMEI_CHECK')).accessToken ?? '';
});
beforeEach(() => provider.setMood({ mode: 'ok' }));
afterAll(async () => {
  await server.close();
  await provider.stop();
});

const ask = (body: unknown, headers: Record<string, string> = {}, path?: string): Promise<LegacyAnswer> =>
  legacyCheck(server.nobody, body, headers, path);
const told = async (answer: Promise<LegacyAnswer>): Promise<[number, string]> => {
  const { status, text, headers } = await answer;
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  return [status, text];
};
const asked = async (imei: string) => (await provider.log()).filter(({ deviceId }) => deviceId === imei);
/** What the provider itself says of it, unchanged. */
const written = async (id: string): Promise<string> =>
  (await fetch(`${provider.url}/v1/checks/${id}`, { headers: { authorization: 'Bearer test' } })).text();

describe('what is missing is told before the token, and the token before the number', () => {
  it.each<[string, unknown, Record<string, string>?]>([
    ['no imei', { token: 'x' }],
    ['an empty imei', { imei: '', token: 'x' }],
    ['blanks', { imei: '  ', token: 'x' }],
    ['no token', { imei: '123' }],
    ['an empty token', { imei: iphone, token: '' }],
    ['neither', {}],
    ['null in their place', { imei: null, token: null }],
    ['objects in their place', { imei: { a: 1 }, token: ['x'] }],
    ['an array', []],
    ['null', 'null'],
    ['a text', '"356735111052198"'],
    ['no body', ''],
    ['half of a body', '{"imei":"3567'],
    ['what would poison an object', '{"__proto__":{"imei":"356735111052198","token":"x"}}'],
    ['another media type', JSON.stringify({ imei: iphone, token: 'x' }), { 'content-type': 'text/plain' }],
    ['half of a form', 'imei=1', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a form that breaks off', '--b\r\n', { 'content-type': 'multipart/form-data; boundary=b' }],
  ])('%s', async (_what, body, ...[headers]) => {
    await expect(told(ask(body, headers))).resolves.toEqual([400, missing]);
  });

  it.each([
    { imei: '12', token: 'wrong' },
    { imei: iphone, token: 'sb_live_wrong' },
    { imei: iphone, token: `${fixed}!` },
  ])('a token that nobody knows: %j', async (body) => expect(told(ask(body))).resolves.toEqual([403, refused]));

  it('a token that was revoked, that ended, that lacks the scope, and one of a VIEWER', async () => {
    const revoked = await server.token('IMEI_CHECK');
    const { data } = await server.admin.graphql<{ apiTokens: { id: string }[] }>('{ apiTokens { id } }');
    await server.admin.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) { id } }', {
      id: data?.apiTokens[0]?.id,
    });
    const ended = await server.token('IMEI_CHECK');
    await server.database.query(
      "update token set expires_at = now() - interval '1 minute' where id = (select max(id) from token)",
    );
    const viewer = await server.person('VIEWER');
    const others = [revoked, ended, await server.token('LEADS_READ', 'READ'), viewer];
    for (const { accessToken } of others)
      await expect(told(ask({ imei: iphone, token: accessToken }))).resolves.toEqual([403, refused]);
  });
});

it.each([
  ['1234567890123', 'Некорректный IMEI: должно быть 15 цифр, либо 14 без контрольной, либо 16 (IMEISV).'],
  ['12345678901234567', 'Некорректный IMEI: должно быть 15 цифр, либо 14 без контрольной, либо 16 (IMEISV).'],
  ['35673511105219x', 'Некорректный IMEI: допустимы только цифры.'],
  ['356735111052199', 'Некорректный IMEI: контрольная цифра не сходится, проверьте номер.'],
  ['000000000000000', 'Некорректный IMEI: номер из одних нулей.'],
])('says in Russian what is wrong with %s, and asks nobody', async (imei, error) => {
  await provider.resetStats();
  await expect(told(ask({ imei, token }))).resolves.toEqual([400, JSON.stringify({ error })]);
  await expect(provider.stats()).resolves.toMatchObject({ total: 0 });
});

describe('answered', () => {
  it('with the check object unchanged, whichever way the token comes, with and without a slash at the end', async () => {
    const imei = imeiOf(1);
    const first = await ask({ imei, token });
    const [request, ...more] = await asked(imei);
    expect(first.status).toBe(200);
    expect(first.text).toBe(await written(request?.id ?? ''));
    const again = [
      ask({ imei, token: fixed }),
      ask({ imei }, { authorization: `Bearer ${token}` }),
      ask({ imei, token: '' }, { authorization: `Bearer ${fixed}` }),
      ask({ imei: imei.slice(0, 14), token }),
      ask({ imei: `${imei.slice(0, 14)}07`, token }),
      ask({ imei: `${imei.slice(0, 6)} ${imei.slice(6, 8)}-${imei.slice(8)}`, token }),
      ask(`{"imei":${imei},"token":"${token}"}`),
      ask({ imei, token }, {}, '/api/check-imei/'),
    ];
    for (const answer of again) await expect(told(answer)).resolves.toEqual([200, first.text]);
    const formData = new FormData();
    for (const [name, value] of Object.entries({ imei, token })) formData.append(name, value);
    for (const body of [formData, new URLSearchParams({ imei, token })]) {
      const answer = await server.nobody.fetch('/api/check-imei', { method: 'POST', body });
      expect([answer.status, await answer.text()]).toEqual([200, first.text]);
    }
    expect(more).toEqual([]);
    await expect(asked(imei)).resolves.toHaveLength(1);
  });

  it('with the empty list of properties where nobody knows the device', async () => {
    const imei = imeiOf(2, '00100000');
    const { status, text } = await ask({ imei, token });
    const requests = await asked(imei);
    expect(status).toBe(200);
    expect(text).toBe(await written(requests.at(-1)?.id ?? ''));
    expect(JSON.parse(text)).toMatchObject({ status: 'unsuccessful', properties: [], amount: '0.00' });
  });

  it('with the last one’s where two services were asked', async () => {
    const imei = imeiOf(3, '86327407');
    const explicit = await new ImeiCalls(server.admin).check({ imei, serviceId: 1 });
    expect(explicit.data?.checkImei).toMatchObject({ status: 'UNSUCCESSFUL', serviceId: 1 });
    const { text } = await ask({ imei, token });
    expect(JSON.parse(text)).toMatchObject({ service: { id: 22 } });
    await expect(told(ask({ imei, token }))).resolves.toEqual([200, text]);
  });

  it('for a day without asking again, and then anew', async () => {
    const imei = imeiOf(4);
    const { text } = await ask({ imei, token });
    const age = (seconds: number) =>
      server.database.query(`update imei_exchange set ended_at = ended_at - interval '${seconds} s' where imei = $1`, [
        imei,
      ]);
    await age(86_300);
    expect((await ask({ imei, token })).text).toBe(text);
    await expect(asked(imei)).resolves.toHaveLength(1);
    await age(101);
    expect((await ask({ imei, token })).status).toBe(200);
    await expect(asked(imei)).resolves.toHaveLength(2);
  });
});

it('is the service behind GraphQL: what one asked the other knows, and its history holds both within a second', async () => {
  const imei = imeiOf(5);
  const { text } = await ask({ imei, token });
  const staff = new ImeiCalls(server.admin);
  const { data } = await staff.check({ imei });
  expect(data?.checkImei).toMatchObject({ cached: true, cost: '0', raw: JSON.parse(text) });
  await ask({ imei, token: fixed });
  const listed = async () => (await staff.list({ filter: { imei } })).data?.imeiChecks.nodes ?? [];
  await until(async () => (await listed()).length === 3, 1_500, 'the record of the cached answer');
  expect(await listed()).toMatchObject([
    { via: 'REST', cached: true, cost: '0', status: 'SUCCESSFUL' },
    { via: 'GRAPHQL', cached: true },
    { via: 'REST', cached: false, cost: '0.06' },
  ]);
  const entries = await server.database.query<{ detail: object | null }>(
    `select distinct on (actor) detail from audit_entry where action = 'checkImei' and detail is not null order by actor, id desc`,
  );
  expect(entries).toContainEqual({ detail: { cached: expect.any(Number) } });
});

it.each([
  ['nobody can reach it', 20, { mode: 'down', forMs: 1_500 }],
  ['it asks for patience', 21, { mode: '429', retryAfter: 8 }],
  ['it takes none of our money', 22, { mode: '402' }],
] as const)('says that it failed where %s, counts nothing, and goes on when it is back', async (_how, n, mood) => {
  const counted = async () => server.database.query('select sum(asked) from imei_day');
  const before = await counted();
  await provider.setMood(mood);
  await expect(told(ask({ imei: imeiOf(n), token }))).resolves.toEqual([500, failed]);
  await expect(counted()).resolves.toEqual(before);
  const isBack = () =>
    provider.setMood({ mode: 'ok' }).then(
      () => true,
      () => false,
    );
  await until(isBack, 5_000, 'the provider');
  // The breaker leaves it alone for a while.
  await until(async () => (await ask({ imei: imeiOf(n), token })).status === 200, 40_000, 'an answer');
});

it('tells when the limit of the day is reached, and when it is another day; what is known is told on', async () => {
  const owner = await server.person('OPERATOR');
  const limited = (await server.tokenOf(owner, 'IMEI_CHECK')).accessToken;
  await server.database.query(
    `insert into imei_day (actor, day, asked) values ($1, (now() at time zone 'Europe/Moscow')::date, 50)`,
    [`person:${owner.id}`],
  );
  const { status, text, headers } = await ask({ imei: imeiOf(30), token: limited });
  expect(status).toBe(429);
  expect(JSON.parse(text)).toEqual({
    error: expect.stringMatching(/^Превышен лимит запросов\. Повторите через \d+ с\.$/),
  });
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(86_400);
  await ask({ imei: imeiOf(31), token });
  expect((await ask({ imei: imeiOf(31), token: limited })).status).toBe(200);
});

it('has nothing for other methods, and too much is too much', async () => {
  expect((await server.nobody.fetch('/api/check-imei')).status).toBe(405);
  const { status, text } = await ask({ imei: iphone, token: 'x'.repeat(300_000) });
  expect([status, text]).toEqual([413, '{"error":"Слишком большой запрос."}']);
});

it('lists the fixed token among those of the first ADMIN, who may revoke it', async () => {
  const as: Client = server.admin;
  const { data } = await as.graphql<{ apiTokens: { id: string; prefix: string; scopes: string[] }[] }>(
    '{ apiTokens { id prefix scopes } }',
  );
  const legacy = data?.apiTokens.find(({ prefix }) => prefix === 'LEGACY_IMEI_TOKEN');
  expect(legacy?.scopes).toEqual(['IMEI_CHECK']);
  await as.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) { id } }', { id: legacy?.id });
  await expect(told(ask({ imei: iphone, token: fixed }))).resolves.toEqual([403, refused]);
});
