// The header Retry-After in both forms of RFC 9110: seconds and a date. What lies in the past, or is neither, says nothing.

/** Nobody is left alone for longer, whatever it asks for. */
const longestMs = 15 * 60_000;

export function retryAfterMs(text: string, now: number): number | undefined {
  const value = text.trim();
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : dateOf(value) - now;
  return ms >= 0 ? Math.min(ms, longestMs) : undefined;
}

/** Date.parse takes nearly anything for a date ("-5" is one); a date of HTTP begins with its weekday and means GMT. */
function dateOf(value: string): number {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return Number.NaN;
  return Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
}
