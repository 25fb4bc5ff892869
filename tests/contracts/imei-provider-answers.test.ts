// What the adapter of imeicheck.net promises about requests and answers: one request for each question, and an answer that says
// what is known and what may have been charged, whatever the other side sends.
import type { ProviderAnswer, ProviderCheck } from '../../src/gateways/imei/port.js';
import {
  answered,
  check,
  checkWith,
  done,
  ImeiProviderStage,
  imei,
  lost,
  patient,
  rawCheck,
  refused,
  token,
} from '../support/imei-provider-stage.js';
import { type Answer, goodbye, inPieces, plain, response, says, torn } from '../support/raw-gateway.js';

let stage: ImeiProviderStage;

beforeEach(async () => {
  stage = await ImeiProviderStage.set();
});
afterEach(() => stage[Symbol.asyncDispose]());

const misunderstood = lost('answer not understood');

const notUtf8 = response(201, rawCheck.replace('AT&T', 'AT\xffT'), { 'content-length': String(rawCheck.length) });

describe('a request', () => {
  it('for a check is what the provider documents', async () => {
    await expect(stage.check()).resolves.toEqual(answered(check));
    const body = `{"deviceId":"${imei}","serviceId":1}`;
    expect(stage.raw.requests).toEqual([
      {
        line: 'POST /v1/checks HTTP/1.1',
        headers: {
          host: `127.0.0.1:${stage.raw.port}`,
          connection: 'keep-alive',
          accept: 'application/json',
          'accept-language': 'en',
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'content-length': String(body.length),
        },
        body,
      },
    ]);
  });

  it('for what is free has no body, and keeps a path of the base URL', async () => {
    for (const url of [stage.raw.url, `${stage.raw.url}/imei`, `${stage.raw.url}/imei/`]) {
      const provider = stage.open(url);
      await provider.history(patient);
      await provider.find(check.id, patient);
      await provider.services(patient);
      await provider.balance(patient);
    }
    const paths = ['/v1/checks', `/v1/checks/${check.id}`, '/v1/services', '/v1/account'];
    expect(stage.raw.requests.map(({ line }) => line)).toEqual(
      ['', '/imei', '/imei'].flatMap((root) => paths.map((path) => `GET ${root}${path} HTTP/1.1`)),
    );
    for (const { headers, body } of stage.raw.requests) {
      expect(headers).toMatchObject({ authorization: `Bearer ${token}` });
      expect([headers['content-length'], headers['content-type'], body]).toEqual([undefined, undefined, '']);
    }
  });

  it.each(['', '..', 'a/b', 'ид', 'x'.repeat(65), '\ud800'])('for a check without an id (%j) is none', async (id) => {
    const none = { kind: 'refused', why: 'invalid', reason: 'no id of a check' };
    await expect(stage.provider.find(id, patient)).resolves.toEqual(none);
    expect(stage.raw.requests).toEqual([]);
  });

  it('for a check takes no connection from those for what is free', async () => {
    stage.raw.answer = (socket, request) =>
      request.line.startsWith('POST') ? undefined : says(200, '{"balance":"1"}')(socket, request);
    const hanging = Array.from({ length: 8 }, () => stage.check(500));
    await expect(stage.provider.balance(patient)).resolves.toEqual(answered('1'));
    const outcomes = await Promise.all(hanging);
    expect(outcomes.filter(({ kind }) => kind === 'lost')).toHaveLength(4);
    expect(outcomes.filter(({ kind }) => kind === 'unsent')).toHaveLength(4);
  });
});

