// What the simulated gateway has seen: counters, the last minute by seconds, the last requests. Ids only, no phones, no texts.
import type { GatewayOutcome, GatewayState } from '../shared/gateway-mood.js';

export interface SeenRequest {
  readonly id: number;
  readonly outcome: GatewayOutcome;
  readonly accepted: boolean;
  /** Undefined while it is open. */
  ms?: number;
}

export interface GatewayStats extends Readonly<GatewayState['stats']> {
  /** Requests in each of the last sixty seconds, the present one last. */
  readonly lastMinute: readonly number[];
  /** The newest first. */
  readonly recent: readonly SeenRequest[];
}

const kept = 50;
const minute = 60;

export class GatewayFigures {
  #total = 0;
  #accepted = 0;
  #inFlight = 0;
  #ids = new Set<number>();
  #outcomes: Partial<Record<GatewayOutcome, number>> = {};
  #recent: SeenRequest[] = [];
  readonly #seconds = new Int32Array(minute);
  #second = 0;

  /** A request that was decided; it is open until `closed`. */
  opened(seen: SeenRequest): void {
    this.#total++;
    this.#inFlight++;
    this.#outcomes[seen.outcome] = (this.#outcomes[seen.outcome] ?? 0) + 1;
    if (seen.accepted) {
      this.#accepted++;
      this.#ids.add(seen.id);
    }
    this.#advance();
    const at = this.#second % minute;
    this.#seconds[at] = (this.#seconds[at] ?? 0) + 1;
    this.#recent.push(seen);
    // In bulk: moving fifty entries for each request would be most of the work.
    if (this.#recent.length > 2 * kept) this.#recent = this.#recent.slice(-kept);
  }

  closed(seen: SeenRequest, ms: number): void {
    this.#inFlight--;
    seen.ms = ms;
  }

  /** Open requests go on being counted as open. */
  reset(): void {
    this.#total = 0;
    this.#accepted = 0;
    this.#ids = new Set();
    this.#outcomes = {};
    this.#recent = [];
    this.#seconds.fill(0);
  }

  read(): GatewayStats {
    this.#advance();
    const lastMinute = Array.from({ length: minute }, (_, i) => this.#seconds[(this.#second + 1 + i) % minute] ?? 0);
    return {
      total: this.#total,
      accepted: this.#accepted,
      distinct: this.#ids.size,
      duplicates: this.#accepted - this.#ids.size,
      inFlight: this.#inFlight,
      perSecond: lastMinute.at(-2) ?? 0,
      outcomes: { ...this.#outcomes },
      lastMinute,
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
