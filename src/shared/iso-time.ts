// A moment and its RFC 3339 text, both ways, for every door. No I/O.
import { z } from 'zod';

/** With an offset. Date.parse takes April 31 and 24:00 as well, and makes May 1 of them. */
export const rfc3339 = z.iso.datetime({ offset: true });
const longest = 64;

/** The RFC lets t and z be small; seconds that are left out are none. */
export function momentOf(text: string): Date | undefined {
  const spelled = text.length > longest ? '' : text.toUpperCase().replace(/^(.{13}:\d\d)(?=[Z+-])/, '$1:00');
  return rfc3339.safeParse(spelled).success ? new Date(spelled) : undefined;
}

/** In UTC: what Date.toISOString says, in half its time. Lists are full of moments, and it was a sixth of what a list of 50 rows cost. */
export function isoTime(moment: Date): string {
  const year = moment.getUTCFullYear();
  // Others have signs and six digits.
  if (year < 1_000 || year > 9_999) return moment.toISOString();
  const day = `${year}-${two[moment.getUTCMonth() + 1]}-${two[moment.getUTCDate()]}`;
  const minute = `${two[moment.getUTCHours()]}:${two[moment.getUTCMinutes()]}`;
  return `${day}T${minute}:${two[moment.getUTCSeconds()]}.${three[moment.getUTCMilliseconds()]}Z`;
}

const two = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, '0'));
const three = Array.from({ length: 1_000 }, (_, n) => String(n).padStart(3, '0'));
