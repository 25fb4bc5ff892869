// The simulated message gateway on the wire: what it takes, each of its moods, what it remembers, and who may change it.
import { createConnection } from 'node:net';
import { gatewayModes } from '../../src/shared/gateway-mood.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { until } from '../support/program.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});
beforeEach(async () => {
  await gateway.setMood({ mode: 'ok' });
  await gateway.resetStats();
});
afterAll(() => gateway.stop());

const message = (id: number, rest: object = {}) => ({ id, phone: 70001234567, text: 'привет', ...rest });

const send = (id: number, body: unknown = message(id), headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${gateway.url}/v1/send/${id}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });

/** The code of what went wrong on the way, as the sender's socket knows it. */
const failureOf = (sending: Promise<Response>): Promise<string> =>
  sending.then(
    (answer) => `answered ${answer.status}`,
    (error: { cause?: { code?: string } }) => error.cause?.code ?? String(error),
  );

/** What has come on the wire when `ms` have gone by, or the connection is closed. */
const bytesWithin = (ms: number, request: string): Promise<string> =>
  new Promise((resolve) => {
    let bytes = '';
    const socket = createConnection(gateway.port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk) => {
      bytes += chunk.toString();
    });
    socket.on('error', () => undefined); // a reset is one of the moods
    socket.on('close', () => resolve(bytes));
    setTimeout(() => socket.destroy(), ms).unref();
  });

const post = (id: number): string => {
  const body = JSON.stringify(message(id));
  const length = Buffer.byteLength(body);
  return `POST /gateway/v1/send/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n${body}`;
};

describe('what it takes', () => {
  it('answers as the real one does', async () => {
    const answer = await send(7);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({ code: 0, message: 'OK' });
  });

  it.each([
    ['no JSON', '{'],
    ['nothing', ''],
    ['null', 'null'],
    ['no phone', { id: 7, text: 'x' }],
    ['a phone in letters', message(7, { phone: '70001234567' })],
    ['an empty text', message(7, { text: '' })],
    ['no text', message(7, { text: 5 })],
    ['another id', message(8)],
    ['an id in letters', message(7, { id: '7' })],
    ['more than 64 KiB', message(7, { text: 'x'.repeat(70_000) })],
  ])('refuses %s', async (_what, body) => {
    const answer = await send(7, body);
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 400,
      body: { code: 1, message: expect.stringContaining('Expected') },
    });
    expect(await gateway.stats()).toMatchObject({ total: 1, accepted: 0, outcomes: { rejected: 1 } });
  });

  it.each(['/v1/send/x', '/v1/send/', '/v1/other/7', '/v2/send/7'])('knows no %s', async (path) => {
    const answer = await fetch(`${gateway.url}${path}`, { method: 'POST', body: JSON.stringify(message(7)) });
    expect(answer.status).toBe(404);
  });

  it('demands a token only where it was given one', async () => {
    expect((await send(1, message(1), { authorization: 'Bearer whatever' })).status).toBe(200);
    const strict = await startGateway({ mode: 'ok' }, { token: 'the.right.one' });
    const ask = (authorization?: string) =>
      fetch(`${strict.url}/v1/send/1`, {
        method: 'POST',
        headers: authorization ? { authorization } : {},
        body: JSON.stringify(message(1)),
      });
    expect((await ask()).status).toBe(401);
    expect((await ask('Bearer wrong')).status).toBe(401);
    expect((await ask('Bearer the.right.one')).status).toBe(200);
    expect(await strict.stats()).toMatchObject({ accepted: 1, outcomes: { denied: 2, ok: 1 } });
    await strict.stop();
  });
});

