// What the provider's history says of a request whose answer was lost: found, certainly absent, or not known.
import { type History, lookUp } from '../../src/domain/imei/imei-lookup.js';
import type { ProviderCheck } from '../../src/gateways/imei/port.js';

const began = new Date('2026-11-27T12:00:00Z');
const after = (seconds: number): Date => new Date(began.getTime() + seconds * 1_000);
const lost = { imei: '356735111052198', serviceId: 1, beganAt: began, askedAt: began };
const settledAfterMs = 60_000;

const checkAt = (processedAt: Date | null, fields: Partial<ProviderCheck> = {}): ProviderCheck => ({
  ...{ id: 'x', status: 'successful', deviceId: lost.imei, serviceId: 1, serviceTitle: null, amount: '0.06' },
  ...{ processedAt, properties: {}, raw: '{}' },
  ...fields,
});
const many = (from: number): ProviderCheck[] =>
  Array.from({ length: 20 }, (_, n) => checkAt(after(from - n), { id: `other-${n}`, deviceId: '490154203237518' }));
const find = (checks: readonly ProviderCheck[], seconds = 5, known: Partial<History> = {}) =>
  lookUp(lost, { checks, ours: new Map(), newestOfOurs: undefined, ...known }, { now: after(seconds), settledAfterMs });

it.each([
  ['right after', checkAt(after(1))],
  ['two minutes before, by a clock that is late', checkAt(after(-119))],
  ['while it is still worked on', checkAt(null, { status: 'processing' })],
])('finds its own: %s', (_when, check) => {
  expect(find([...many(3), check])).toEqual({ found: check });
});

it.each([
  ['older', checkAt(after(-121))],
  ['of another device', checkAt(after(1), { deviceId: '490154203237518' })],
  ['of another service', checkAt(after(1), { serviceId: 22 })],
  ['finished at no known time', checkAt(null)],
])('takes none that is %s', (_what, check) => {
  expect(find([check])).toBe('UNKNOWN');
});

it('takes none that answered another request of ours, and the oldest of several', () => {
  const [newer, older] = [checkAt(after(9), { id: 'newer' }), checkAt(after(1), { id: 'older' })];
  expect(find([newer, older])).toEqual({ found: older });
  expect(find([newer, older], 20, { ours: new Map([['older', after(2)]]) })).toEqual({ found: newer });
});

it('is certain that it is absent only later, and by a list that reaches back before it', () => {
  expect(find([], 59)).toBe('UNKNOWN');
  expect(find([], 60)).toBe('ABSENT');
  expect(find(many(100), 200)).toBe('UNKNOWN');
  expect(find([...many(100), checkAt(after(-121), { id: 'older' })], 200)).toBe('ABSENT');
  expect(find(many(100), 200, { ours: new Map([['other-19', after(-1)]]) })).toBe('ABSENT');
  expect(find(many(100), 200, { ours: new Map([['other-19', after(1)]]) })).toBe('UNKNOWN');
});

it('is not certain that it is absent while the newest check that is known to be ours is missing from the list', () => {
  const newestOfOurs = { id: 'ours', endedAt: after(-300) };
  const ours = checkAt(after(-301), { id: 'ours', deviceId: '490154203237518' });
  expect(find([], 60, { newestOfOurs })).toBe('UNKNOWN');
  expect(find([checkAt(after(-400), { id: 'older' })], 60, { newestOfOurs })).toBe('UNKNOWN');
  expect(find([ours], 60, { newestOfOurs })).toBe('ABSENT');
  // A page of newer ones may have pushed it out; a page that reaches further back may not.
  const page = many(100);
  expect(find([...page, checkAt(after(-121), { id: 'older' })], 200, { newestOfOurs })).toBe('ABSENT');
  expect(find([...page, checkAt(after(-500), { id: 'older' })], 200, { newestOfOurs })).toBe('UNKNOWN');
});
