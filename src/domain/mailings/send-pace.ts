// How fast messages may go on a virtual clock: a bucket of tokens for the mailing's limit, one for what the workers can do.
// Whole messages are counted, in milliseconds. No I/O.

interface Bucket {
  readonly perMs: number;
  readonly most: number;
  tokens: number;
}

/** What a limit lets through at once after a pause, in seconds' worth, as a live claim has it; one more at least. */
export const rateBurst = 0.1;
/** Sums of floating-point figures are right up to this. */
const tiny = 1e-4;

export class SendPace {
  readonly #buckets: readonly Bucket[];
  /** Since the beginning: dates are too large for fractions of a millisecond. */
  #elapsed = 0;

  /** Both in messages a second. The buckets begin empty. */
  constructor(
    private readonly begin: number,
    rateLimit: number | null,
    capacity: number,
  ) {
    const limits = rateLimit === null ? [] : [{ perMs: rateLimit / 1_000, most: 1 + rateLimit * rateBurst, tokens: 0 }];
    this.#buckets = [...limits, { perMs: capacity / 1_000, most: 1, tokens: 0 }];
  }

  get at(): number {
    return this.begin + this.#elapsed;
  }

  /** How many can go before that moment; one that would be ready at the very moment is too late. */
  before(until: number): number {
    const left = until - this.begin - this.#elapsed;
    const counts = this.#buckets.map(({ tokens, perMs }) => Math.ceil(tokens + perMs * left - tiny) - 1);
    return Math.max(0, Math.min(...counts));
  }

  /** So many, one after the other as soon as each may go; leaves the clock at the last of them. */
  send(count: number): void {
    const waits = this.#buckets.map(({ tokens, perMs }) => Math.max(0, (count - tokens) / perMs));
    this.#pass(Math.max(...waits), count);
  }

  rest(until: number): void {
    this.#pass(until - this.begin - this.#elapsed, 0);
  }

  #pass(ms: number, spent: number): void {
    this.#elapsed += ms;
    for (const bucket of this.#buckets) {
      bucket.tokens = Math.min(bucket.most, Math.max(0, bucket.tokens + bucket.perMs * ms - spent));
    }
  }
}
