// What a clock shows where a client lives. No I/O.
import { offsetRuns } from '../mailings/zone-offset.js';

/** HH:MM, 24 h. */
export function localTime(timezone: string, at: Date): string {
  const now = at.getTime();
  const run = offsetRuns(timezone, now, now + 1).find(({ from, until }) => from <= now && now < until);
  return new Date(now + (run?.offset ?? 0)).toISOString().slice(11, 16);
}
