// Leads over REST: the shim's shapes, its texts, and who may post from where.
import { randomUUID } from 'node:crypto';
import { sendJson } from '../support/clients.js';
import { newAddress, newPerson, stranger } from '../support/lead-doors.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: Client;
let viewer: Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
  viewer = await server.person('VIEWER');
});
afterAll(() => server.close());

interface Lead {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly ip_address: string;
}

interface Refusal {
  readonly detail: string | { readonly loc: string[]; readonly msg: string; readonly type: string }[];
  readonly code?: string;
  readonly reasons?: string[];
}

const post = (as: Client, body: unknown, headers: Record<string, string> = {}) =>
  sendJson(as, { method: 'POST', path: '/leads', body, headers });
const refusal = async (answer: Response) => (await answer.json()) as Refusal;

async function taken(as = stranger(server), input: object = newPerson()): Promise<Lead> {
  const answer = await post(as, input);
  if (answer.status !== 201) throw new Error(await answer.text());
  return (await answer.json()) as Lead;
}

describe('POST /leads', () => {
  it.each(['/leads', '/leads/'])('answers %s with what was stored, in canonical form', async (path) => {
    const [address, person] = [newAddress(), newPerson()];
    const answer = await sendJson(stranger(server, address), { method: 'POST', path, body: person });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
    const lead = (await answer.json()) as Lead & { created_at: string; timestamp: string };
    expect(lead).toEqual({
      ...person,
      ...{ id: expect.stringMatching(/^\d+$/), ip_address: address },
      ...{ created_at: expect.stringMatching(/^\d{4}-.*Z$/), timestamp: lead.created_at },
    });
  });

  it('tells all faults at once, as FastAPI does', async () => {
    const answer = await post(stranger(server), { email: 'a@', phone: 7, source: 's'.repeat(101), ip: 'here' });
    expect(answer.status).toBe(422);
    const { detail } = await refusal(answer);
    expect(detail).toEqual([
      { loc: ['body', 'name'], msg: 'Give a name.', type: 'missing' },
      { loc: ['body', 'email'], msg: expect.stringContaining('anna@example.com'), type: 'value_error' },
      { loc: ['body', 'phone'], msg: expect.any(String), type: 'string_type' },
      { loc: ['body', 'ip'], msg: expect.stringContaining('203.0.113.7'), type: 'value_error' },
      { loc: ['body', 'source'], msg: expect.any(String), type: 'string_too_long' },
    ]);
  });

  it('answers 422 to half of a surrogate pair, and names the field', async () => {
    const answer = await post(stranger(server), {
      name: 'An\ud83d na',
      email: 'anna@example.com',
      phone: '79001234567',
    });
    expect(answer.status).toBe(422);
    expect((await refusal(answer)).detail).toMatchObject([{ loc: ['body', 'name'], type: 'value_error' }]);
  });

  it.each([undefined, null, [], 'text', 7, true])('answers 422 to the body %j', async (body) => {
    const answer = await post(stranger(server), body);
    expect([answer.status, await refusal(answer)]).toEqual([
      422,
      { detail: [{ loc: ['body'], msg: expect.any(String), type: 'value_error' }] },
    ]);
  });

  it('answers 422 to JSON that breaks off, 415 to another media type and 413 to a large one', async () => {
    const send = (type: string, body: string) =>
      stranger(server).fetch('/leads', { method: 'POST', headers: { 'content-type': type }, body });
    expect((await send('application/json', '{"name":')).status).toBe(422);
    for (const [status, type, body] of [
      [415, 'text/plain', 'name=Anna'],
      [415, 'application/xml', '<lead/>'],
      [413, 'application/json', JSON.stringify({ ...newPerson(), name: 'n'.repeat(300_000) })],
    ] as const) {
      const answer = await send(type, body);
      expect([answer.status, await refusal(answer)]).toEqual([status, { detail: expect.any(String) }]);
    }
  });

  it('says with what it clashes, and never with whom', async () => {
    const [address, known] = [newAddress(), newPerson()];
    await taken(stranger(server, address), known);
    const clash = async (as: Client, input: object) => {
      const answer = await post(as, { ...newPerson(), ...input });
      const told = await refusal(answer);
      expect([answer.status, Object.keys(told).sort()]).toEqual([409, ['code', 'detail', 'reasons']]);
      expect(JSON.stringify(told)).not.toMatch(/Person|@|7900/);
      return [told.code, told.reasons];
    };
    const { email, phone } = known;
    expect(await clash(stranger(server), { email })).toEqual(['DUPLICATE_EMAIL', ['DUPLICATE_EMAIL']]);
    expect(await clash(stranger(server), { phone })).toEqual(['DUPLICATE_PHONE', ['DUPLICATE_PHONE']]);
    expect(await clash(stranger(server, address), { email })).toEqual([
      'DUPLICATE_EMAIL',
      ['DUPLICATE_EMAIL', 'DUPLICATE_IP'],
    ]);
  });

  it('speaks Russian or English, as Accept-Language says', async () => {
    const { email } = await taken();
    const told = async (language: string, input: object) => {
      const answer = await post(stranger(server), { ...newPerson(), ...input }, { 'accept-language': language });
      const { detail } = await refusal(answer);
      return [answer.headers.get('content-language'), typeof detail === 'string' ? detail : detail[0]?.msg];
    };
    const russian = ['ru', 'Этот e-mail нам уже известен.'];
    const english = ['en', 'This e-mail address is known to us already.'];
    for (const language of ['ru', 'ru-RU,ru;q=0.9,en;q=0.8', 'en;q=0.5, ru', 'de, ru;q=0.2', 'en;q=0,RU'])
      expect([language, await told(language, { email })]).toEqual([language, russian]);
    for (const language of ['en-GB', '*', 'de', 'ru;q=0', 'ru;q=0.1,en;q=0.2', ';;q=,,ru;q=x'])
      expect([language, await told(language, { email })]).toEqual([language, english]);
    expect(await told('ru', { phone: '12' })).toEqual(['ru', 'Нужен номер телефона, например +7 900 123-45-67.']);
    expect(await told('ru', { name: ' ' })).toEqual(['ru', 'Укажите имя.']);
  });

  it('believes an address in the body from LEADS_WRITE alone', async () => {
    const [own, chosen] = [newAddress(), newAddress()];
    expect((await taken(stranger(server, own), { ...newPerson(), ip_address: chosen })).ip_address).toBe(own);
    const writer = await server.token('LEADS_WRITE');
    expect((await taken(writer, { ...newPerson(), ip: chosen })).ip_address).toBe(chosen);
    const both = { ip: newAddress(), ip_address: newAddress() };
    expect((await taken(operator, { ...newPerson(), ...both })).ip_address).toBe(both.ip_address);
    expect((await taken(viewer, { ...newPerson(), ip: newAddress() })).ip_address).toMatch(/^198\.51\./);
  });

  it('believes it from loopback itself, and believes no forwarding header of somebody else', async () => {
    const alone = await testServer({ ROLES: 'web', TRUSTED_PROXIES: '' });
    const chosen = newAddress();
    const direct = (headers: Record<string, string>) =>
      fetch(`${alone.url}/leads`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ ...newPerson(), ip_address: chosen }),
      });
    const answers = [await direct({}), await direct({ 'x-forwarded-for': newAddress() })];
    const leads = await Promise.all(answers.map(async (answer) => (await answer.json()) as Lead));
    await alone.close();
    expect(leads.map((lead) => lead.ip_address)).toEqual([chosen, '127.0.0.1']);
  });

  it('stores one lead for an Idempotency-Key', async () => {
    const [as, person, key] = [stranger(server), newPerson(), { 'idempotency-key': randomUUID() }];
    const answers = await Promise.all([1, 2, 3].map(() => post(as, person, key)));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    const other = await post(as, newPerson(), key);
    expect([other.status, (await refusal(other)).code]).toEqual([409, 'IDEMPOTENCY_KEY_REUSED']);
    const bad = await post(stranger(server), newPerson(), { 'idempotency-key': 'has spaces' });
    expect([bad.status, await refusal(bad)]).toEqual([
      422,
      { detail: [expect.objectContaining({ loc: ['header', 'Idempotency-Key'] })] },
    ]);
  });

  it('says when to come back to who tries too often', async () => {
    const as = stranger(server);
    for (let i = 0; i < 10; i++) await post(as, {});
    const answer = await post(as, newPerson(), { 'accept-language': 'ru' });
    expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
    expect((await refusal(answer)).detail).toMatch(/^Слишком много попыток\. Попробуйте снова через \d+ с\.$/);
  });

  it('stores nothing while the database is away, and says so', async () => {
    const { pool } = server.app.parts.database;
    const [as, person] = [stranger(server), newPerson()];
    Reflect.set(pool, 'query', () => Promise.reject(Object.assign(new Error('hidden'), { code: '57P01' })));
    const answer = await post(as, person).finally(() => Reflect.deleteProperty(pool, 'query'));
    expect([answer.status, answer.headers.has('retry-after'), await refusal(answer)]).toEqual([
      503,
      true,
      { detail: expect.not.stringContaining('hidden') },
    ]);
    await taken(as, person);
  });
});

