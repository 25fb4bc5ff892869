// What a simulator has seen: counters by outcome, the last minute by seconds, the last requests.

export interface Seen<Outcome extends string> {
  readonly outcome: Outcome;
  /** Undefined while it is open. */
  ms?: number;
}

const kept = 50;
const minute = 60;

export class RequestFigures<Outcome extends string, Request extends Seen<Outcome>> {
  #total = 0;
  #inFlight = 0;
  #outcomes: Partial<Record<Outcome, number>> = {};
  #recent: Request[] = [];
  readonly #seconds = new Int32Array(minute);
  #second = 0;

  /** A request that was decided; it is open until `closed`. */
  opened(seen: Request): void {
    this.#total++;
    this.#inFlight++;
    this.#outcomes[seen.outcome] = (this.#outcomes[seen.outcome] ?? 0) + 1;
    this.#advance();
    const at = this.#second % minute;
    this.#seconds[at] = (this.#seconds[at] ?? 0) + 1;
    this.#recent.push(seen);
    // In bulk: moving fifty entries for each request would be most of the work.
    if (this.#recent.length > 2 * kept) this.#recent = this.#recent.slice(-kept);
  }

  closed(seen: Request, ms: number): void {
    this.#inFlight--;
    seen.ms = ms;
  }

  /** Open requests go on being counted as open. */
  reset(): void {
    this.#total = 0;
    this.#outcomes = {};
    this.#recent = [];
    this.#seconds.fill(0);
  }

  read() {
    this.#advance();
    const lastMinute = Array.from({ length: minute }, (_, i) => this.#seconds[(this.#second + 1 + i) % minute] ?? 0);
    return {
      total: this.#total,
      inFlight: this.#inFlight,
      perSecond: lastMinute.at(-2) ?? 0,
      outcomes: { ...this.#outcomes },
      /** Requests in each of the last sixty seconds, the present one last. */
      lastMinute,
      /** The newest first. */
      recent: this.#recent.slice(-kept).reverse(),
    };
  }

  /** Seconds in which nothing came are zero. */
  #advance(): void {
    const now = Math.floor(Date.now() / 1_000);
    const first = Math.max(this.#second + 1, now - minute + 1);
    for (let second = first; second <= now; second++) this.#seconds[second % minute] = 0;
    this.#second = now;
  }
}
