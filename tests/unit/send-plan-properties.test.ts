// The rehearsal's virtual clock: what holds for any mailing, and a second calculation that goes through it step by step.
import fc from 'fast-check';
import { type LocalWindow, openingAt } from '../../src/domain/mailings/local-window.js';
import { planSending } from '../../src/domain/mailings/send-plan.js';
import type { SendPlanInput } from '../../src/domain/mailings/send-setup.js';

const hour = 3_600;
const day = 24 * hour;
const soon = (seconds: number, from: Date): Date => new Date(from.getTime() + seconds * 1_000);

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
const window = (from: string, to: string): LocalWindow => ({ from: minutesOf(from), to: minutesOf(to), days: null });

const anyMailing: fc.Arbitrary<SendPlanInput> = fc
  .record({
    zones: fc.uniqueArray(
      fc.tuple(
        fc.constantFrom(
          'UTC',
          'Europe/Moscow',
          'Asia/Yekaterinburg',
          'Asia/Kathmandu',
          'Europe/Berlin',
          'Asia/Kamchatka',
        ),
        fc.integer({ min: 0, max: 5_000 }),
      ),
      { selector: ([zone]) => zone, maxLength: 5 },
    ),
    begin: fc.integer({ min: 0, max: 14 * day }),
    late: fc.integer({ min: 0, max: 600 }),
    span: fc.integer({ min: 20, max: 3 * day }),
    window: fc.option(
      fc
        .tuple(fc.integer({ min: 0, max: 1_439 }), fc.integer({ min: 5, max: 900 }))
        .map(([from, length]) => ({ from, to: (from + length) % 1_440, days: null })),
      { nil: null },
    ),
    rateLimit: fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }),
    capacity: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ zones, begin, late, span, ...rest }) => {
    // The last days of March: clocks change in Berlin.
    const startsAt = soon(begin, new Date('2026-03-22T00:00:00Z'));
    return {
      ...rest,
      zones: new Map(zones),
      startsAt,
      now: soon(Math.min(late, span - 1), startsAt),
      endsAt: soon(span, startsAt),
    };
  });

