// What an answer of the message gateway, or its absence, means. Pure; reasons are made of statuses and codes, never of what
// the gateway wrote, because that may contain a phone.
import { type Ending, notUnderstood, timedOut } from '../../shared/provider-exchange.js';
import type { Outcome } from './port.js';

const accepted: Outcome = { kind: 'accepted' };
const agreedAnswer = Buffer.from('{"code":0,"message":"OK"}');
const unreadable: Outcome = { kind: 'lost', reason: notUnderstood, timedOut: false };

export function outcomeOf(ending: Ending): Outcome {
  if (ending.kind === 'unsent') return ending;
  const { status } = ending;
  // Every status but 200 says all by itself, whatever became of the rest.
  if (status !== 200 && status !== 0) return outcomeOfStatus(status, waitOf(ending));
  if (ending.kind === 'broken') return { kind: 'lost', reason: ending.reason, timedOut: ending.reason === timedOut };
  if (ending.body.equals(agreedAnswer)) return accepted;
  const code = codeIn(ending.body);
  if (code === undefined) return unreadable;
  return code === 0 ? accepted : { kind: 'refused', reason: `code ${code}`, overload: false, ...waitOf(ending) };
}

interface Wait {
  readonly retryAfterMs?: number;
}

function outcomeOfStatus(status: number, wait: Wait): Outcome {
  const reason = `HTTP ${status}`;
  if (status === 401 || status === 403) return { kind: 'denied', reason };
  if (status === 400 || status === 404 || status === 413 || status === 422) return { kind: 'rejected', reason };
  return { kind: 'refused', reason, overload: status === 429 || status === 503, ...wait };
}

const waitOf = ({ retryAfterMs }: Wait): Wait => (retryAfterMs === undefined ? {} : { retryAfterMs });

function codeIn(body: Buffer): number | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString());
    const code = answer && typeof answer === 'object' && 'code' in answer ? answer.code : undefined;
    return Number.isSafeInteger(code) ? (code as number) : undefined;
  } catch {
    return undefined;
  }
}
