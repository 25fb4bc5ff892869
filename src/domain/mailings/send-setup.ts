// A mailing made ready for its virtual clock: from when to when, how fast, and for whom the window opens when. No I/O.
import type { LocalWindow } from './local-window.js';
import { alwaysOpen, groupByClock, type Openings, WindowOpenings, type ZoneGroup } from './zone-groups.js';

export interface SendPlanInput {
  /** Recipients by time zone, without the suppressed ones. */
  readonly zones: ReadonlyMap<string, number>;
  readonly now: Date;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly window: LocalWindow | null;
  /** Messages a second; null is unlimited. */
  readonly rateLimit: number | null;
  /** Messages a second that the workers can send. */
  readonly capacity: number;
}

export interface SendSetup {
  readonly begin: number;
  /** Nothing is claimed from here on. */
  readonly deadline: number;
  /** Messages a second; null is unlimited. */
  readonly rateLimit: number | null;
  readonly capacity: number;
  readonly parts: readonly AudiencePart[];
}

/** Those for whom the window opens and closes at the same moments. */
export interface AudiencePart {
  readonly count: number;
  readonly openings: Openings;
}

export function setupOf({ zones, now, startsAt, endsAt, window, rateLimit, capacity }: SendPlanInput): SendSetup {
  const begin = Math.max(now.getTime(), startsAt.getTime());
  const deadline = deadlineOf(startsAt.getTime(), endsAt.getTime());
  const parts = window
    ? partsOf(groupByClock(zones, { from: begin, until: deadline }), window, begin)
    : [everybody(zones)];
  return { begin, deadline, rateLimit, capacity, parts };
}

export const audienceSize = ({ parts }: SendSetup): number => parts.reduce((sum, { count }) => sum + count, 0);

/** As live: neither a claim nor an exchange may be under way at the end. */
export const deadlineOf = (startsAt: number, endsAt: number): number =>
  endsAt - Math.min(5_000, (endsAt - startsAt) / 10);

const partsOf = (groups: readonly ZoneGroup[], window: LocalWindow, begin: number): AudiencePart[] =>
  groups.map(({ timezone, count }) => ({ count, openings: new WindowOpenings(window, timezone, begin) }));

const everybody = (zones: ReadonlyMap<string, number>): AudiencePart => ({
  count: [...zones.values()].reduce((sum, count) => sum + count, 0),
  openings: alwaysOpen,
});
