// The breaker before a provider: OPEN while asking makes no sense, then HALF_OPEN, where one exchange at a time finds out whether
// it does again. When it opens and closes is for whoever holds it. Pure.
import type { BreakerState } from '../entities/mailing.enums.js';

export interface BreakerOptions {
  readonly random: () => number;
  readonly longestPauseMs: number;
  /** An exchange that takes longer than this doesn't keep the next one from finding out. */
  readonly probeMs: number;
}

const firstPauseMs = 1_000;

export class Breaker {
  #open = false;
  #resumesAt = 0;
  #probedAt = Number.NEGATIVE_INFINITY;
  #openings = 0;
  /** Grows with every change; an exchange of an earlier one says nothing about the present. */
  #era = 0;

  constructor(private readonly options: BreakerOptions) {}

  get era(): number {
    return this.#era;
  }

  state(now: number): BreakerState {
    if (!this.#open) return 'CLOSED';
    return now < this.#resumesAt ? 'OPEN' : 'HALF_OPEN';
  }

  /** How long until somebody may ask; 0 where that is now. */
  waitMs(now: number): number {
    if (!this.#open) return 0;
    return Math.max(0, this.#resumesAt - now, this.#probedAt + this.options.probeMs - now);
  }

  mayProbe(now: number): boolean {
    return now - this.#probedAt >= this.options.probeMs;
  }

  probe(now: number): void {
    this.#probedAt = now;
  }

  /** The exchange was not made after all. */
  forgetProbe(): void {
    this.#probedAt = Number.NEGATIVE_INFINITY;
  }

  /** Pauses grow with each opening; the provider may ask for a longer one. */
  open(now: number, askedMs = 0): void {
    const { longestPauseMs, random } = this.options;
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#openings) * (0.5 + random() / 2);
    this.#resumesAt = now + Math.max(askedMs, pause);
    this.#openings++;
    this.#change(true);
  }

  /** The pauses start from the beginning only when it has also stayed closed: see `steady`. */
  close(): void {
    this.#change(false);
  }

  steady(): void {
    this.#openings = 0;
  }

  #change(open: boolean): void {
    this.#open = open;
    this.#era++;
    this.forgetProbe();
  }
}
