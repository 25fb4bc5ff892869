// What the simulated gateway has seen, and which messages it has taken. Ids only, no phones, no texts.
import type { GatewayOutcome } from '../shared/gateway-mood.js';
import { RequestFigures, type Seen } from './request-figures.js';

export interface SeenMessage extends Seen<GatewayOutcome> {
  readonly id: number;
  readonly accepted: boolean;
}

export type GatewayStats = ReturnType<GatewayFigures['read']>;

export class GatewayFigures {
  readonly #requests = new RequestFigures<GatewayOutcome, SeenMessage>();
  #accepted = 0;
  #ids = new Set<number>();

  opened(seen: SeenMessage): void {
    this.#requests.opened(seen);
    if (!seen.accepted) return;
    this.#accepted++;
    this.#ids.add(seen.id);
  }

  closed(seen: SeenMessage, ms: number): void {
    this.#requests.closed(seen, ms);
  }

  reset(): void {
    this.#requests.reset();
    this.#accepted = 0;
    this.#ids = new Set();
  }

  read() {
    const [accepted, distinct] = [this.#accepted, this.#ids.size];
    return { ...this.#requests.read(), accepted, distinct, duplicates: accepted - distinct };
  }
}
