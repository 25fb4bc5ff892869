// A message is tried again after a delay that nobody can foresee, that grows, and that respects what the gateway asked for.
import { retryDelay } from '../../src/domain/mailings/retry-plan.js';

const latest = () => 1 - Number.EPSILON;
const earliest = () => 0;

it.each([
  [1, 1_000],
  [2, 2_000],
  [3, 4_000],
  [9, 256_000],
  [10, 300_000],
  [2_000, 300_000],
])('after %i attempts it waits %i ms at most', (attempts, most) => {
  expect(retryDelay(attempts, undefined, latest)).toBe(most);
  expect(retryDelay(attempts, undefined, () => 0.5)).toBe(most / 2);
});

it('is spread over the whole span', () => {
  const delays = Array.from({ length: 10_000 }, () => retryDelay(5));
  const quarters = [0, 1, 2, 3].map(
    (quarter) => delays.filter((ms) => ms >= quarter * 4_000 && ms < (quarter + 1) * 4_000).length,
  );
  for (const count of quarters) expect(count).toBeGreaterThan(2_000);
});

it('never goes in circles', () => {
  for (const attempts of [-1, 0, 1, 2, 50]) expect(retryDelay(attempts, undefined, earliest)).toBe(50);
});

it('waits as long as it was asked to, and then by chance, so that not all come at once', () => {
  expect(retryDelay(1, 7_000, earliest)).toBe(7_000);
  expect(retryDelay(1, 7_000, latest)).toBe(8_000);
  expect(retryDelay(3, 7_000, latest)).toBe(11_000);
});

it('believes no request beyond a quarter of an hour, and none into the past', () => {
  expect(retryDelay(1, 86_400_000, earliest)).toBe(900_000);
  expect(retryDelay(1, -5_000, latest)).toBe(1_000);
  expect(retryDelay(1, 0, earliest)).toBe(50);
});
