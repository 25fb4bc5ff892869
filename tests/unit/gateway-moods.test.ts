// What becomes of a request in a mixed mood, without a wire.
import type { GatewayMood } from '../../src/shared/gateway-mood.js';
import { fateOf } from '../../src/simulators/gateway-moods.js';
import { luckOf } from '../../src/simulators/luck.js';

it('is mixed in the shares that were asked for', () => {
  const mood: GatewayMood = {
    ...{ mode: 'mixed', errors: 0.3, hangs: 0.1, garbage: 0.05, resets: 0.02 },
    ...{ latencyMs: 0, hangsAccept: true },
  };
  const luck = luckOf(1);
  const seen: Record<string, number> = {};
  for (let i = 0; i < 100_000; i++) {
    const { outcome } = fateOf(mood, luck);
    seen[outcome] = (seen[outcome] ?? 0) + 1 / 100_000;
  }
  const shares = { error: 0.3, hang: 0.1, garbage: 0.05, reset: 0.02, ok: 0.53 };
  expect(Object.keys(seen).sort()).toEqual(Object.keys(shares).sort());
  for (const [outcome, share] of Object.entries(shares)) expect(seen[outcome]).toBeCloseTo(share, 2);
});
