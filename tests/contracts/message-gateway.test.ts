// What the adapter of the message gateway promises about requests and answers: one request for each call, and one outcome that
// says what is known, whatever the other side answers.
import type { Outcome } from '../../src/gateways/messages/port.js';
import {
  accepted,
  impatient,
  lost,
  MessageGatewayStage,
  message,
  patient,
  refused,
  rejected,
  token,
} from '../support/message-gateway-stage.js';
import {
  type Answer,
  afterEarlyHints,
  goodbye,
  inPieces,
  ok,
  okBody,
  plain,
  response,
  says,
  torn,
} from '../support/raw-gateway.js';

let stage: MessageGatewayStage;

beforeEach(async () => {
  stage = await MessageGatewayStage.set();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe('a request', () => {
  it('is what the gateway documents, with integers that no number holds', async () => {
    await expect(stage.send()).resolves.toEqual(accepted);
    const [request] = stage.raw.requests;
    expect(request?.line).toBe('POST /v1/send/9007199254740993 HTTP/1.1');
    expect(request?.headers).toEqual({
      host: `127.0.0.1:${stage.raw.port}`,
      connection: 'keep-alive',
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'content-length': String(Buffer.byteLength(request?.body ?? '')),
    });
    expect(request?.body).toBe(
      `{"id":9007199254740993,"phone":79001234567,"text":${JSON.stringify('Здравствуйте, «Мир» 👋\n"ok"')}}`,
    );
  });

  it('keeps a path of the base URL, and has no Authorization without a token', async () => {
    for (const url of [`${stage.raw.url}/probe`, `${stage.raw.url}/probe/`]) {
      await expect(stage.open(url, 1, '').send(message, patient)).resolves.toEqual(accepted);
    }
    for (const { line, headers } of stage.raw.requests) {
      expect(line).toBe('POST /probe/v1/send/9007199254740993 HTTP/1.1');
      expect(headers).not.toHaveProperty('authorization');
    }
  });

  it('is made once for each call, over no more connections than allowed, one at a time on each', async () => {
    let underWay = 0;
    let most = 0;
    stage.raw.answer = (socket, request) => {
      most = Math.max(most, ++underWay);
      setTimeout(() => {
        underWay--;
        ok(socket, request);
      }, 5);
    };
    const ids = Array.from({ length: 40 }, (_, index) => String(index + 1));
    await expect(Promise.all(ids.map((id) => stage.send(id)))).resolves.toEqual(ids.map(() => accepted));
    const asked = stage.raw.requests.map(({ line }) => line.slice('POST /v1/send/'.length, -' HTTP/1.1'.length));
    expect(asked.sort()).toEqual([...ids].sort());
    expect(stage.raw.opened).toBe(4);
    expect(most).toBe(4);
  });
});

const chunked = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n19\r\n${okBody}\r\n0\r\n\r\n`;
const misunderstood = lost('answer not understood');

describe('an answer', () => {
  it.each<[string, Answer, Outcome]>([
    ['ok', ok, accepted],
    ['ok, spelled otherwise', says(200, '{ "message": "fine", "code": 0 }'), accepted],
    ['ok in pieces', inPieces(response(200, okBody)), accepted],
    ['ok in chunks', plain(chunked), accepted],
    ['ok after early hints', afterEarlyHints, accepted],
    ['ok, and goodbye', goodbye(response(200, okBody, { connection: 'close' })), accepted],
    ['ok that ends with the connection', goodbye(`HTTP/1.0 200 OK\r\n\r\n${okBody}`), accepted],
    ['ok of 64 KiB', says(200, okBody.padEnd(65_536)), accepted],
    ['another code', says(200, '{"code":17,"message":"79001234567 is unknown"}'), refused('code 17')],
    ['a negative code', says(200, '{"code":-1}'), refused('code -1')],
    ['200 of 1 MB', says(200, 'x'.repeat(1_000_000)), lost('answer too long')],
    ['200 of 1 MB that would be right', says(200, okBody.padEnd(1_000_000)), lost('answer too long')],
    ['500 of 1 MB', says(500, 'x'.repeat(1_000_000)), refused('HTTP 500')],
    ['400 of 1 MB', says(400, 'x'.repeat(1_000_000)), rejected('HTTP 400')],
    ['200 with garbage', says(200, '<html>79001234567</html>'), misunderstood],
    ['200 with half of it', says(200, okBody.slice(0, 12)), misunderstood],
    ['200 with nothing', says(200), misunderstood],
    ['200 with null', says(200, 'null'), misunderstood],
    ['200 with a list', says(200, '[0]'), misunderstood],
    ['200 without a code', says(200, '{"message":"OK"}'), misunderstood],
    ['200 with a code of text', says(200, '{"code":"0"}'), misunderstood],
    ['200 with a code that is no integer', says(200, '{"code":0.5}'), misunderstood],
    ['200 compressed unasked', says(200, '\x1f\x8b\x08', { 'content-encoding': 'gzip' }), misunderstood],
    ['no HTTP', plain('SSH-2.0-OpenSSH_9.9\r\n'), misunderstood],
    ['headers without end', plain(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`), misunderstood],
    ['a body cut short', goodbye(response(200, okBody, { 'content-length': '99' })), lost('connection closed')],
    ['an end before the answer', goodbye(''), lost('connection closed')],
    ['a reset once the request was read', (socket) => socket.resetAndDestroy(), lost('ECONNRESET')],
    ['a reset in the middle of a 200', torn(200), lost('ECONNRESET')],
    ['a reset in the middle of a 503', torn(503), refused('HTTP 503', true)],
  ])('%s', async (_name, answer, expected) => {
    await expect(stage.outcomeOf(answer)).resolves.toEqual(expected);
  });

  it.each<[number, Outcome]>([
    ...[201, 204, 301, 302, 307, 308, 402, 405, 408, 409, 418, 425, 500, 502, 504, 599].map(
      (status): [number, Outcome] => [status, refused(`HTTP ${status}`)],
    ),
    ...[429, 503].map((status): [number, Outcome] => [status, refused(`HTTP ${status}`, true)]),
    ...[400, 404, 413, 422].map((status): [number, Outcome] => [status, rejected(`HTTP ${status}`)]),
    ...[401, 403].map((status): [number, Outcome] => [status, { kind: 'denied', reason: `HTTP ${status}` }]),
  ])('of status %i', async (status, expected) => {
    const body = status === 204 ? '' : okBody;
    await expect(stage.outcomeOf(says(status, body, { location: '/v1/send/1' }))).resolves.toEqual(expected);
  });

  it('of a gateway that takes its time is waited for', async () => {
    await expect(
      stage.outcomeOf((socket, request) => setTimeout(() => ok(socket, request), impatient)),
    ).resolves.toEqual(accepted);
  });

  it('never puts the token, the phone or what the gateway wrote into a reason', async () => {
    const secret = `${token} ${message.phone} ${message.text}`;
    const leaky: Answer[] = [
      ...[200, 201, 400, 401, 403, 429, 500].map((status) =>
        says(status, JSON.stringify({ code: 3, message: secret })),
      ),
      says(`500 ${message.phone}`, secret),
      plain(`${message.phone}\r\n`),
      goodbye(response(200, message.phone, { 'content-length': '999' })),
    ];
    for (const answer of leaky) {
      expect(JSON.stringify(await stage.outcomeOf(answer))).not.toMatch(/7900|payload|Здрав/);
    }
  });
});

