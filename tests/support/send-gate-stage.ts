// A gate on a clock that a test moves, with exchanges that end as it says.
import { SendGate, type Slot } from '../../src/domain/mailings/send-gate.js';
import type { Outcome } from '../../src/gateways/messages/port.js';

export const denied: Outcome = { kind: 'denied', reason: 'HTTP 401' };
export const notFound: Outcome = { kind: 'rejected', reason: 'HTTP 404' };

export class GateStage {
  readonly gate: SendGate<string>;
  now = 1_000;
  #count = 0;

  constructor(concurrency = 64, timeoutMs = 10_000) {
    this.gate = new SendGate({ concurrency, timeoutMs, random: () => 1 });
  }

  begin(item = `m${++this.#count}`): Slot<string> {
    return this.gate.begin(this.now, item);
  }

  /** Exchanges one after the other, and what was decided meanwhile: `m1`, or `m1 back`. */
  run(outcome: Outcome, times = 1, ms = 1): string[] {
    return Array.from({ length: times }).flatMap(() => {
      const slot = this.begin();
      this.now += ms;
      return spell(this.gate.end(slot, outcome, this.now));
    });
  }

  get breaker(): string {
    return this.gate.breaker(this.now);
  }

  get free(): number {
    return this.gate.free(this.now);
  }

  get limit(): number {
    return this.gate.state(this.now).concurrency;
  }

  overdue(): string[] {
    return spell(this.gate.overdue(this.now));
  }
}

export function spell(rulings: ReturnType<SendGate<string>['overdue']>): string[] {
  return rulings.map(({ item, requeue }) => (requeue ? `${item} back` : item));
}
