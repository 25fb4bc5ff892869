// Whether the IMEI provider may be asked for a paid check now, from what became of those before. No I/O; `now` is milliseconds of
// one clock that never goes back.
import type { BreakerState } from '../../entities/mailing.enums.js';
import type { ProviderAnswer } from '../../gateways/imei/port.js';
import { Breaker } from '../breaker.js';

/** Leave for one check; to be given back by `ended`. */
export interface Pass {
  readonly probe: boolean;
  readonly era: number;
}

/** Why the provider is not asked as usual. */
export interface Opening {
  /** It does nothing for us at all: our token, address or balance. */
  readonly refuses: boolean;
  /** How long until it is asked again. */
  readonly waitMs: number;
}

export interface ProviderBreakerOptions {
  /** Bound on one exchange. */
  readonly timeoutMs: number;
  readonly random?: () => number;
}

/** As many as are asked at once by default: one bad moment opens nothing. */
const faultsInARow = 8;
const longestPauseMs = 30_000;

export class ProviderBreaker {
  readonly #breaker: Breaker;
  /** Both in a row. */
  #faults = 0;
  #successes = 0;
  #refuses = false;

  constructor({ timeoutMs, random = Math.random }: ProviderBreakerOptions) {
    this.#breaker = new Breaker({ random, longestPauseMs, probeMs: timeoutMs });
  }

  state(now: number): BreakerState {
    return this.#breaker.state(now);
  }

  /** How long until it is worth asking again; 0 where that is now. */
  waitMs(now: number): number {
    return this.#breaker.waitMs(now);
  }

  /** Undefined while it is closed. */
  opening(now: number): Opening | undefined {
    if (this.#breaker.state(now) === 'CLOSED') return undefined;
    return { refuses: this.#refuses, waitMs: this.#breaker.waitMs(now) };
  }

  /** Undefined where nobody may ask now: see `waitMs`. */
  pass(now: number): Pass | undefined {
    if (this.#breaker.waitMs(now) > 0) return undefined;
    const probe = this.#breaker.state(now) === 'HALF_OPEN';
    if (probe) this.#breaker.probe(now);
    return { probe, era: this.#breaker.era };
  }

  /** What was asked before the last change says nothing about the present. */
  ended({ probe, era }: Pass, answer: ProviderAnswer<unknown>, now: number): void {
    if (era !== this.#breaker.era) return;
    if (works(answer)) this.#succeeded(probe);
    else if (refusesAll(answer) || probe || this.#faults + 1 >= faultsInARow) this.#open(now, answer);
    else this.#failed();
  }

  #succeeded(probe: boolean): void {
    if (probe) this.#breaker.close();
    this.#faults = 0;
    if (++this.#successes >= faultsInARow) this.#breaker.steady();
  }

  #failed(): void {
    this.#faults++;
    this.#successes = 0;
  }

  #open(now: number, answer: ProviderAnswer<unknown>): void {
    this.#faults = 0;
    this.#successes = 0;
    this.#refuses = answer.kind === 'refused' && answer.why === 'denied';
    this.#breaker.open(now, answer.kind === 'refused' ? answer.retryAfterMs : 0);
  }
}

/** What is wrong with one request alone was read and answered. */
const works = (answer: ProviderAnswer<unknown>): boolean =>
  answer.kind === 'answered' || (answer.kind === 'refused' && answer.why === 'invalid');

/** It has said that nobody need ask, or that nobody should for so long. */
const refusesAll = (answer: ProviderAnswer<unknown>): boolean =>
  answer.kind === 'refused' && (answer.why !== 'busy' || answer.retryAfterMs !== undefined);