describe('of any mailing', () => {
  it('everybody is either reached or missed for a reason, and the curve says so', () => {
    fc.assert(
      fc.property(anyMailing, (input) => {
        const { recipients, willMiss, finishesAt, reasons, curve, advice } = planSending(input);
        const last = curve.at(-1);
        expect(recipients).toBe([...input.zones.values()].reduce((sum, count) => sum + count, 0));
        expect(willMiss + (last?.done ?? 0)).toBe(recipients);
        expect(reasons.reduce((sum, { count }) => sum + count, 0)).toBe(willMiss);
        expect([finishesAt === null, advice !== null]).toEqual([willMiss > 0, willMiss > 0]);
        if (finishesAt) expect(last?.at).toEqual(finishesAt);
        expect(curve.length).toBeLessThanOrEqual(60);
        for (const [index, { at, done }] of curve.slice(1).entries()) {
          expect(at.getTime()).toBeGreaterThanOrEqual(curve[index]?.at.getTime() ?? 0);
          expect(done).toBeGreaterThanOrEqual(curve[index]?.done ?? 0);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('a larger limit, more workers or a later end never miss more', () => {
    fc.assert(
      fc.property(
        anyMailing,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: day }),
        (input, more, later) => {
          const { willMiss } = planSending(input);
          const rateLimit = input.rateLimit === null ? null : input.rateLimit + more;
          const better: Partial<SendPlanInput>[] = [
            { rateLimit },
            { rateLimit: null },
            { capacity: input.capacity + more },
            { endsAt: soon(later, input.endsAt) },
          ];
          for (const change of better)
            expect(planSending({ ...input, ...change }).willMiss).toBeLessThanOrEqual(willMiss);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('advice that is followed reaches all, and so does nothing smaller', () => {
    let followed = 0;
    fc.assert(
      fc.property(anyMailing, (input) => {
        const { willMiss, advice } = planSending(input);
        fc.pre(willMiss > 0 && advice !== null && !advice.startsWith('No change'));
        expect(planSending(follow(input, advice ?? '')).willMiss).toBe(0);
        const smaller = followAlmost(input, advice ?? '');
        if (smaller) expect(planSending(smaller).willMiss).toBeGreaterThan(0);
        followed++;
      }),
      { numRuns: 200 },
    );
    expect(followed).toBe(200);
  });

  it('it ends as it does when every 50 ms are gone through one by one', () => {
    fc.assert(
      fc.property(anyMailing, (input) => {
        const short = {
          ...input,
          endsAt: soon(Math.min(hour, (input.endsAt.getTime() - input.startsAt.getTime()) / 1_000), input.startsAt),
        };
        const { willMiss } = planSending(short);
        const { missed, openings } = stepByStep(short);
        // A step, and one message at either end of each opening.
        expect(Math.abs(willMiss - missed)).toBeLessThanOrEqual(2 + openings * 3 + short.capacity * 0.1);
      }),
      { numRuns: 50 },
    );
  });

  it('a zone in which there is nobody changes nothing', () => {
    fc.assert(
      fc.property(anyMailing, (input) => {
        const { curve, ...plan } = planSending({ ...input, zones: new Map([...input.zones, ['Pacific/Apia', 0]]) });
        expect(plan).toEqual({ ...planSending(input), curve: undefined });
        expect(curve.at(-1)).toEqual(planSending(input).curve.at(-1));
      }),
      { numRuns: 100 },
    );
  });
});

function follow(input: SendPlanInput, advice: string): SendPlanInput {
  const limit = /^Raise the limit from \d+ to (\d+) /.exec(advice)?.[1];
  if (limit) return { ...input, rateLimit: Number(limit) };
  const end = /^Move the end from \S+ to (\S+) /.exec(advice)?.[1];
  if (end) return { ...input, endsAt: new Date(end) };
  const [, from = '', to = ''] = /^Widen the window from \S+ to (\d\d:\d\d)–(\d\d:\d\d) /.exec(advice) ?? [];
  return { ...input, window: window(from, to) };
}

/** One message a second less, or a minute earlier. */
function followAlmost(input: SendPlanInput, advice: string): SendPlanInput | undefined {
  const followed = follow(input, advice);
  if (followed.rateLimit !== input.rateLimit) return { ...followed, rateLimit: (followed.rateLimit ?? 0) - 1 };
  if (followed.endsAt > input.endsAt) return { ...followed, endsAt: soon(-60, followed.endsAt) };
  return undefined;
}

/** The live claim in its simplest words: each 50 ms, whoever's window closes soonest, while there are tokens. */
function stepByStep(input: SendPlanInput): { missed: number; openings: number } {
  const { startsAt, endsAt, now, rateLimit, capacity } = input;
  const step = 50;
  const left = new Map(input.zones);
  const closing = new Map<string, { opens: number; closes: number }>();
  const deadline = endsAt.getTime() - Math.min(5_000, (endsAt.getTime() - startsAt.getTime()) / 10);
  let [tokens, able, openings] = [0, 0, 0];
  const openingOf = (zone: string, at: number): { opens: number; closes: number } => {
    const known = closing.get(zone);
    if (known && known.closes > at) return known;
    const found = input.window && openingAt(input.window, zone, new Date(at));
    const fresh = found
      ? { opens: found.opensAt.getTime(), closes: found.closesAt.getTime() }
      : { opens: input.window ? Number.POSITIVE_INFINITY : 0, closes: Number.POSITIVE_INFINITY };
    closing.set(zone, fresh);
    openings++;
    return fresh;
  };
  for (let at = Math.max(now.getTime(), startsAt.getTime()); at < deadline; at += step) {
    const open = [...left]
      .filter(([zone, count]) => count > 0 && openingOf(zone, at).opens <= at)
      .sort(([one], [other]) => openingOf(one, at).closes - openingOf(other, at).closes || 0);
    let some = Math.floor(Math.min(tokens, able));
    for (const [zone, count] of open) {
      const sent = Math.min(some, count);
      left.set(zone, count - sent);
      [some, tokens, able] = [some - sent, tokens - sent, able - sent];
    }
    tokens =
      rateLimit === null ? Number.POSITIVE_INFINITY : Math.min(1 + rateLimit / 10, tokens + (rateLimit * step) / 1_000);
    able = Math.min(1 + capacity * 0.05, able + (capacity * step) / 1_000);
  }
  return { missed: [...left.values()].reduce((sum, count) => sum + count, 0), openings };
}
