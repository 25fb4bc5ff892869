// The smallest change that would reach those whom a mailing misses, tried on the virtual clock. No I/O.
import { isoTime } from '../../shared/iso-time.js';
import type { LocalWindow } from './local-window.js';
import { type SendPlanInput, type SendSetup, setupOf } from './send-setup.js';
import { simulate } from './send-simulation.js';

interface Change {
  /** How much of what it was: 0.5 is half as much again. */
  readonly share: number;
  readonly sentence: string;
}

/** Of a higher limit, a later end and a wider window, each as small as will do, the one that changes least of what it was. */
export function adviceFor(input: SendPlanInput, setup: SendSetup, missed: number): string {
  const changes = [higherLimit(input, setup), laterEnd(input, setup), widerWindow(input, setup)];
  const [least] = changes.filter((change) => change !== undefined).sort((one, other) => one.share - other.share);
  if (!least) return 'No change of the limit, the end or the window alone would reach all of them.';
  return `${least.sentence} to reach ${missed} more.`;
}

function higherLimit({ rateLimit }: SendPlanInput, setup: SendSetup): Change | undefined {
  if (rateLimit === null) return undefined;
  const limit = leastThatReaches(rateLimit + 1, highestLimit, (tried) => reachesAll({ ...setup, rateLimit: tried }));
  if (limit === undefined) return undefined;
  return {
    share: limit / rateLimit - 1,
    sentence: `Raise the limit from ${rateLimit} to ${limit} messages a second`,
  };
}

function laterEnd(input: SendPlanInput, setup: SendSetup): Change | undefined {
  const { startsAt, endsAt } = input;
  const before = endsAt.getTime();
  for (const days of [14, 61, 366]) {
    const { missed, progress } = simulate(setupOf({ ...input, endsAt: new Date(before + days * 86_400_000) }));
    if (missed > 0) continue;
    const end = endAfter(progress.at(-1)?.at ?? before, startsAt.getTime());
    return {
      share: (end - before) / Math.max(minute, before - setup.begin),
      sentence: `Move the end from ${second(endsAt)} to ${second(new Date(end))}`,
    };
  }
  return undefined;
}

/** The first whole minute of which the margin lies behind the last message. */
function endAfter(lastAt: number, startsAt: number): number {
  const end = Math.min(lastAt + 5_000, startsAt + (lastAt - startsAt) / 0.9);
  return Math.floor(end / minute) * minute + minute;
}

/** On one side; a beginning is not moved across midnight where days count, since they are those on which it opens. */
function widerWindow(input: SendPlanInput, { begin }: SendSetup): Change | undefined {
  const { window, endsAt } = input;
  if (!window || endsAt.getTime() - begin > longestTried) return undefined;
  const length = (window.to - window.from + dayMinutes) % dayMinutes;
  const room = Math.floor((dayMinutes - 1 - length) / windowStep);
  const beforeMidnight = window.days ? Math.floor(window.from / windowStep) : room;
  const sides = [
    { most: room, widened: (by: number) => ({ ...window, to: (window.to + by) % dayMinutes }) },
    {
      most: Math.min(room, beforeMidnight),
      widened: (by: number) => ({ ...window, from: (window.from - by + dayMinutes) % dayMinutes }),
    },
  ];
  const [least] = sides
    .flatMap(({ most, widened }) => {
      const reaches = (steps: number): boolean =>
        reachesAll(setupOf({ ...input, window: widened(steps * windowStep) }));
      const steps = leastThatReaches(1, most, reaches);
      return steps === undefined ? [] : [{ by: steps * windowStep, wider: widened(steps * windowStep) }];
    })
    .sort((one, other) => one.by - other.by);
  return (
    least && { share: least.by / length, sentence: `Widen the window from ${hours(window)} to ${hours(least.wider)}` }
  );
}

const reachesAll = (setup: SendSetup): boolean => simulate(setup).missed === 0;

/** Where the greatest does, by halves. */
function leastThatReaches(least: number, most: number, reaches: (n: number) => boolean): number | undefined {
  if (least > most || !reaches(most)) return undefined;
  let [low, high] = [least, most];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/** What a mailing may have at most. */
const highestLimit = 10_000;
const minute = 60_000;
const second = (moment: Date): string => `${isoTime(moment).slice(0, 19)}Z`;
const dayMinutes = 1_440;
const windowStep = 5;
/** Each width is a year of other openings; a mailing that takes longer is helped by its limit or its end. */
const longestTried = 366 * 86_400_000;
const hours = ({ from, to }: LocalWindow): string => `${clock(from)}–${clock(to)}`;
const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
