// What becomes of one request in a mood of the IMEI provider: decided by the mood and by luck, before anything is read. No I/O.
import type { ImeiMood, ImeiOutcome } from '../shared/imei-mood.js';
import type { Luck } from './luck.js';

export interface Fate {
  readonly outcome: ImeiOutcome;
  /** Whether the check is done, and charged, whatever the asker hears of it. */
  readonly done: boolean;
  readonly status: number;
  readonly latencyMs: number;
  readonly retryAfter?: number;
  /** How the answer is lost. */
  readonly by?: 'hang' | 'reset' | '5xx';
  /** For so long the check is only processing. */
  readonly processingMs?: number;
}

const fate = (outcome: ImeiOutcome, rest: Partial<Fate> = {}): Fate => ({
  outcome,
  done: false,
  status: 200,
  latencyMs: 0,
  ...rest,
});
const done = (outcome: ImeiOutcome, rest: Partial<Fate> = {}): Fate =>
  fate(outcome, { done: true, status: 201, ...rest });

/** Of a request for a check. */
export function fateOf(mood: ImeiMood, luck: Luck): Fate {
  switch (mood.mode) {
    case 'ok':
      return done('ok');
    case 'processing':
      return done('ok', { processingMs: mood.latencyMs });
    case 'slow':
      return done('ok', { latencyMs: mood.latencyMs });
    case 'drip':
    case 'garbage':
      return done(mood.mode);
    case 'hang':
      return fate('hang');
    case '5xx':
      return fate('error', { status: mood.status });
    case '429':
      return fate('limited', { status: 429, retryAfter: mood.retryAfter });
    case '401':
    case '403':
      return fate('denied', { status: Number(mood.mode) });
    case '402':
      return fate('unpaid', { status: 402 });
    case 'lost':
      return done('lost', { by: mood.by, status: mood.status });
    case 'reset':
    case 'down':
      return fate('reset');
    case 'mixed':
      return drawn(mood, luck());
  }
}

/** Of a request that is free: there is nothing to pay, and nothing paid whose answer could be lost. */
export function freeFateOf(mood: ImeiMood, luck: Luck): Fate {
  const { outcome, latencyMs, ...rest } = fateOf(mood, luck);
  const well = outcome === 'unpaid' || outcome === 'lost';
  return well ? fate('ok', { latencyMs }) : { ...rest, outcome, latencyMs, status: rest.done ? 200 : rest.status };
}

function drawn(mood: Extract<ImeiMood, { mode: 'mixed' }>, drawn: number): Fate {
  const { errors, hangs, garbage, resets, lost, by, latencyMs } = mood;
  if (drawn < errors) return fate('error', { status: 500, latencyMs });
  if (drawn < errors + hangs) return fate('hang');
  if (drawn < errors + hangs + garbage) return done('garbage', { latencyMs });
  if (drawn < errors + hangs + garbage + resets) return fate('reset');
  if (drawn < errors + hangs + garbage + resets + lost) return done('lost', { by, status: 500, latencyMs });
  return done('ok', { latencyMs });
}
