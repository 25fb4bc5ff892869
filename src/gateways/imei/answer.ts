// What an answer of imeicheck.net, or its absence, means. Pure; reasons are made of statuses and codes, never of what the
// provider wrote.
import { type Ending, notUnderstood } from '../../shared/provider-exchange.js';
import type { ProviderAnswer } from './port.js';

type Unanswered = Exclude<ProviderAnswer<never>, { kind: 'answered' }>;
type WithHead = Exclude<Ending, { kind: 'unsent' }>;

const unreadable: Unanswered = { kind: 'lost', reason: notUnderstood };

/** `read` gives undefined for what is not of the agreed shape. */
export type Reader<T> = (ending: WithHead) => T | undefined;

/** To a question that costs nothing: what failed with a 5xx can be asked again. */
export const answerToFree = <T>(ending: Ending, read: Reader<T>): ProviderAnswer<T> =>
  answerOf(ending, read, (status) => (status >= 500 && status < 600 ? refused('busy', ending) : undefined));

/** To what is paid: unless it says that it did nothing, it may have. */
export const answerToPaid = <T>(ending: Ending, read: Reader<T>): ProviderAnswer<T> =>
  answerOf(ending, read, () => undefined);

function answerOf<T>(
  ending: Ending,
  read: Reader<T>,
  further: (status: number) => Unanswered | undefined,
): ProviderAnswer<T> {
  if (ending.kind === 'unsent') return ending;
  const { status } = ending;
  if (status === 200 || status === 201) {
    const value = read(ending);
    if (value !== undefined) return { kind: 'answered', value };
    return ending.kind === 'broken' ? { kind: 'lost', reason: ending.reason } : unreadable;
  }
  if (status === 0) return { kind: 'lost', reason: ending.kind === 'broken' ? ending.reason : notUnderstood };
  return refusal(ending) ?? further(status) ?? { kind: 'lost', reason: `HTTP ${status}` };
}

/** What every 4xx says all by itself, whatever became of the rest. */
function refusal(ending: WithHead): Unanswered | undefined {
  const { status } = ending;
  if (status < 400 || status > 499) return undefined;
  if (status === 401 || status === 402 || status === 403) return refused('denied', ending);
  if (status === 429) return refused('limited', ending);
  return refused(status === 408 || status === 425 ? 'busy' : 'invalid', ending);
}

function refused(why: 'denied' | 'limited' | 'busy' | 'invalid', ending: Ending): Unanswered {
  if (ending.kind === 'unsent') return ending;
  const { status, retryAfterMs } = ending;
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  return { kind: 'refused', why, reason: `HTTP ${status}`, ...wait };
}
