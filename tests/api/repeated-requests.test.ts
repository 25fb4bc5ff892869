// Whatever creates or sends over REST, sent twice under one Idempotency-Key: done once, answered the same, and said to be a repetition.
import { randomUUID } from 'node:crypto';
import { imeiOf } from '../support/imei-calls.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { newPerson } from '../support/lead-doors.js';
import { inAnHour } from '../support/mailings.js';
import type { Document } from '../support/openapi-probes.js';
import { RawGateway } from '../support/raw-gateway.js';
import { type TestServer, testServer } from '../support/server.js';

let gateway: RawGateway;
let provider: TestImeiProvider;
let server: TestServer;
beforeAll(async () => {
  gateway = await RawGateway.listen();
  provider = await startImeiProvider();
  server = await testServer({
    ...{ MESSAGE_GATEWAY_URL: gateway.url, IMEICHECK_URL: provider.url, IMEICHECK_TOKEN: 'test' },
    ROLES: 'web',
  });
});
afterAll(async () => {
  await server.close();
  await provider.stop();
  await gateway[Symbol.asyncDispose]();
});

type Body = Readonly<Record<string, unknown>>;

const csv = new Blob(['phone\n79001112233\n']);
const mailing: Body = { text: 'Hello', endsAt: inAnHour() };
const legacyMailing: Body = { body: 'Hello' };

/** By the route; the second body is another input. */
const creations: readonly (readonly [path: string, status: number, body: Body | Blob, other: Body | Blob])[] = [
  ...[
    [
      ...['/api/v1/users', 201],
      { login: 'somebody', name: 'Anna', password: 'a good password', role: 'VIEWER' },
      { login: 'another', name: 'Anna', password: 'a good password', role: 'VIEWER' },
    ],
    ['/api/v1/tokens', 201, { name: 'CRM', scopes: ['READ'] }, { name: 'CRM', scopes: ['MAILINGS'] }],
    [
      ...['/api/v1/clients', 201],
      { phone: '79001234567', timezone: 'Europe/Moscow' },
      { phone: '79001234568', timezone: 'Europe/Moscow' },
    ],
    [
      ...['/api/v1/suppressions', 201],
      { phone: '79001234567', channels: ['MESSAGE'] },
      { phone: '79001234567', channels: ['CALL'] },
    ],
    ['/api/v1/clients/import', 202, csv, new Blob(['79001112234\n'])],
    ['/api/v1/suppressions/import', 202, csv, new Blob(['79001112234\n'])],
    ['/api/v1/mailings', 201, mailing, { ...mailing, rateLimit: 5 }],
    ['/api/v1/messages/test', 200, { phone: '79990000001', text: 'A' }, { phone: '79990000001', text: 'B' }],
    ['/api/v1/imei/checks', 201, { imei: imeiOf(1) }, { imei: imeiOf(2) }],
    ['/api/v1/imei/batches', 202, { imeis: [imeiOf(3)] }, { imeis: [imeiOf(4)] }],
    ['/leads', 201, newPerson(), newPerson()],
    ['/api/check-imei', 200, { imei: imeiOf(5) }, { imei: imeiOf(6) }],
    ['/api/create/client', 200, { number: '79161234567' }, { number: '79161234568' }],
    ['/api/create/mailing', 200, legacyMailing, { body: 'Goodbye' }],
    ['/api/create/api/mailing', 200, { body: 'Once more' }, legacyMailing],
  ],
] as never;

describe('a repeated request', () => {
  const post = (path: string, body: Body | Blob, key: string): Promise<Response> => {
    const form = new FormData();
    if (body instanceof Blob) form.append('file', body, 'people.csv');
    return server.admin.fetch(path, {
      method: 'POST',
      ...(body instanceof Blob
        ? { body: form, headers: { 'idempotency-key': key } }
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'idempotency-key': key } }),
    });
  };

  it.each(creations)('to %s is done once, and says that it is a repetition', async (path, status, body, other) => {
    const key = randomUUID();
    const answers = [await post(path, body, key), await post(path, body, key)];
    expect(answers.map((answer) => [answer.status, answer.headers.get('idempotency-replayed')])).toEqual([
      [status, null],
      [status, 'true'],
    ]);
    const [first, again] = (await Promise.all(answers.map((answer) => answer.json()))) as [Body, Body];
    // The secret of a token is shown once, and nowhere kept.
    const same = 'secret' in first ? { ...first, secret: null } : first;
    expect(withoutMoment(again)).toEqual(withoutMoment(same));
    expect(answers[1]?.headers.get('location')).toBe(answers[0]?.headers.get('location'));
    expect((await post(path, other, key)).status).toBe(409);
  });

  it('is understood by every route that says so, and these are all that create or send', async () => {
    const { paths } = (await (await server.nobody.fetch('/openapi.json')).json()) as Document;
    const documented = Object.entries(paths).flatMap(([path, { post: operation }]) =>
      operation?.parameters?.some(({ name }) => name === 'Idempotency-Key') ? [path] : [],
    );
    expect(documented.sort()).toEqual(creations.map(([path]) => path).sort());
  });

  it('is refused by name where the header is not honoured, and ignored where something is read', async () => {
    const headers = { 'idempotency-key': 'k' };
    for (const [method, path] of [
      ['POST', '/api/v1/mailings/1/pause'],
      ['POST', '/api/v1/imei/batches/1/cancel'],
      ['PATCH', '/api/v1/clients/1'],
      ['DELETE', '/api/v1/clients/1'],
    ] as const) {
      const answer = await server.admin.fetch(path, { method, headers });
      expect([path, answer.status, await answer.json()]).toMatchObject([
        ...[path, 400],
        { code: 'BAD_USER_INPUT', fields: [{ path: 'Idempotency-Key', code: 'UNSUPPORTED' }] },
      ]);
    }
    expect((await server.admin.fetch('/api/v1/clients', { headers })).status).toBe(200);
  });
});

/** What goes on meanwhile: ages of answers, the progress of what was begun, signatures of links. */
const withoutMoment = ({ ageSeconds, status, processed, total, resultUrl, ...rest }: Body): Body => rest;
