// What the provider did not do is asked again: soon and seldom where somebody waits, patiently where nobody does.
import { askAgainIn, type NotDone } from '../../src/domain/imei/imei-retry.js';
import { chooseService } from '../../src/domain/imei/service-choice.js';

const refused = (why: 'denied' | 'limited' | 'busy' | 'invalid', retryAfterMs?: number): NotDone => ({
  ...{ kind: 'refused', why, reason: '' },
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});
const unsent: NotDone = { kind: 'unsent', reason: '' };
const held = (retryAfterMs: number): NotDone => ({ kind: 'held', retryAfterMs });
const again = (answer: NotDone, background: boolean, attempts = 1, providerIsDown = false) =>
  askAgainIn(answer, { background, attempts, providerIsDown }, () => 1);

it.each<[NotDone, waited: number | undefined, background: number | undefined]>([
  [refused('invalid'), undefined, undefined],
  [refused('denied'), undefined, 5_000],
  [refused('limited'), 250, 5_000],
  [refused('limited', 3_000), 3_000, 5_000],
  [refused('limited', 9_000), undefined, 9_000],
  [refused('busy'), 250, 5_000],
  [unsent, undefined, 5_000],
  [held(700), 700, 5_000],
  [held(9_000), undefined, 9_000],
])('%j: %s ms where somebody waits, %s where nobody does', (answer, waited, background) => {
  expect(again(answer, false)).toBe(waited);
  expect(again(answer, true)).toBe(background);
});

it('gives up after some attempts, but waiting for the breaker is none', () => {
  expect(again(refused('limited'), false, 4)).toBeUndefined();
  expect(again(refused('limited'), true, 19)).toBe(60_000);
  expect(again(refused('limited'), true, 20)).toBeUndefined();
  expect(again(held(10), true, 500)).toBe(5_000);
});

it('outlasts a provider that is down where nobody waits', () => {
  expect(again(unsent, true, 500, true)).toBe(60_000);
  expect(again(refused('denied'), true, 500, true)).toBe(60_000);
  expect(again(refused('invalid'), true, 1, true)).toBeUndefined();
  expect(again(unsent, false, 1, true)).toBeUndefined();
});

it('chooses the service by the brand, and the generic one after it for those who name none', () => {
  const services = {
    byBrand: new Map([
      ['apple', 1],
      ['other', 22],
    ]),
    other: 22,
  };
  expect(chooseService(services, 'Apple', null)).toEqual({ service: 1, follow: 22, automatic: true });
  expect(chooseService(services, 'Xiaomi', null)).toEqual({ service: 22, follow: null, automatic: true });
  expect(chooseService(services, null, null)).toEqual({ service: 22, follow: null, automatic: true });
  expect(chooseService(services, 'Apple', 1)).toEqual({ service: 1, follow: 22, automatic: true });
  expect(chooseService(services, 'Apple', 22)).toEqual({ service: 22, follow: null, automatic: true });
  expect(chooseService(services, 'Apple', 16)).toEqual({ service: 16, follow: null, automatic: false });
});