describe('Retry-After', () => {
  it.each<[string, string, number | undefined]>([
    ['seconds', '7', 7_000],
    ['no wait at all', '0', 0],
    ['more than anybody waits for', '86400', 900_000],
    ['beyond numbers', '9'.repeat(400), 900_000],
    ['a negative', '-7', undefined],
    ['a fraction', '1.5', undefined],
    ['a word', 'soon', undefined],
    ['nothing', '', undefined],
    ['a date that has passed', new Date(Date.now() - 60_000).toUTCString(), undefined],
    ['a date far away', new Date(Date.now() + 86_400_000).toUTCString(), 900_000],
    ['a date that is none', 'Wed, 99 Nov 2026 99:99:99 GMT', undefined],
  ])('with %s', async (_name, text, expected) => {
    const wait = expected === undefined ? {} : { retryAfterMs: expected };
    await expect(stage.outcomeOf(says(429, '', { 'retry-after': text }))).resolves.toEqual({
      ...refused('HTTP 429', true),
      ...wait,
    });
  });

  it.each([
    ['as it is written today', (at: Date) => at.toUTCString()],
    ['as C writes it', asctime],
  ])('with a date, %s', async (_name, write) => {
    const headers = { 'retry-after': write(new Date(Date.now() + 60_000)) };
    const { retryAfterMs = 0, ...outcome } = (await stage.outcomeOf(says(503, '', headers))) as {
      retryAfterMs?: number;
    };
    expect(outcome).toEqual(refused('HTTP 503', true));
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it('counts with another code, too', async () => {
    await expect(stage.outcomeOf(says(200, '{"code":5}', { 'retry-after': '7' }))).resolves.toEqual({
      ...refused('code 5'),
      retryAfterMs: 7_000,
    });
  });
});

function asctime(at: Date): string {
  const [weekday, day, month, year, time] = at.toUTCString().replace(',', '').split(' ');
  return `${weekday} ${month} ${day?.replace(/^0/, ' ')} ${time} ${year}`;
}