describe('its moods', () => {
  it('slow: takes its time', async () => {
    await gateway.setMood({ mode: 'slow', latencyMs: 300 });
    const begun = performance.now();
    expect((await send(1)).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(295);
  });

  it.each([true, false])('hang: never answers, and has taken the message or not (%s)', async (hangsAccept) => {
    await gateway.setMood({ mode: 'hang', hangsAccept });
    expect(await bytesWithin(400, post(1))).toBe('');
    expect(await gateway.stats()).toMatchObject({ accepted: Number(hangsAccept), outcomes: { hang: 1 } });
  });

  it('drip: one byte a second', async () => {
    await gateway.setMood({ mode: 'drip' });
    const [head = '', body = ''] = (await bytesWithin(2_500, post(1))).split('\r\n\r\n');
    expect(head).toContain('HTTP/1.1 200 OK');
    expect(['{', '{"']).toContain(body);
  });

  it('5xx: with the status that is wanted', async () => {
    await gateway.setMood({ mode: '5xx', status: 503 });
    expect((await send(1)).status).toBe(503);
    await gateway.setMood({ mode: '5xx' });
    expect((await send(2)).status).toBe(500);
    expect(await gateway.stats()).toMatchObject({ accepted: 0, outcomes: { error: 2 } });
  });

  it('429: says when to come again', async () => {
    await gateway.setMood({ mode: '429', retryAfter: 7 });
    const answer = await send(1);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('401: knows no token', async () => {
    await gateway.setMood({ mode: '401' });
    expect((await send(1)).status).toBe(401);
  });

  it('garbage: 200 with what nobody can read, and the message is taken', async () => {
    await gateway.setMood({ mode: 'garbage' });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, id) => send(id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const texts = new Set(await Promise.all(answers.map((answer) => answer.text())));
    expect(texts.size).toBeGreaterThan(2);
    for (const text of texts) expect(isAgreed(text)).toBe(false);
    expect(await gateway.stats()).toMatchObject({ accepted: 40 });
  });

  it('reset: resets the connection, and nothing is taken', async () => {
    await gateway.setMood({ mode: 'reset' });
    expect(await failureOf(send(1))).toBe('ECONNRESET');
    expect(await gateway.stats()).toMatchObject({ accepted: 0, outcomes: { reset: 1 } });
  });

  it('down: refuses connections, and comes back on its port by itself', async () => {
    await gateway.setMood({ mode: 'down', forMs: 700 });
    await until(async () => (await failureOf(send(1))) === 'ECONNREFUSED', 2_000, 'it refuses');
    await until(async () => (await failureOf(send(2))) === 'answered 200', 5_000, 'it is back');
    expect(await gateway.stats()).toMatchObject({ mood: { mode: 'ok' }, until: null, outcomes: { ok: 1 } });
  });

  it('mixed: each request has the luck of the draw, the same with the same seed', async () => {
    const mood = { mode: 'mixed', errors: 0.3, hangs: 0.1, garbage: 0.05, resets: 0.05, seed: 42 } as const;
    const draw = async (): Promise<string[]> => {
      await gateway.setMood(mood);
      await gateway.resetStats();
      for (let id = 1; id <= 30; id++) {
        bytesWithin(200, post(id)).catch(() => undefined);
        await until(async () => (await gateway.stats()).total === id, 2_000, `${id} has arrived`);
      }
      return (await gateway.stats()).recent.map(({ outcome }) => outcome);
    };
    const first = await draw();
    expect(new Set(first).size).toBeGreaterThan(2);
    expect(await draw()).toEqual(first);
  });

  it('pass, where they have a time', async () => {
    await gateway.setMood({ mode: '5xx', forMs: 400 });
    const { mood, until: end } = await gateway.stats();
    expect(mood.mode).toBe('5xx');
    expect(Date.parse(end ?? '') - Date.now()).toBeLessThanOrEqual(400);
    expect((await send(1)).status).toBe(500);
    await until(async () => (await gateway.stats()).mood.mode === 'ok', 5_000, 'it is well again');
    expect((await send(2)).status).toBe(200);
  });

  it.each([
    [{ mode: 'angry' }, `mode: expected one of ${gatewayModes.join(', ')}`],
    [{}, 'mode: expected one of'],
    [{ mode: 'ok', latencyMs: 5 }, 'latencyMs'],
    [{ mode: '5xx', status: 200 }, 'status: '],
    [{ mode: 'down', forMs: 0 }, 'forMs: '],
    [{ mode: 'mixed', errors: 2 }, 'errors: '],
    [{ mode: 'mixed', errors: 0.6, hangs: 0.6 }, 'errors: the shares add up to more than 1'],
  ])('refuse %j', async (mood, said) => {
    const answer = await fetch(`${gateway.url}/mood`, { method: 'PUT', body: JSON.stringify(mood) });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(await answer.json())).toContain(said);
    expect(await gateway.stats()).toMatchObject({ mood: { mode: 'ok' } });
  });
});

describe('what it remembers', () => {
  it('counts requests, messages and those that came again', async () => {
    for (const id of [1, 2, 3, 2, 2]) await send(id);
    await gateway.setMood({ mode: '5xx' });
    await send(4);
    const { lastMinute, recent, ...stats } = await gateway.stats();
    expect(stats).toMatchObject({ total: 6, accepted: 5, distinct: 3, duplicates: 2, inFlight: 0 });
    expect(stats.outcomes).toEqual({ ok: 5, error: 1 });
    expect(lastMinute).toHaveLength(60);
    expect(lastMinute.reduce((sum, n) => sum + n)).toBe(6);
    expect(recent.map(({ id, outcome, accepted }) => [id, outcome, accepted])).toEqual([
      [4, 'error', false],
      [2, 'ok', true],
      [2, 'ok', true],
      [3, 'ok', true],
      [2, 'ok', true],
      [1, 'ok', true],
    ]);
    expect(recent.every(({ ms }) => ms !== undefined && ms >= 0)).toBe(true);
    await gateway.resetStats();
    expect(await gateway.stats()).toMatchObject({ total: 0, accepted: 0, distinct: 0, outcomes: {}, recent: [] });
  });

  it('keeps the last fifty', async () => {
    for (let id = 1; id <= 130; id++) await send(id);
    const { recent } = await gateway.stats();
    expect(recent.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => 130 - i));
  });

  it('knows what is under way', async () => {
    await gateway.setMood({ mode: 'hang' });
    const controller = new AbortController();
    const { signal } = controller;
    const hanging = [1, 2, 3].map((id) =>
      fetch(`${gateway.url}/v1/send/${id}`, { method: 'POST', body: JSON.stringify(message(id)), signal }),
    );
    await until(async () => (await gateway.stats()).inFlight === 3, 2_000, 'three are under way');
    controller.abort();
    await Promise.allSettled(hanging);
    await until(async () => (await gateway.stats()).inFlight === 0, 2_000, 'none is');
  });

  it('logs each request as it came, without phones and texts', async () => {
    const own = await startGateway();
    const before = Date.now();
    const sent = (id: number) =>
      fetch(`${own.url}/v1/send/${id}`, { method: 'POST', body: JSON.stringify(message(id)) });
    await sent(11);
    await own.setMood({ mode: 'garbage' });
    await sent(12);
    await own.setMood({ mode: '5xx' });
    await sent(11);
    const log = await own.log();
    await own.stop();
    expect(log).toEqual([
      { at: expect.any(Number), id: 11, outcome: 'ok', accepted: true },
      { at: expect.any(Number), id: 12, outcome: 'garbage', accepted: true },
      { at: expect.any(Number), id: 11, outcome: 'error', accepted: false },
    ]);
    for (const { at } of log) expect(Math.abs(at - before)).toBeLessThan(10_000);
  });
});

describe('the world that it lives in', () => {
  it('is alive, ready, and leads to it', async () => {
    for (const path of ['livez', 'readyz']) expect((await fetch(`${gateway.world}/${path}`)).status).toBe(200);
    const page = await fetch(gateway.world);
    expect(page.url).toBe(`${gateway.url}/`);
    expect(page.headers.get('content-type')).toMatch('text/html');
    expect((await fetch(`${gateway.world}/nothing`)).status).toBe(404);
  });

  it('lets no other site in under a name of its own', async () => {
    const asked = async (host: string): Promise<string> =>
      (await bytesWithin(5_000, `GET /gateway/mood HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).slice(
        9,
        12,
      );
    expect(await Promise.all(['evil.example', `evil.example:${gateway.port}`].map(asked))).toEqual(['403', '403']);
    expect(await Promise.all(['localhost', '127.0.0.1:80', 'simulators:4000', '[::1]:80'].map(asked))).toEqual(
      Array(4).fill('200'),
    );
  });
});

function isAgreed(text: string): boolean {
  try {
    return (JSON.parse(text) as { code?: unknown }).code === 0;
  } catch {
    return false;
  }
}
