// What the adapter of imeicheck.net promises about time and connections: every question has one bound, and what never left is told
// from what may have been charged.
import type { ProviderAnswer } from '../../src/gateways/imei/port.js';
import { Egress } from '../../src/shared/egress.js';
import {
  answered,
  check,
  done,
  ImeiProviderStage,
  imei,
  impatient,
  lost,
  patient,
  refused,
  unsent,
} from '../support/imei-provider-stage.js';
import { type Answer, drip, drippingHeaders, hang, plain, RawGateway, says } from '../support/raw-gateway.js';
import { until } from '../support/socket-client.js';

let stage: ImeiProviderStage;

beforeEach(async () => {
  stage = await ImeiProviderStage.set();
});
afterEach(() => stage[Symbol.asyncDispose]());

describe('an answer without end', () => {
  it.each<[string, Answer, ProviderAnswer<never>]>([
    ['silence', hang, lost('timeout')],
    ['silence after the headers', says(201, '', { 'content-length': '25' }), lost('timeout')],
    ['silence in the middle of the headers', plain('HTTP/1.1 201 Created\r\nx: '), lost('timeout')],
    ['a body that drips', drip(201), lost('timeout')],
    ['headers that drip', drippingHeaders, lost('timeout')],
    ['a 500 whose body drips', drip(500), lost('HTTP 500')],
    ['a 422 and then silence', says(422, '', { 'content-length': '25' }), refused('invalid', 422)],
  ])('%s', async (_name, answer, expected) => {
    const begun = performance.now();
    await expect(stage.checkAfter(answer, impatient)).resolves.toEqual(expected);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(impatient - 1);
    await until(() => stage.raw.sockets.size === 1);
  });

  it.each<[string, Answer]>([
    ['silence', hang],
    ['a body that drips', drip(200)],
  ])('%s, to what is free', async (_name, answer) => {
    await expect(stage.after(answer, () => stage.provider.history(impatient))).resolves.toEqual(lost('timeout'));
    await expect(stage.after(answer, () => stage.provider.balance(impatient))).resolves.toEqual(lost('timeout'));
  });
});

describe('a check that never left', () => {
  it('because nobody listens', async () => {
    const { port } = stage.raw;
    await stage.raw[Symbol.asyncDispose]();
    await expect(stage.check()).resolves.toEqual(unsent('ECONNREFUSED'));
    await expect(stage.provider.history(patient)).resolves.toEqual(unsent('ECONNREFUSED'));
    stage.raw = await RawGateway.listen('127.0.0.1', port);
    stage.raw.answer = done;
    await expect(stage.check()).resolves.toEqual(answered(check));
  });

  it('because the name is unknown', async () => {
    const outcome = await stage.open('http://imeicheck.invalid').check(imei, 1, patient);
    expect(outcome).toEqual(unsent(expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) as unknown as string));
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '2130706433'])('because %s is private', async (host) => {
    const egress = new Egress([]);
    const provider = stage.open(`http://${host}:${stage.raw.port}`, 1, egress);
    await expect(provider.check(imei, 1, patient)).resolves.toEqual(unsent('EGRESS_REFUSED'));
    await expect(provider.balance(patient)).resolves.toEqual(unsent('EGRESS_REFUSED'));
    expect(stage.raw.opened).toBe(0);
    await egress.close();
  });

  it('because the other side speaks no TLS', async () => {
    stage.raw.greet = (socket) => socket.end('no TLS here\n');
    const outcome = await stage.open(`https://127.0.0.1:${stage.raw.port}`).check(imei, 1, patient);
    expect(outcome).toEqual(unsent(expect.stringMatching(/^[A-Z_]+$/) as unknown as string));
  });

  it('because no connection was free in time, and does not leave when one is free afterwards', async () => {
    const single = stage.open(stage.raw.url, 1);
    stage.raw.answer = (socket, request) => setTimeout(() => done(socket, request), impatient);
    const first = single.check(imei, 1, patient);
    await expect(single.check(imei, 1, impatient / 3)).resolves.toEqual(unsent('connect timeout'));
    await expect(first).resolves.toEqual(answered(check));
    await expect(single.check(imei, 1, patient)).resolves.toEqual(answered(check));
    expect(stage.raw.requests).toHaveLength(2);
  });

  it('because the provider was closed', async () => {
    await stage.provider.close();
    await expect(stage.check()).resolves.toEqual(unsent('shut down'));
    await expect(stage.provider.services(patient)).resolves.toEqual(unsent('shut down'));
  });
});

describe('a connection', () => {
  it('that speaks before it was asked has carried nothing', async () => {
    stage.raw.greet = (socket) => done(socket.resume(), { line: '', headers: {}, body: '' });
    await expect(stage.check()).resolves.toEqual(unsent('answer without a request'));
    stage.raw.greet = undefined;
    await expect(stage.check()).resolves.toEqual(answered(check));
  });

  it('that is closed after each answer without a word loses no check', async () => {
    stage.raw.answer = (socket, request) => {
      done(socket, request);
      socket.end();
    };
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => stage.check()));
    expect(outcomes).toEqual(Array(20).fill(answered(check)));
  });

  it('that is reset before the request was read may have carried it', async () => {
    await stage.check();
    stage.raw.greet = (socket) => setTimeout(() => socket.resetAndDestroy(), 50);
    await expect(stage.check()).resolves.toEqual(lost('ECONNRESET'));
    stage.raw.greet = undefined;
    await expect(stage.check()).resolves.toEqual(answered(check));
  });

  it('is given up with the provider, and what is under way is lost', async () => {
    stage.raw.answer = hang;
    const asking = [stage.check(), stage.provider.history(patient)];
    await until(() => stage.raw.requests.length === 2);
    await stage.provider.close();
    await expect(Promise.all(asking)).resolves.toEqual([lost('shut down'), lost('shut down')]);
    await until(() => stage.raw.sockets.size === 0);
  });
});
