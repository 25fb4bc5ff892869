// When a person's local time lies inside a window: one pure rule, for planning, claiming, rehearsing and explaining.
import { type Weekday, weekdays } from '../../entities/mailing.enums.js';
import { type OffsetRun, offsetRuns } from './zone-offset.js';

/** Minutes of the local day; `to` before `from` crosses midnight. */
export interface LocalWindow {
  readonly from: number;
  readonly to: number;
  /** Any where it is null; the day on which it opens. */
  readonly days: readonly Weekday[] | null;
}

export interface Opening {
  readonly opensAt: Date;
  readonly closesAt: Date;
}

/** In milliseconds. */
export interface Span {
  readonly from: number;
  readonly until: number;
}

const minute = 60_000;
const day = 86_400_000;
/** A weekday may be missing once (Apia's Friday in 2011), and comes back after two weeks. */
const horizon = 15 * day;
/** A window shorter than a day, and once more where a clock change swallowed the pause between two. */
const longest = 3 * day;

/**
 * The opening that `at` lies in, or the next one; undefined where there is none within 15 days. An instant is inside where the
 * local clock shows a time in [from, to) on a day that counts; after midnight that is the day before. So an hour that
 * comes twice opens twice, one that is skipped not at all, and what adjoins is one opening.
 */
export function openingAt(window: LocalWindow, timezone: string, at: Date): Opening | undefined {
  const now = at.getTime();
  for (const { from, until } of openingsBetween(window, timezone, { from: now, until: now + horizon }))
    return { opensAt: new Date(from), closesAt: new Date(until) };
  return undefined;
}

/** Those of which a part lies in that span, whole, in order. */
export function* openingsBetween(window: LocalWindow, timezone: string, { from, until }: Span): Generator<Span> {
  let open: Span | undefined;
  for (const span of spansIn(window, timezone, { from: from - longest, until: until + longest })) {
    if (open && span.from <= open.until) {
      open = { from: open.from, until: span.until };
      continue;
    }
    if (open && open.until > from) yield open;
    if (span.from >= until) return;
    open = span;
  }
  if (open && open.until > from && open.from < until) yield open;
}

/** In order; none overlaps another, some adjoin. */
function* spansIn(window: LocalWindow, timezone: string, reach: Span): Generator<Span> {
  for (const run of offsetRuns(timezone, reach.from, reach.until)) yield* spansOfRun(window, run);
}

/** While the offset stays, local days are 24 hours long; what reaches beyond the run belongs to no local time of it. */
function* spansOfRun({ from, to, days }: LocalWindow, run: OffsetRun): Generator<Span> {
  const length = (to < from ? to + 1_440 : to) - from;
  const first = Math.floor((run.from + run.offset) / day) - 1;
  const last = Math.floor((run.until + run.offset) / day);
  for (let date = first; date <= last; date++) {
    if (days && !days.includes(weekdayOf(date))) continue;
    const opens = date * day + from * minute - run.offset;
    const span = { from: Math.max(opens, run.from), until: Math.min(opens + length * minute, run.until) };
    if (span.from < span.until) yield span;
  }
}

/** Of a count of days since 1970-01-01, a Thursday. */
const weekdayOf = (date: number): Weekday => weekdays[(((date + 3) % 7) + 7) % 7] as Weekday;
