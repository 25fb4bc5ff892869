// The breaker before the gateway: OPEN while sending makes no sense, then HALF_OPEN, where one exchange at a time finds out
// whether it does again. Pure.
import type { BreakerState } from '../../entities/mailing.enums.js';

const firstPauseMs = 1_000;
/** With an exchange that hangs after it, still well within the thirty seconds in which sending must be back. */
const longestPauseMs = 15_000;
/** An exchange that takes longer than this doesn't keep the next one from finding out. */
const probeMs = 10_000;

export class SendBreaker {
  #open = false;
  #resumesAt = 0;
  #probedAt = Number.NEGATIVE_INFINITY;
  #openings = 0;
  /** Grows with every change; an exchange of an earlier one says nothing about the present. */
  #era = 0;

  constructor(private readonly random: () => number) {}

  get era(): number {
    return this.#era;
  }

  state(now: number): BreakerState {
    if (!this.#open) return 'CLOSED';
    return now < this.#resumesAt ? 'OPEN' : 'HALF_OPEN';
  }

  mayProbe(now: number): boolean {
    return now - this.#probedAt >= probeMs;
  }

  probe(now: number): void {
    this.#probedAt = now;
  }

  /** The exchange was not made after all. */
  forgetProbe(): void {
    this.#probedAt = Number.NEGATIVE_INFINITY;
  }

  open(now: number): void {
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** this.#openings);
    this.#resumesAt = now + pause * (0.5 + this.random() / 2);
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
