// How many messages go out at once to gateways that fail in their different ways, over hours of a virtual clock.
import {
  accepted,
  down,
  failing,
  invalid,
  overloaded,
  SendSimulation,
  type SimulationOptions,
  type SimulationResult,
  timedOut,
} from '../support/send-simulation.js';

type Gateway = SimulationOptions['gateway'];

const simulate = (options: SimulationOptions): SimulationResult => new SendSimulation(options).run();
const limits = ({ states }: SimulationResult): number[] => states.map(({ concurrency }) => concurrency);
const neverOpened = ({ states }: SimulationResult): boolean => states.every(({ breaker }) => breaker === 'CLOSED');

interface Faults {
  readonly errors: number;
  readonly hangs: number;
  readonly garbage: number;
  readonly error?: typeof failing;
}

const scattered =
  ({ errors, hangs, garbage, error = failing }: Faults): Gateway =>
  ({ random }) => {
    const drawn = random();
    if (drawn < errors) return { ms: 10, outcome: error };
    if (drawn < errors + hangs) return { ms: Number.POSITIVE_INFINITY, outcome: timedOut };
    return { ms: 50, outcome: drawn < errors + hangs + garbage ? { ...timedOut, timedOut: false } : accepted };
  };

describe('scattered faults shrink nothing', () => {
  it.each<[string, Faults, number, number]>([
    ['30 % errors, 10 % hangs, 5 % garbage', { errors: 0.3, hangs: 0.1, garbage: 0.05 }, 10_000, 1],
    ['the same with other luck', { errors: 0.3, hangs: 0.1, garbage: 0.05 }, 10_000, 2],
    ['the same with a bound of 2 s', { errors: 0.3, hangs: 0.1, garbage: 0.05 }, 2_000, 3],
    ['30 % of 503', { errors: 0.3, hangs: 0.1, garbage: 0, error: overloaded }, 10_000, 4],
    ['10 % hangs', { errors: 0, hangs: 0.1, garbage: 0 }, 10_000, 5],
  ])('%s', (_name, faults, timeoutMs, seed) => {
    const result = simulate({ messages: 5_000, gateway: scattered(faults), timeoutMs, seed });
    expect(result.sent).toBe(5_000);
    expect(neverOpened(result)).toBe(true);
    expect(Math.min(...limits(result))).toBeGreaterThanOrEqual(44);
    expect(result.mostUnderWay).toBe(64);
    // Until hardly anything is left it takes what sixty-four places need that are never empty.
    const { errors, hangs } = faults;
    const most = Math.floor(result.attempts * 0.9);
    const busyMs = most * (errors * 10 + hangs * timeoutMs + (1 - errors - hangs) * 50);
    expect(result.begun[most]?.at).toBeLessThan((busyMs / 64) * 1.15 + timeoutMs);
  });
});

describe('overload', () => {
  const most = 10;
  const shedding: Gateway = ({ underWay }) =>
    underWay > most ? { ms: 10, outcome: overloaded } : { ms: 50, outcome: accepted };

  it('narrows it to what the gateway takes, and the gateway stays busy', () => {
    const result = simulate({ messages: 10_000, gateway: shedding });
    expect(Math.max(...limits(result).slice(10, 40))).toBeLessThan(2 * most);
    expect(result.ms).toBeLessThan(1.3 * 10_000 * (50 / most));
  });

  it('is over when it is over: back at the bound within seconds', () => {
    const backAt = 30_000;
    const result = simulate({
      messages: 40_000,
      gateway: (situation) => (situation.now < backAt ? shedding(situation) : { ms: 50, outcome: accepted }),
    });
    expect(limits(result)[29]).toBeLessThan(2 * most);
    expect(limits(result)[40]).toBe(64);
  });

  it('shows in answers that take longer the more there are', () => {
    const result = simulate({
      messages: 10_000,
      gateway: ({ now, underWay }) => ({ ms: now < 5_000 ? 20 : 20 * Math.max(1, underWay - 8), outcome: accepted }),
    });
    const settled = limits(result).slice(20, 60);
    expect(Math.max(...settled)).toBeLessThan(44);
    expect(Math.min(...settled)).toBeGreaterThanOrEqual(8);
  });

  it('of a rate that is limited costs little but the excess', () => {
    let tokens = 100;
    let at = 0;
    const result = simulate({
      messages: 10_000,
      gateway: ({ now }) => {
        tokens = Math.min(100, tokens + (now - at) / 10);
        at = now;
        if (tokens < 1) return { ms: 10, outcome: overloaded };
        tokens--;
        return { ms: 50, outcome: accepted };
      },
    });
    expect(result.attempts).toBeLessThan(2 * 10_000);
    expect(result.ms).toBeLessThan(1.5 * 100_000);
  });
});

it('a gateway that is slow whatever we do keeps all its places', () => {
  const result = simulate({
    messages: 20_000,
    gateway: ({ now }) => ({ ms: now < 5_000 ? 20 : 2_000, outcome: accepted }),
  });
  expect(Math.min(...limits(result))).toBeGreaterThanOrEqual(44);
  expect(limits(result).at(-1)).toBe(64);
});

describe('an outage of ten minutes', () => {
  const from = 5_000;
  const to = 605_000;

  it.each<[string, Gateway]>([
    ['refused connections', () => ({ ms: 1, outcome: down })],
    ['silence', () => ({ ms: Number.POSITIVE_INFINITY, outcome: timedOut })],
    ['a token that is not good', () => ({ ms: 20, outcome: { kind: 'denied', reason: 'HTTP 401' } })],
    ['a rejection of every message', () => ({ ms: 20, outcome: invalid })],
    ['503', () => ({ ms: 20, outcome: overloaded })],
  ])('of %s burns hardly an attempt, and sending is back within half a minute', (_name, outage) => {
    const result = simulate({
      messages: 30_000,
      gateway: (situation) =>
        situation.now >= from && situation.now < to ? outage(situation) : { ms: 50, outcome: accepted },
    });
    expect(result.sent).toBe(30_000);
    const during = result.begun.filter(({ at }) => at >= from && at < to);
    expect(during.length).toBeLessThan(250);
    const probes = during.filter(({ at }) => at >= from + 20_000);
    expect(Math.max(...probes.map(({ underWay }) => underWay))).toBe(1);
    const backAt = result.begun.find(({ at, underWay }) => at >= to && underWay > 1)?.at ?? Number.POSITIVE_INFINITY;
    expect(backAt - to).toBeLessThan(30_000);
    expect(limits(result).at(-1)).toBe(64);
  });
});
