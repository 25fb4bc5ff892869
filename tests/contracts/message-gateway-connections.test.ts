// What the adapter of the message gateway promises about time and connections: every exchange has one bound, what never left is
// told from what may have arrived, and nothing is left behind.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { httpMessageGateway } from '../../src/gateways/messages/http.js';
import type { Outcome } from '../../src/gateways/messages/port.js';
import { answerRestMs } from '../../src/shared/connection-doubts.js';
import { Egress } from '../../src/shared/egress.js';
import {
  accepted,
  impatient,
  lost,
  MessageGatewayStage,
  message,
  patient,
  refused,
  rejected,
  timeout,
  token,
  unsent,
} from '../support/message-gateway-stage.js';
import {
  type Answer,
  drip,
  drippingHeaders,
  flood,
  goodbye,
  hang,
  ok,
  okBody,
  plain,
  RawGateway,
  response,
  says,
} from '../support/raw-gateway.js';
import { until } from '../support/socket-client.js';

/** In a thread of its own: it answers while this one stands still. */
const slowGateway = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const server = createServer((request, response) => setTimeout(() => response.end(${JSON.stringify(okBody)}), 100));
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

let stage: MessageGatewayStage;

beforeEach(async () => {
  stage = await MessageGatewayStage.set();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe('an answer without end', () => {
  it.each<[string, Answer, Outcome]>([
    ['silence', hang, timeout],
    ['silence after the headers', says(200, '', { 'content-length': '25' }), timeout],
    ['silence in the middle of the headers', plain('HTTP/1.1 200 OK\r\nx: '), timeout],
    ['a body that drips', drip(200), timeout],
    ['headers that drip', drippingHeaders, timeout],
    ['a 500 whose body drips', drip(500), refused('HTTP 500')],
    ['a 422 and then silence', says(422, '', { 'content-length': '25' }), rejected('HTTP 422')],
  ])('%s', async (_name, answer, expected) => {
    const begun = performance.now();
    await expect(stage.outcomeOf(answer, impatient)).resolves.toEqual(expected);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(impatient - 1);
    await until(() => stage.raw.sockets.size === 1);
  });

  it.each<[string, Answer]>([
    ['interim answers', flood('', 'HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n')],
    ['different interim answers', flood('', 'HTTP/1.1 100 \r\n\r\nHTTP/1.1 102 Processing\r\n\r\n')],
    [
      'trailers',
      flood(
        `${response(200, '', { 'transfer-encoding': 'chunked' }).replace(/content-length.*\r\n/, '')}19\r\n${okBody}\r\n0\r\n`,
        'x: y\r\n',
      ),
    ],
  ])('%s without end are read until they are too many, and not until the time is over', async (_name, answer) => {
    await expect(stage.outcomeOf(answer)).resolves.toEqual(lost('answer not understood'));
  });

  it('takes no connection from those that come after it', async () => {
    stage.raw.answer = (socket, request) => (request.line.includes('/13 ') ? undefined : ok(socket, request));
    const ids = Array.from({ length: 30 }, (_, index) => String(index));
    const outcomes = await Promise.all(ids.map((id) => stage.send(id, 1_000)));
    expect(outcomes).toEqual(ids.map((id) => (id === '13' ? timeout : accepted)));
  });
});

describe('a request that never left', () => {
  it('because nobody listens', async () => {
    const { port } = stage.raw;
    await stage.raw[Symbol.asyncDispose]();
    await expect(stage.send()).resolves.toEqual(unsent('ECONNREFUSED'));
    stage.raw = await RawGateway.listen('127.0.0.1', port);
    await expect(stage.send()).resolves.toEqual(accepted);
  });

  it('because the name is unknown', async () => {
    const outcome = await stage.open('http://gateway.invalid/').send(message, patient);
    expect(outcome).toEqual(unsent(expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) as unknown as string));
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '2130706433'])('because %s is private', async (host) => {
    const egress = new Egress([]);
    const url = `http://${host}:${stage.raw.port}`;
    const gateway = httpMessageGateway({ url, token, connections: 1, egress });
    await expect(gateway.send(message, patient)).resolves.toEqual(unsent('EGRESS_REFUSED'));
    expect(stage.raw.opened).toBe(0);
    await egress.close();
  });

  it('because the other side speaks no TLS', async () => {
    stage.raw.greet = (socket) => socket.end('no TLS here\n');
    const outcome = await stage.open(`https://127.0.0.1:${stage.raw.port}`).send(message, patient);
    expect(outcome).toEqual(unsent(expect.stringMatching(/^[A-Z_]+$/) as unknown as string));
  });

  it('because the connection did not come about in time', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const begun = performance.now();
    // It never answers the first word of TLS.
    const sending = stage.open(`https://127.0.0.1:${port}`).send(message, impatient);
    await expect(sending).resolves.toEqual(unsent('connect timeout'));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(impatient - 1);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('because no connection was free in time, and does not leave when one is free afterwards', async () => {
    const single = stage.open(stage.raw.url, 1);
    const send = (id: string, timeoutMs: number) => single.send({ ...message, id }, timeoutMs);
    stage.raw.answer = (socket, request) => setTimeout(() => ok(socket, request), impatient);
    const first = send('1', patient);
    await expect(send('2', impatient / 3)).resolves.toEqual(unsent('connect timeout'));
    await expect(first).resolves.toEqual(accepted);
    await expect(send('3', patient)).resolves.toEqual(accepted);
    expect(stage.raw.requests.map(({ line }) => line.split(' ')[1])).toEqual(['/v1/send/1', '/v1/send/3']);
    expect(stage.raw.opened).toBe(1);
  });

  it('because the gateway was closed', async () => {
    await stage.gateway.close();
    await expect(stage.send()).resolves.toEqual(unsent('shut down'));
  });
});

describe('a connection', () => {
  it.each(['closed', 'reset'])('that was %s while it was idle loses no message', async (how) => {
    const dropped = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker('./tests/support/dropping-gateway.mjs', { workerData: dropped.buffer });
    try {
      const [port] = (await once(worker, 'message')) as [number];
      const gateway = stage.open(`http://127.0.0.1:${port}`, 4);
      const four = () => Promise.all([1, 2, 3, 4].map(() => gateway.send(message, patient)));
      for (let round = 0; round < 20; round++) {
        await expect(four()).resolves.toEqual([1, 2, 3, 4].map(() => accepted));
        dropped[0] = 0;
        worker.postMessage(how);
        // This thread stands still: it hears of it no sooner than it sends again.
        expect(Atomics.wait(dropped, 0, 0, patient)).not.toBe('timed-out');
        await expect(four()).resolves.toEqual([1, 2, 3, 4].map(() => accepted));
      }
    } finally {
      await worker.terminate();
    }
  });

  it('hears what came while this process stood still, however long', async () => {
    const worker = new Worker(slowGateway, { eval: true });
    try {
      const [port] = (await once(worker, 'message')) as [number];
      const gateway = stage.open(`http://127.0.0.1:${port}`);
      await expect(gateway.send(message, patient)).resolves.toEqual(accepted);
      await sleep(2 * answerRestMs); // the connection takes the next request without a pause
      const answer = gateway.send(message, impatient);
      await sleep(50);
      // In the part of a turn after which timers come first.
      await new Promise(setImmediate);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * impatient);
      await expect(answer).resolves.toEqual(accepted);
    } finally {
      await worker.terminate();
    }
  });

  it('over TLS carries one exchange after the other, too', async () => {
    const [key, cert] = ['key', 'cert'].map((part) =>
      readFileSync(`./tests/support/tls/localhost.${part}.pem`, 'utf8'),
    );
    const trusted = getCACertificates('default');
    setDefaultCACertificates([...trusted, cert ?? '']);
    let sockets = 0;
    const server = createTlsServer({ key, cert }, (request, response) =>
      request.resume().on('end', () => response.end(okBody)),
    );
    try {
      await once(server.on('secureConnection', () => sockets++).listen(0, 'localhost'), 'listening');
      const gateway = stage.open(`https://localhost:${(server.address() as AddressInfo).port}`, 4);
      for (let round = 0; round < 10; round++) {
        const outcomes = await Promise.all(Array.from({ length: 8 }, () => gateway.send(message, patient)));
        expect(outcomes).toEqual(Array(8).fill(accepted));
      }
      expect(sockets).toBe(4);
    } finally {
      server.closeAllConnections();
      server.close();
      setDefaultCACertificates(trusted);
    }
  });

  it('that has been idle for too long is closed, and what another one carries instead is sent once', async () => {
    const brief = says(200, okBody, { 'keep-alive': 'timeout=2' });
    stage.raw.answer = (socket, request) =>
      /\/[34] /.test(request.line) ? setTimeout(() => brief(socket, request), 50) : ok(socket, request);
    await Promise.all(['1', '2', '3', '4'].map((id) => stage.send(id)));
    await sleep(1_300);
    await expect(stage.send('5')).resolves.toEqual(accepted);
    await until(() => stage.raw.sockets.size === 2);
    expect(stage.raw.requests.filter(({ line }) => line.includes('/5 '))).toHaveLength(1);
  });

  it.each<[string, (socket: Socket) => void, string]>([
    ['reset', (socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['closed', (socket) => socket.resume().end(), 'connection closed'],
  ])('that is %s as soon as it is opened has carried nothing', async (_how, greet, reason) => {
    stage.raw.greet = greet;
    await expect(Promise.all([stage.send(), stage.send()])).resolves.toEqual([unsent(reason), unsent(reason)]);
    expect(stage.raw.opened).toBe(2);
    stage.raw.greet = undefined;
    await expect(stage.send()).resolves.toEqual(accepted);
  });

  it('that is reset before the request was read may have carried it', async () => {
    await stage.send();
    stage.raw.greet = (socket) => setTimeout(() => socket.resetAndDestroy(), 50);
    await expect(stage.send()).resolves.toEqual(lost('ECONNRESET'));
    stage.raw.greet = undefined;
    await expect(stage.send()).resolves.toEqual(accepted);
  });
});

describe('a gateway that closes each connection after an answer without saying so', () => {
  const closesAfter =
    (ms: number): Answer =>
    (socket, request) => {
      ok(socket, request);
      setTimeout(() => socket.end(), ms);
    };

  it.each<[string, Answer]>([
    ['with the answer', goodbye(response(200, okBody))],
    ['at once', (socket) => socket.write(response(200, okBody), () => socket.destroy())],
    ['after 5 ms', closesAfter(5)],
    ['after 100 ms', closesAfter(100)],
  ])('%s loses none of 200 messages', async (_how, answer) => {
    stage.raw.answer = answer;
    const gateway = stage.open(stage.raw.url, 64);
    const messages = Array.from({ length: 200 }, (_, index) => ({ ...message, id: String(index) }));
    const outcomes = await Promise.all(messages.map((each) => gateway.send(each, patient)));
    expect(outcomes.filter(({ kind }) => kind !== 'accepted')).toEqual([]);
    expect(stage.raw.requests).toHaveLength(200);
  });
});

describe('what a gateway writes without being asked', () => {
  const greet = (after: number) => (socket: Socket) => {
    const timer = setTimeout(() => socket.write(response(200, okBody)), after);
    socket.on('close', () => clearTimeout(timer)).resume();
  };

  it.each([0, 20])('%i ms after a connection was opened is no answer, and the message has not left', async (after) => {
    stage.raw.greet = greet(after);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => stage.send()));
    expect(outcomes).toEqual(Array(20).fill(unsent('answer without a request')));
    await until(() => stage.raw.sockets.size === 0);
  });

  it('after an answer is no answer to the next request', async () => {
    const single = stage.open(stage.raw.url, 1);
    const refusal = says(500);
    stage.raw.answer = (socket, request) => {
      if (!request.line.includes('/1 ')) return refusal(socket, request);
      ok(socket, request);
      setTimeout(() => ok(socket, request), 1);
    };
    const outcomes = await Promise.all(['1', '2', '3'].map((id) => single.send({ ...message, id }, patient)));
    expect(outcomes).toEqual([accepted, refused('HTTP 500'), refused('HTTP 500')]);
  });
});

describe('closing', () => {
  it('ends what is under way as lost', async () => {
    stage.raw.answer = hang;
    const sending = [1, 2, 3].map(() => stage.send());
    await until(() => stage.raw.requests.length === 3);
    await stage.gateway.close();
    await expect(Promise.all(sending)).resolves.toEqual([1, 2, 3].map(() => lost('shut down')));
    await until(() => stage.raw.sockets.size === 0);
  });

  it('comes with the egress, too', async () => {
    await stage.send();
    expect(stage.raw.sockets.size).toBe(1);
    await stage.egress.close();
    await until(() => stage.raw.sockets.size === 0);
  });

  it('is not needed for the watch over deadlines to end', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    await stage.outcomeOf(hang, impatient);
    await until(() => timers() <= before);
  });
});
