// How many exchanges may be under way at once: fewer when the gateway is overloaded, more again with every window of
// successes. Faults that are scattered over the answers say nothing about the load, and shrink nothing. Pure.
import type { ExchangeTimes } from './exchange-times.js';
import { type FaultShares, windowSize } from './fault-window.js';

const reviewMs = 1_000;
const shrunk = 0.7;
const mostFailed = 0.6;
/** More than chance makes of a gateway where every third answer is a 503 for reasons of its own. */
const mostOverload = 0.5;
const slowBy = 3;
/** Below it no answer is slow, however much faster others were. */
const neverSlowMs = 250;
/** Where less became of the latency after shrinking, it is not our load that makes it. */
const helped = 0.85;

interface Circumstances {
  readonly shares: FaultShares;
  readonly times: ExchangeTimes;
  readonly now: number;
}

export class SendLimit {
  #limit: number;
  #successes = 0;
  /** Exchanges that ended since it shrank: a window decides once. */
  #fresh = 0;
  #reviewedAt = Number.NEGATIVE_INFINITY;
  #bestP95 = Number.POSITIVE_INFINITY;
  #slowWhenShrunk: number | undefined;

  constructor(private readonly bound: number) {
    this.#limit = bound;
  }

  get value(): number {
    return this.#limit;
  }

  ended(succeeded: boolean, { shares, times, now }: Circumstances): void {
    this.#fresh++;
    if (succeeded) this.#successes++;
    if (this.#successes >= this.#limit && !isOverloaded(shares)) this.#grow();
    if (now - this.#reviewedAt < reviewMs || !shares.full || this.#fresh < windowSize) return;
    this.#reviewedAt = now;
    const p95 = times.p95();
    if (isOverloaded(shares)) this.#shrink();
    else if (p95 !== undefined) this.#reviewLatency(p95);
  }

  /** A gateway that is just back gets less at first. */
  restart(): void {
    this.#limit = Math.ceil(Math.min(this.#limit, this.bound / 2) / 2);
    this.#successes = this.#fresh = 0;
    this.#slowWhenShrunk = undefined;
  }

  #reviewLatency(p95: number): void {
    const before = this.#slowWhenShrunk;
    this.#slowWhenShrunk = undefined;
    if (p95 <= Math.max(neverSlowMs, slowBy * this.#bestP95)) {
      this.#bestP95 = Math.min(this.#bestP95, p95);
    } else if (before !== undefined && p95 > helped * before) {
      this.#bestP95 = p95;
    } else {
      this.#slowWhenShrunk = p95;
      this.#shrink();
    }
  }

  #grow(): void {
    this.#limit = Math.min(this.bound, this.#limit + 1);
    this.#successes = 0;
  }

  #shrink(): void {
    this.#limit = Math.max(1, Math.floor(this.#limit * shrunk));
    this.#successes = this.#fresh = 0;
  }
}

const isOverloaded = ({ failed, overload }: FaultShares): boolean => failed > mostFailed || overload > mostOverload;
