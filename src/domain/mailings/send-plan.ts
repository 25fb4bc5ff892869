// What a mailing would do, told to a person: when it finishes, whom it misses and why, and what would help. No I/O.
import { adviceFor } from './send-advice.js';
import { audienceSize, type SendPlanInput, type SendSetup, setupOf } from './send-setup.js';
import { type SendProgress, simulate } from './send-simulation.js';
import { alwaysOpen } from './zone-groups.js';

export type MissReason = 'WINDOW_NEVER_OPENS' | 'WINDOW_TOO_SHORT' | 'RATE_LIMIT' | 'CAPACITY';

export interface SendPlan {
  readonly recipients: number;
  /** Null where some would miss. */
  readonly finishesAt: Date | null;
  readonly willMiss: number;
  /** They add up to `willMiss`; the most frequent first. */
  readonly reasons: readonly { readonly key: MissReason; readonly count: number }[];
  /** Straight lines between the points; at most 60 of them. */
  readonly curve: readonly { readonly at: Date; readonly done: number }[];
  /** Null where all are reached. */
  readonly advice: string | null;
}

export function planSending(input: SendPlanInput): SendPlan {
  const setup = setupOf(input);
  const { missed, neverOpened, progress } = simulate(setup);
  const last = progress.at(-1)?.at ?? setup.begin;
  return {
    recipients: audienceSize(setup),
    finishesAt: missed === 0 ? new Date(Math.round(last)) : null,
    willMiss: missed,
    reasons: missed === 0 ? [] : reasonsFor(setup, missed, neverOpened),
    curve: curveOf(progress),
    advice: missed === 0 ? null : adviceFor(input, setup, missed),
  };
}

/**
 * Each is told the first thing without which they would be reached: their window never opens in the span; at the workers' full
 * speed they would be (RATE_LIMIT); not even so, but at any hour they would (WINDOW_TOO_SHORT); not at any hour (CAPACITY).
 */
function reasonsFor(setup: SendSetup, missed: number, neverOpened: number): SendPlan['reasons'] {
  const anyHour = { count: audienceSize(setup) - neverOpened, openings: alwaysOpen };
  const atFullSpeed = simulate({ ...setup, rateLimit: null }).missed;
  const atAnyHour = simulate({ ...setup, rateLimit: null, parts: [anyHour] }).missed;
  const counts: Record<MissReason, number> = {
    WINDOW_NEVER_OPENS: neverOpened,
    RATE_LIMIT: missed - atFullSpeed,
    WINDOW_TOO_SHORT: atFullSpeed - neverOpened - atAnyHour,
    CAPACITY: atAnyHour,
  };
  return Object.entries(counts)
    .map(([key, count]) => ({ key: key as MissReason, count }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
}

function curveOf(progress: readonly SendProgress[]): SendPlan['curve'] {
  const points = progress.length <= mostPoints ? progress : sampled(progress);
  return points.map(({ at, done }) => ({ at: new Date(Math.round(at)), done }));
}

const mostPoints = 60;

/** At even distances in time, with the last one exact. */
function sampled(progress: readonly SendProgress[]): SendProgress[] {
  const first = progress[0]?.at ?? 0;
  const step = ((progress.at(-1)?.at ?? 0) - first) / (mostPoints - 1);
  let index = 0;
  return Array.from({ length: mostPoints }, (_, n) => {
    const at = first + n * step;
    while (index < progress.length - 2 && (progress[index + 1]?.at ?? at) <= at) index++;
    return between(progress[index], progress[index + 1], at);
  });
}

function between(before: SendProgress | undefined, after: SendProgress | undefined, at: number): SendProgress {
  if (!before || !after) return { at, done: before?.done ?? 0 };
  const share = after.at > before.at ? Math.min(1, Math.max(0, (at - before.at) / (after.at - before.at))) : 1;
  return { at, done: Math.floor(before.done + share * (after.done - before.done) + 1e-6) };
}