describe('an answer to a check', () => {
  const empty = { ...check, properties: {} };
  it.each<[string, Answer, ProviderAnswer<ProviderCheck>]>([
    ['201', done, answered(check)],
    ['200', says(200, rawCheck), answered(check)],
    ['in pieces', inPieces(response(201, rawCheck)), answered(check)],
    ['with space around', says(201, `\ufeff \r\n${rawCheck}\n`), answered(check)],
    ['of 1 MiB', says(201, rawCheck.padEnd(1_048_576)), answered(check)],
    ['of more', says(201, rawCheck.padEnd(1_048_577)), lost('answer too long')],
    ['about another device', says(201, checkWith({ deviceId: '490154203237518' })), misunderstood],
    ['about another service', says(201, checkWith({ service: { id: 2, title: 'x' } })), misunderstood],
    ['nothing', says(201), misunderstood],
    ['null', says(201, 'null'), misunderstood],
    ['a list', says(201, `[${rawCheck}]`), misunderstood],
    ['half of it', says(201, rawCheck.slice(0, 100)), misunderstood],
    ['garbage', says(201, '<html>'), misunderstood],
    ['no UTF-8', (socket) => void socket.write(Buffer.from(notUtf8, 'latin1')), misunderstood],
    ['compressed unasked', says(201, '\x1f\x8b\x08', { 'content-encoding': 'gzip' }), misunderstood],
    ['no HTTP', plain('SSH-2.0-OpenSSH_9.9\r\n'), misunderstood],
    ['a body cut short', goodbye(response(201, rawCheck, { 'content-length': '9999' })), lost('connection closed')],
    ['an end before the answer', goodbye(''), lost('connection closed')],
    ['a reset once the request was read', (socket) => socket.resetAndDestroy(), lost('ECONNRESET')],
    ['a reset in the middle of a 201', torn(201), lost('ECONNRESET')],
    ['a reset in the middle of a 402', torn(402), refused('denied', 402)],
    ['a reset in the middle of a 500', torn(500), lost('HTTP 500')],
  ])('%s', async (_name, answer, expected) => {
    await expect(stage.checkAfter(answer)).resolves.toEqual(expected);
  });

  it.each<[string, object, Partial<ProviderCheck>]>([
    [
      'properties as an empty array',
      { status: 'unsuccessful', amount: '0.00', properties: [] },
      { status: 'unsuccessful', amount: '0.00', properties: {} },
    ],
    ['no properties', { properties: undefined }, { properties: {} }],
    ['null for properties', { properties: null }, { properties: {} }],
    ['a number for the amount', { amount: 0.06 }, {}],
    [
      'no amount while it is processing',
      { status: 'processing', amount: undefined },
      { status: 'processing', amount: '0.00' },
    ],
    ['no amount of what failed', { status: 'failed', amount: null }, { status: 'failed', amount: '0.00' }],
    ['text for the service', { service: { id: '1' } }, { serviceTitle: null }],
    ['text for the moment', { processedAt: '1737640800' }, {}],
    ['no moment', { processedAt: null }, { processedAt: null }],
    ['a number for the id', { id: 17 }, { id: '17' }],
    ['a warning and more', { '!!! WARNING !!!': 'sandbox', new: { field: [1] } }, {}],
  ])('may have %s', async (_name, fields, changed) => {
    const raw = checkWith(fields);
    await expect(stage.checkAfter(says(201, raw))).resolves.toEqual(answered({ ...check, ...changed, raw }));
  });

  it.each<[string, object]>([
    ['an unknown status', { status: 'pending' }],
    ['no status', { status: undefined }],
    ['no id', { id: undefined }],
    ['an id that is a path', { id: '../account' }],
    ['no service', { service: undefined }],
    ['a service in letters', { service: { id: 'one' } }],
    ['no amount of what was successful', { amount: undefined }],
    ['an amount that is none', { amount: 'free' }],
    ['a negative amount', { amount: '-0.06' }],
    ['properties as a list', { properties: ['x'] }],
    ['properties as text', { properties: '{}' }],
    ['a moment beyond time', { processedAt: 1e15 }],
  ])('is not understood with %s', async (_name, fields) => {
    await expect(stage.checkAfter(says(201, checkWith(fields)))).resolves.toEqual(misunderstood);
  });

  it('has properties of any name', async () => {
    const raw = rawCheck.replace('"replaced":false', '"__proto__":{"replaced":true},"constructor":1');
    const answer = await stage.checkAfter(says(201, raw));
    const properties = answer.kind === 'answered' ? answer.value.properties : {};
    expect(Object.keys(properties)).toEqual(expect.arrayContaining(['__proto__', 'constructor']));
    expect(properties.replaced).toBeUndefined();
    expect(empty.properties).toEqual({});
  });
});

describe('a status', () => {
  it.each<[number, ProviderAnswer<never>, ProviderAnswer<never>]>([
    ...[401, 402, 403].map((status) => both(status, refused('denied', status))),
    ...[400, 404, 405, 409, 413, 415, 422].map((status) => both(status, refused('invalid', status))),
    ...[408, 425].map((status) => both(status, refused('busy', status))),
    both(429, refused('limited', 429)),
    ...[500, 502, 503, 504, 599].map((status): [number, ProviderAnswer<never>, ProviderAnswer<never>] => [
      ...([status, lost(`HTTP ${status}`), refused('busy', status)] as const),
    ]),
    ...[202, 204, 301, 302, 303, 307, 308].map((status) => both(status, lost(`HTTP ${status}`))),
  ])('%i of what is paid, and of what is free', async (status, paid, free) => {
    const answer = says(status, status === 204 ? '' : rawCheck, { location: '/v1/checks/1' });
    await expect(stage.checkAfter(answer)).resolves.toEqual(paid);
    const { provider } = stage;
    for (const ask of [provider.history, provider.services, provider.balance, (ms: number) => provider.find('a', ms)])
      await expect(stage.after<ProviderAnswer<unknown>>(answer, () => ask(patient))).resolves.toEqual(free);
  });

  it.each([
    ['7', 7_000],
    ['0', 0],
    ['86400', 900_000],
    ['-7', undefined],
    ['soon', undefined],
  ])('may say when to come again: %s', async (text, ms) => {
    const wait = ms === undefined ? {} : { retryAfterMs: ms };
    const headers = { 'retry-after': text };
    await expect(stage.checkAfter(says(429, '', headers))).resolves.toEqual({ ...refused('limited', 429), ...wait });
    await expect(stage.after(says(503, '', headers), () => stage.provider.balance(patient))).resolves.toEqual({
      ...refused('busy', 503),
      ...wait,
    });
  });

  it('may say so as a date', async () => {
    const at = new Date(Date.now() + 60_000).toUTCString();
    const answer = await stage.checkAfter(says(429, '', { 'retry-after': at }));
    expect(answer).toMatchObject(refused('limited', 429));
    const { retryAfterMs = 0 } = answer as { retryAfterMs?: number };
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });
});

function both(status: number, answer: ProviderAnswer<never>): [number, ProviderAnswer<never>, ProviderAnswer<never>] {
  return [status, answer, answer];
}

it('never puts the token, the device or what the provider wrote into a reason', async () => {
  const secret = `${token} ${imei} Неверный токен`;
  const leaky: Answer[] = [
    ...[200, 201, 302, 400, 401, 402, 422, 429, 500].map((status) => says(status, JSON.stringify({ message: secret }))),
    says(`500 ${imei}`, secret),
    plain(`${imei}\r\n`),
    goodbye(response(201, imei, { 'content-length': '999' })),
  ];
  for (const answer of leaky) {
    const outcome = await stage.checkAfter(answer);
    expect(JSON.stringify(outcome)).not.toMatch(/3567|ours|Невер/);
  }
});
