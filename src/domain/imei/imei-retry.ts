// Whether and when the provider is asked again for what it did not do. What may have been charged is never asked again here. Pure.
import type { ProviderAnswer } from '../../gateways/imei/port.js';

/** `held`: the breaker is open, and it was not asked. */
export type NotDone =
  | Extract<ProviderAnswer<never>, { kind: 'refused' | 'unsent' }>
  | { readonly kind: 'held'; readonly retryAfterMs: number };

export interface Asked {
  /** Nobody waits for it. */
  readonly background: boolean;
  /** How often by now. */
  readonly attempts: number;
  /** The breaker says that nobody's check is done at this moment. */
  readonly providerIsDown: boolean;
}

/** Of a provider that is back, everything that waited for it asks again within a minute. */
const patient = { times: 20, firstMs: 5_000, longestMs: 60_000 };
/** Somebody waits: what does not pass within seconds is told at once, and can be sent again. */
const waitedFor = { times: 4, firstMs: 250, longestMs: 4_000 };

/** Milliseconds; undefined where it is not asked again. */
export function askAgainIn(answer: NotDone, asking: Asked, random: () => number): number | undefined {
  const { background, attempts } = asking;
  const { times, firstMs, longestMs } = background ? patient : waitedFor;
  const told = ('retryAfterMs' in answer && answer.retryAfterMs) || 0;
  // Waiting for the breaker is no attempt.
  if (background && answer.kind === 'held') return Math.max(told, firstMs);
  if (!passes(answer, background) || (!background && told > longestMs)) return undefined;
  // A provider that is down is no fault of this check: what nobody waits for outlasts it.
  if (attempts >= times && !(background && asking.providerIsDown)) return undefined;
  const pause = Math.min(longestMs, firstMs * 2 ** (attempts - 1));
  return Math.max(told, pause * (0.5 + random() / 2));
}

/** A token that is refused, or a provider that is down, may be seen to by the time that a batch comes round again. */
function passes(answer: NotDone, background: boolean): boolean {
  if (answer.kind !== 'refused') return background || answer.kind === 'held';
  if (answer.why === 'denied') return background;
  return answer.why !== 'invalid';
}
