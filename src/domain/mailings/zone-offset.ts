// How far local clocks are from UTC, and the exact moments at which that changes. Intl is the only source; no I/O.
import { LRUCache } from 'lru-cache';

/** While it lasts, local clocks show UTC + offset. All in milliseconds. */
export interface OffsetRun {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}

interface Zone {
  readonly clock: Intl.DateTimeFormat;
  /** What was last looked up: an asked span and a little more, so that the next questions about it cost nothing. */
  known: { readonly from: number; readonly until: number; readonly runs: readonly OffsetRun[] };
}

const day = 86_400_000;
/** Spans are looked up from round days on, so that those who ask from minute to minute meet what is known. */
const grain = 32 * day;
const zones = new LRUCache<string, Zone>({ max: 1_000 });

/** The runs of [from, until), in order and without a gap. None in a zone that Intl does not know. */
export function offsetRuns(timezone: string, from: number, until: number): readonly OffsetRun[] {
  const zone = zoneOf(timezone);
  if (!zone) return [];
  if (from < zone.known.from || until > zone.known.until) {
    const start = Math.floor(from / grain) * grain;
    const end = Math.ceil(until / grain) * grain;
    zone.known = { from: start, until: end, runs: runsBetween(zone.clock, start, end) };
  }
  return zone.known.runs
    .filter((run) => run.until > from && run.from < until)
    .map((run) => ({ ...run, from: Math.max(run.from, from), until: Math.min(run.until, until) }));
}

/** What the clock on the wall shows: 2026-03-02 09:00. UTC in a zone that Intl does not know. */
export function localMoment(timezone: string, at: Date): string {
  const [run] = offsetRuns(timezone, at.getTime(), at.getTime() + 1);
  return new Date(at.getTime() + (run?.offset ?? 0)).toISOString().slice(0, 16).replace('T', ' ');
}

function zoneOf(timezone: string): Zone | undefined {
  let zone = zones.get(timezone);
  if (!zone) {
    const clock = clockOf(timezone);
    if (!clock) return undefined;
    zone = { clock, known: { from: 0, until: 0, runs: [] } };
    zones.set(timezone, zone);
  }
  return zone;
}

function clockOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', ...numeric, second: 'numeric' });
  } catch {
    // RangeError: written by a server with a newer zone database than this one.
    return undefined;
  }
}

/** A day is the step: no zone has ever changed its offset and changed it back within one. */
function runsBetween(clock: Intl.DateTimeFormat, from: number, until: number): OffsetRun[] {
  const runs: OffsetRun[] = [];
  let begun = from;
  let offset = offsetAt(clock, from);
  for (let at = from; at < until; at += day) {
    const next = Math.min(at + day, until);
    const later = offsetAt(clock, next);
    if (later === offset) continue;
    const change = firstWith(clock, later, [at, next]);
    runs.push({ from: begun, until: change, offset });
    begun = change;
    offset = later;
  }
  return [...runs, { from: begun, until, offset }];
}

/** The first millisecond that has the offset of the end: bisected, since Intl tells no transitions. */
function firstWith(clock: Intl.DateTimeFormat, offset: number, [before, after]: [number, number]): number {
  let [low, high] = [before, after];
  while (high - low > 1) {
    const middle = low + Math.floor((high - low) / 2);
    if (offsetAt(clock, middle) === offset) high = middle;
    else low = middle;
  }
  return high;
}

function offsetAt(clock: Intl.DateTimeFormat, at: number): number {
  const whole = Math.floor(at / 1_000) * 1_000;
  const [month = 0, date = 0, year = 0, hour = 0, minute = 0, second = 0] = (
    clock.format(whole).match(/\d+/g) ?? []
  ).map(Number);
  return Date.UTC(year, month - 1, date, hour, minute, second) - whole;
}
