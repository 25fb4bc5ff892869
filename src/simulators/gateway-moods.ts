// What becomes of one message in a mood of the gateway: decided by the mood and by luck, before anything is read. No I/O.
import type { GatewayMood, GatewayOutcome } from '../shared/gateway-mood.js';
import type { Luck } from './luck.js';

export interface Fate {
  readonly outcome: GatewayOutcome;
  /** Whether the message counts as taken, whatever the sender hears of it. */
  readonly accepted: boolean;
  readonly status: number;
  readonly latencyMs: number;
  readonly retryAfter?: number;
}

const fate = (outcome: GatewayOutcome, rest: Partial<Fate> = {}): Fate => ({
  outcome,
  accepted: false,
  status: 200,
  latencyMs: 0,
  ...rest,
});

export function fateOf(mood: GatewayMood, luck: Luck): Fate {
  switch (mood.mode) {
    case 'ok':
      return fate('ok', { accepted: true });
    case 'slow':
      return fate('ok', { accepted: true, latencyMs: mood.latencyMs });
    case 'hang':
      return fate('hang', { accepted: mood.hangsAccept });
    case 'drip':
      return fate('drip', { accepted: true });
    case '5xx':
      return fate('error', { status: mood.status });
    case '429':
      return fate('limited', { status: 429, retryAfter: mood.retryAfter });
    case '401':
      return fate('denied', { status: 401 });
    case 'garbage':
      return fate('garbage', { accepted: true });
    case 'reset':
    case 'down':
      return fate('reset');
    case 'mixed':
      return drawn(mood, luck());
  }
}

function drawn(mood: Extract<GatewayMood, { mode: 'mixed' }>, drawn: number): Fate {
  const { errors, hangs, garbage, resets, latencyMs, hangsAccept } = mood;
  if (drawn < errors) return fate('error', { status: 500, latencyMs });
  if (drawn < errors + hangs) return fate('hang', { accepted: hangsAccept });
  if (drawn < errors + hangs + garbage) return fate('garbage', { accepted: true, latencyMs });
  if (drawn < errors + hangs + garbage + resets) return fate('reset');
  return fate('ok', { accepted: true, latencyMs });
}
