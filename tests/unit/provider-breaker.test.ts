// When the IMEI provider is asked and when it is left alone, by a clock of the test's own.
import { ProviderBreaker } from '../../src/domain/imei/provider-breaker.js';
import type { ProviderAnswer } from '../../src/gateways/imei/port.js';

const good: ProviderAnswer<unknown> = { kind: 'answered', value: {} };
const invalid: ProviderAnswer<unknown> = { kind: 'refused', why: 'invalid', reason: 'HTTP 422' };
const denied: ProviderAnswer<unknown> = { kind: 'refused', why: 'denied', reason: 'HTTP 402' };
const busy: ProviderAnswer<unknown> = { kind: 'refused', why: 'busy', reason: 'HTTP 503' };
const lost: ProviderAnswer<unknown> = { kind: 'lost', reason: 'timeout' };
const unsent: ProviderAnswer<unknown> = { kind: 'unsent', reason: 'ECONNREFUSED' };
const limited = (retryAfterMs: number): ProviderAnswer<unknown> => ({
  ...{ kind: 'refused', why: 'limited', reason: 'HTTP 429', retryAfterMs },
});

let now: number;
let breaker: ProviderBreaker;

beforeEach(() => {
  now = 1_000_000;
  breaker = new ProviderBreaker({ timeoutMs: 20_000, random: () => 1 });
});

function ask(answer: ProviderAnswer<unknown>): void {
  const pass = breaker.pass(now);
  if (!pass) throw new Error('it may not be asked');
  breaker.ended(pass, answer, now);
}

const state = () => breaker.state(now);

it('lets everybody through while it is well, and counts what is wrong with single requests as that', () => {
  for (let i = 0; i < 100; i++) ask(i % 2 ? good : invalid);
  expect([state(), breaker.waitMs(now)]).toEqual(['CLOSED', 0]);
});

it.each([[lost], [busy], [unsent]])('opens after eight faults in a row, and not after scattered ones: %j', (fault) => {
  for (let i = 0; i < 100; i++) ask(i % 8 === 7 ? good : fault);
  for (let i = 0; i < 4; i++) ask(fault);
  expect(state()).toBe('OPEN');
  expect(breaker.pass(now)).toBeUndefined();
});

it('opens at once where all are denied, and finds out by one at a time', () => {
  ask(denied);
  expect([state(), breaker.waitMs(now), breaker.pass(now)]).toEqual(['OPEN', 1_000, undefined]);
  now += 1_000;
  expect([state(), breaker.waitMs(now)]).toEqual(['HALF_OPEN', 0]);
  const probe = breaker.pass(now);
  expect(probe?.probe).toBe(true);
  expect([breaker.pass(now), breaker.waitMs(now)]).toEqual([undefined, 20_000]);
  if (probe) breaker.ended(probe, good, now);
  expect([state(), breaker.waitMs(now)]).toEqual(['CLOSED', 0]);
});

it('waits longer each time, half a minute at most, and starts anew when it was steady', () => {
  const waits: number[] = [];
  for (let i = 0; i < 7; i++) {
    ask(i % 2 ? lost : denied);
    waits.push(breaker.waitMs(now));
    now += breaker.waitMs(now);
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  for (let i = 0; i < 7; i++) ask(good);
  ask(denied);
  expect(breaker.waitMs(now)).toBe(30_000);
  now += 30_000;
  for (let i = 0; i < 8; i++) ask(good);
  ask(denied);
  expect(breaker.waitMs(now)).toBe(1_000);
});

it.each([
  [limited(45_000), 45_000],
  [limited(0), 1_000],
  [{ ...busy, retryAfterMs: 7_000 } as ProviderAnswer<unknown>, 7_000],
])('leaves it alone for as long as it asks: %j', (answer, ms) => {
  ask(answer);
  expect(breaker.waitMs(now)).toBe(ms);
  now += ms - 1;
  expect([state(), breaker.pass(now)]).toEqual(['OPEN', undefined]);
  now += 1;
  ask(good);
  expect(state()).toBe('CLOSED');
});

it('does not wait for a probe that hangs', () => {
  ask(denied);
  now += 1_000;
  const hanging = breaker.pass(now);
  now += 20_000;
  expect(breaker.pass(now)?.probe).toBe(true);
  now += 20_000;
  ask(good);
  expect(state()).toBe('CLOSED');
  if (hanging) breaker.ended(hanging, lost, now);
  expect(state()).toBe('CLOSED');
});

it('hears nothing from what was asked before', () => {
  const before = Array.from({ length: 9 }, () => breaker.pass(now));
  ask(denied);
  now += 1_000;
  for (const pass of before) if (pass) breaker.ended(pass, denied, now);
  expect(state()).toBe('HALF_OPEN');
  ask(good);
  for (const pass of before) if (pass) breaker.ended(pass, lost, now);
  expect(state()).toBe('CLOSED');
});