describe('from a page of anybody’s', () => {
  const origin = 'https://shop.example';

  it('may be posted to, without credentials', async () => {
    const asked = await stranger(server).fetch('/leads', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,idempotency-key',
      },
    });
    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,idempotency-key',
    });
    for (const [status, input] of [
      [201, newPerson()],
      [422, {}],
    ] as const) {
      const answer = await post(stranger(server), input, { origin });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([status, '*']);
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
      for (const header of ['access-control-allow-credentials', 'set-cookie'])
        expect([header, answer.headers.has(header)]).toEqual([header, false]);
    }
  });

  it('leads are not read', async () => {
    const answer = await operator.fetch('/leads', { headers: { origin } });
    expect([answer.status, answer.headers.has('access-control-allow-origin')]).toEqual([200, false]);
  });
});

it('is described by the OpenAPI document', async () => {
  const document = (await (await server.nobody.fetch('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { requestBody?: { content: object }; responses: object }>>;
  };
  const { post: creating, get } = document.paths['/leads'] ?? {};
  expect(Object.keys(creating?.requestBody?.content ?? {})).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ]);
  expect(Object.keys(creating?.responses ?? {})).toEqual([
    ...['201', '303', '401', '403', '409', '413', '415', '422', '429', 'default'],
  ]);
  expect(Object.keys(get?.responses ?? {})).toEqual(['200', '401', '403', '422', '429', 'default']);
  expect(Object.keys(document.paths['/leads/{id}'] ?? {}).sort()).toEqual(['delete', 'get', 'patch']);
});
