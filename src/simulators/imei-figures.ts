// What the simulated IMEI provider was asked, and what its books say. Of a device no more is shown than its model's number and
// two digits.
import type { ImeiOutcome } from '../shared/imei-mood.js';
import type { ImeiLedger } from './imei-ledger.js';
import { RequestFigures, type Seen } from './request-figures.js';

export interface SeenCheck extends Seen<ImeiOutcome> {
  readonly device: string;
  readonly service: number | null;
  /** Null where none was done. */
  readonly result: 'successful' | 'unsuccessful' | 'failed' | null;
  /** USD. */
  readonly charged: string;
}

export type ImeiStats = ReturnType<ImeiFigures['read']>;

export class ImeiFigures {
  readonly #requests = new RequestFigures<ImeiOutcome, SeenCheck>();
  #free = 0;

  constructor(private readonly ledger: ImeiLedger) {}

  opened(seen: SeenCheck): void {
    this.#requests.opened(seen);
  }

  closed(seen: SeenCheck, ms: number): void {
    this.#requests.closed(seen, ms);
  }

  askedForFree(): void {
    this.#free++;
  }

  reset(): void {
    this.#requests.reset();
    this.ledger.reset();
    this.#free = 0;
  }

  read() {
    return { ...this.#requests.read(), ...this.ledger.read(), free: this.#free };
  }
}

export const masked = (deviceId: string): string =>
  deviceId.length > 10 ? `${deviceId.slice(0, 8)}…${deviceId.slice(-2)}` : '•'.repeat(deviceId.length);
