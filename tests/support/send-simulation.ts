// A sender and a gateway on a virtual clock: hours of sending in milliseconds, the same with each run.
import { retryDelay } from '../../src/domain/mailings/retry-plan.js';
import { type GateState, SendGate } from '../../src/domain/mailings/send-gate.js';
import type { Outcome } from '../../src/gateways/messages/port.js';

export interface Exchange {
  readonly ms: number;
  readonly outcome: Outcome;
}

export interface Situation {
  readonly now: number;
  /** Exchanges under way, this one too. */
  readonly underWay: number;
  readonly random: () => number;
}

export interface SimulationOptions {
  readonly messages: number;
  readonly gateway: (situation: Situation) => Exchange;
  readonly concurrency?: number;
  readonly timeoutMs?: number;
  readonly seed?: number;
  /** Gives up at this time. */
  readonly until?: number;
}

export interface SimulationResult {
  readonly ms: number;
  readonly sent: number;
  readonly failed: number;
  readonly attempts: number;
  readonly mostUnderWay: number;
  /** When an exchange began, and how many were under way then. */
  readonly begun: readonly { readonly at: number; readonly underWay: number }[];
  readonly states: readonly (GateState & { readonly at: number })[];
}

const tickMs = 10;

export class SendSimulation {
  #now = 0;
  #underWay = 0;
  #unsorted = false;
  #sent = 0;
  #failed = 0;
  readonly #due: { at: number; act: () => void }[] = [];
  readonly #ready: { attempts: number }[];
  #taken = 0;
  readonly #begun: { at: number; underWay: number }[] = [];
  readonly #states: (GateState & { at: number })[] = [];
  readonly #random: () => number;
  readonly #gate: SendGate<{ attempts: number }>;

  constructor(private readonly options: SimulationOptions) {
    const { messages, concurrency = 64, timeoutMs = 10_000, seed = 1 } = options;
    this.#random = mulberry32(seed);
    this.#ready = Array.from({ length: messages }, () => ({ attempts: 0 }));
    this.#gate = new SendGate({ concurrency, timeoutMs, random: this.#random });
  }

  run(): SimulationResult {
    const { messages, until = 86_400_000 } = this.options;
    let looked = 0;
    for (; this.#sent + this.#failed < messages && this.#now < until; this.#now += tickMs) {
      this.#happen();
      this.#rule(this.#gate.overdue(this.#now));
      this.#pump();
      if (this.#now >= looked) {
        looked += 1_000;
        this.#states.push({ at: this.#now, ...this.#gate.state(this.#now) });
      }
    }
    return {
      ms: this.#now,
      sent: this.#sent,
      failed: this.#failed,
      attempts: this.#begun.length,
      mostUnderWay: Math.max(...this.#begun.map(({ underWay }) => underWay)),
      begun: this.#begun,
      states: this.#states,
    };
  }

  #happen(): void {
    if (this.#unsorted) this.#due.sort((a, b) => b.at - a.at);
    this.#unsorted = false;
    const first = this.#due.findLastIndex(({ at }) => at > this.#now) + 1;
    for (const { act } of this.#due.splice(first).reverse()) act();
  }

  #pump(): void {
    const { gateway, timeoutMs = 10_000 } = this.options;
    while (this.#gate.free(this.#now) > 0) {
      const message = this.#ready[this.#taken];
      if (!message) return;
      this.#taken++;
      message.attempts++;
      const slot = this.#gate.begin(this.#now, message);
      this.#begun.push({ at: this.#now, underWay: ++this.#underWay });
      const { ms, outcome } = gateway({ now: this.#now, underWay: this.#underWay, random: this.#random });
      const end: Exchange = ms < timeoutMs ? { ms, outcome } : { ms: timeoutMs, outcome: timedOut };
      this.#after(end.ms, () => {
        this.#underWay--;
        this.#rule(this.#gate.end(slot, end.outcome, this.#now));
      });
    }
  }

  #rule(rulings: ReturnType<SendGate<{ attempts: number }>['overdue']>): void {
    for (const { item, outcome, requeue } of rulings) {
      if (outcome.kind === 'accepted') this.#sent++;
      else if (outcome.kind === 'rejected' && !requeue) this.#failed++;
      else this.#after(retryDelay(Math.min(item.attempts, 3), undefined, this.#random), () => this.#ready.push(item));
    }
  }

  #after(ms: number, act: () => void): void {
    this.#due.push({ at: this.#now + ms, act });
    this.#unsorted = true;
  }
}

export const accepted: Outcome = { kind: 'accepted' };
export const timedOut: Outcome = { kind: 'lost', reason: 'timeout', timedOut: true };
export const failing: Outcome = { kind: 'refused', reason: 'HTTP 500', overload: false };
export const overloaded: Outcome = { kind: 'refused', reason: 'HTTP 503', overload: true };
export const down: Outcome = { kind: 'unsent', reason: 'ECONNREFUSED' };
export const invalid: Outcome = { kind: 'rejected', reason: 'HTTP 400' };

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
