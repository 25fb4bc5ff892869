// What an answer of the message gateway, or its absence, means. Pure; reasons are made of statuses and codes, never of what
// the gateway wrote, because that may contain a phone.
import type { Outcome } from './port.js';

const longestRetryAfterMs = 15 * 60_000;

const accepted: Outcome = { kind: 'accepted' };
const agreedAnswer = Buffer.from('{"code":0,"message":"OK"}');
const unreadable: Outcome = { kind: 'lost', reason: 'answer not understood', timedOut: false };

export function outcomeOf(status: number, body: Buffer, retryAfter?: string): Outcome {
  if (status !== 200) return outcomeOfStatus(status, retryAfter);
  if (body.equals(agreedAnswer)) return accepted;
  const code = codeIn(body);
  if (code === undefined) return unreadable;
  return code === 0 ? accepted : { kind: 'refused', reason: `code ${code}`, overload: false, ...asked(retryAfter) };
}

/** Every status but 200 says all by itself. */
export function outcomeOfStatus(status: number, retryAfter?: string): Outcome {
  const reason = `HTTP ${status}`;
  if (status === 401 || status === 403) return { kind: 'denied', reason };
  if (status === 400 || status === 404 || status === 413 || status === 422) return { kind: 'rejected', reason };
  return { kind: 'refused', reason, overload: status === 429 || status === 503, ...asked(retryAfter) };
}

export function outcomeOfError(error: Error, sent: boolean): Outcome {
  const { syscall } = error as NodeJS.ErrnoException;
  const reason = reasonOf(error);
  // The kernel did not take a byte of it: the connection had died before.
  if (!sent || syscall === 'write') return { kind: 'unsent', reason };
  return { kind: 'lost', reason, timedOut: false };
}

/** Both forms of RFC 9110: seconds and a date. What lies in the past says nothing. */
function retryAfterMs(text: string, now: number): number | undefined {
  const value = text.trim();
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : dateOf(value) - now;
  return ms >= 0 ? Math.min(ms, longestRetryAfterMs) : undefined;
}

function asked(retryAfter: string | undefined): { retryAfterMs?: number } {
  const ms = retryAfter === undefined ? undefined : retryAfterMs(retryAfter, Date.now());
  return ms === undefined ? {} : { retryAfterMs: ms };
}

/** Date.parse takes nearly anything for a date ("-5" is one); a date of HTTP begins with its weekday and means GMT. */
function dateOf(value: string): number {
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return Number.NaN;
  return Date.parse(value.endsWith('GMT') ? value : `${value} GMT`);
}

function codeIn(body: Buffer): number | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString());
    const code = answer && typeof answer === 'object' && 'code' in answer ? answer.code : undefined;
    return Number.isSafeInteger(code) ? (code as number) : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf({ code }: NodeJS.ErrnoException): string {
  if (code === undefined) return 'connection failed';
  return code === 'UND_ERR_CONNECT_TIMEOUT' ? 'connect timeout' : code;
}
