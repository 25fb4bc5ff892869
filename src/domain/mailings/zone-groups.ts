// An audience's time zones for a plan: those whose clocks go alike are one (400 names are some 40 clocks), and openings follow
// each other, each looked up once however often a plan is tried with them. No I/O.
import { type LocalWindow, openingAt } from './local-window.js';
import { offsetRuns } from './zone-offset.js';

export interface ZoneGroup {
  /** One of those that go alike. */
  readonly timezone: string;
  readonly count: number;
}

/** In milliseconds. */
export interface OpeningInChain {
  readonly opensAt: number;
  readonly closesAt: number;
  next(): OpeningInChain | undefined;
}

export const alwaysOpen: OpeningInChain = { opensAt: 0, closesAt: Number.POSITIVE_INFINITY, next: () => undefined };

/** Clocks that agree for 400 days follow the same rules: beyond that no difference is looked for. */
export function groupByClock(zones: ReadonlyMap<string, number>, from: number, until: number): ZoneGroup[] {
  const end = Math.min(until, from + 400 * day);
  const groups = new Map<string, ZoneGroup>();
  for (const [timezone, count] of zones) {
    const runs = offsetRuns(timezone, from - margin, end + margin);
    const clock = runs.map((run) => `${run.until} ${run.offset}`).join();
    groups.set(clock, { timezone, count: count + (groups.get(clock)?.count ?? 0) });
  }
  return [...groups.values()];
}

/** From the opening that `at` lies in, or the next one. */
export function openingsFrom(window: LocalWindow, timezone: string, at: number): OpeningInChain | undefined {
  const opening = openingAt(window, timezone, new Date(at));
  if (!opening) return undefined;
  const closesAt = opening.closesAt.getTime();
  let next: OpeningInChain | undefined;
  return {
    opensAt: opening.opensAt.getTime(),
    closesAt,
    next: () => {
      next ??= openingsFrom(window, timezone, closesAt);
      return next;
    },
  };
}

const day = 86_400_000;
/** What an opening that touches the span may depend on. */
const margin = 20 * day;
