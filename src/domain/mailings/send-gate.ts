// How much may be sent now: the breaker, the limit of simultaneous exchanges and the streak of rejections, fed with what became
// of every exchange. No I/O; `now` is milliseconds of one clock that never goes back.
import type { BreakerState } from '../../entities/mailing.enums.js';
import type { Outcome } from '../../gateways/messages/port.js';
import { Bag, type Placed } from '../../shared/bag.js';
import { Breaker } from '../breaker.js';
import { ExchangeTimes } from './exchange-times.js';
import { FaultWindow } from './fault-window.js';
import { RejectionStreak, type Ruling } from './rejection-streak.js';
import { SendLimit } from './send-limit.js';

export interface SendGateOptions {
  /** Upper bound of simultaneous exchanges. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly random?: () => number;
}

/** A place that an exchange holds while it is under way. */
export interface Slot<Item = unknown> extends Placed {
  readonly item: Item;
  readonly since: number;
  readonly number: number;
  readonly probe: boolean;
  readonly era: number;
}

export interface GateState {
  readonly breaker: BreakerState;
  readonly concurrency: number;
  readonly successRate: number;
  readonly p95Ms: number;
  /** What the gateway could take, at the present concurrency and length of an exchange. */
  readonly perSecond: number;
  /** Of the last minute, or since the breaker is not closed. */
  readonly lastError: string | null;
}

const mostFailed = 0.8;
/** With an exchange that hangs after it, still well within the thirty seconds in which sending must be back. */
const longestPauseMs = 15_000;
const probeMs = 10_000;
const longestQuickMs = 1_000;
const errorLastsMs = 60_000;

export class SendGate<Item = unknown> {
  readonly #bound: number;
  readonly #hangsAfterMs: number;
  readonly #times = new ExchangeTimes();
  readonly #faults: FaultWindow;
  readonly #streak = new RejectionStreak<Item>();
  readonly #limit: SendLimit;
  readonly #breaker: Breaker;
  readonly #quick = new Bag<Slot<Item>>();
  readonly #hanging = new Bag<Slot<Item>>();
  /** No quick one hangs before. */
  #noneHangsUntil = Number.POSITIVE_INFINITY;
  #lastError: { readonly reason: string; readonly at: number } | undefined;

  constructor({ concurrency, timeoutMs, random = Math.random }: SendGateOptions) {
    this.#bound = concurrency;
    this.#hangsAfterMs = Math.min(longestQuickMs, timeoutMs / 2);
    this.#faults = new FaultWindow(concurrency);
    this.#limit = new SendLimit(concurrency);
    this.#breaker = new Breaker({ random, longestPauseMs, probeMs });
  }

  breaker(now: number): BreakerState {
    return this.#breaker.state(now);
  }

  /** How many more may begin. What hangs does not count against a limit that has shrunk, up to half of it. */
  free(now: number): number {
    const state = this.#breaker.state(now);
    if (state === 'OPEN') return 0;
    this.#age(now);
    const room = this.#bound - this.#quick.size - this.#hanging.size;
    if (state === 'HALF_OPEN') return Math.min(room, this.#breaker.mayProbe(now) ? 1 : 0);
    const limit = this.#limit.value;
    const excess = Math.max(0, this.#hanging.size - Math.floor(limit / 2));
    return Math.max(0, Math.min(room, limit - this.#quick.size - excess));
  }

  begin(now: number, item: Item): Slot<Item> {
    const probe = this.#breaker.state(now) !== 'CLOSED';
    if (probe) this.#breaker.probe(now);
    const slot = { item, since: now, number: this.#faults.begin(), probe, era: this.#breaker.era, place: 0 };
    this.#quick.add(slot);
    this.#noneHangsUntil = Math.min(this.#noneHangsUntil, now + this.#hangsAfterMs);
    return slot;
  }

  /** What is decided now, of this exchange and of earlier ones; a rejection may be decided later. */
  end(slot: Slot<Item>, outcome: Outcome, now: number): Ruling<Item>[] {
    this.#leave(slot);
    if (outcome.kind !== 'accepted') this.#lastError = { reason: outcome.reason, at: now };
    const rulings = this.#streak.add(slot.item, outcome, now);
    this.#judge(slot, outcome, now);
    return rulings;
  }

  /** The exchange was not made after all. */
  cancel(slot: Slot<Item>): void {
    this.#leave(slot);
    if (slot.probe) this.#breaker.forgetProbe();
  }

  /** Rejections that were held back for long enough; to be asked several times a second. */
  overdue(now: number): Ruling<Item>[] {
    return this.#streak.overdue(now);
  }

  /** All that are held back: nothing more will come. */
  release(): Ruling<Item>[] {
    return this.#streak.release();
  }

  state(now: number): GateState {
    const breaker = this.#breaker.state(now);
    const concurrency = this.#limit.value;
    const meanMs = this.#times.meanMs();
    const error = this.#lastError;
    return {
      breaker,
      concurrency,
      successRate: this.#times.successRate(now),
      p95Ms: Math.round(this.#times.p95() ?? 0),
      perSecond: meanMs === undefined ? 0 : (concurrency * 1_000) / Math.max(meanMs, 0.1),
      lastError: error && (breaker !== 'CLOSED' || now - error.at < errorLastsMs) ? error.reason : null,
    };
  }

  #judge(slot: Slot<Item>, outcome: Outcome, now: number): void {
    const failed = outcome.kind !== 'accepted' && outcome.kind !== 'rejected';
    const refusesAll = outcome.kind === 'denied' || this.#streak.refusesAll(outcome);
    const answered = outcome.kind !== 'lost' && outcome.kind !== 'unsent';
    this.#times.push({ endedAt: now, ms: Math.max(0, now - slot.since), failed, answered });
    this.#faults.ended(slot.number, { failed, overload: outcome.kind === 'refused' && outcome.overload });
    if (slot.probe) this.#judgeProbe(!failed && !refusesAll, now);
    else if (slot.era === this.#breaker.era) this.#judgeUsual(!failed, refusesAll, now);
  }

  #judgeUsual(succeeded: boolean, refusesAll: boolean, now: number): void {
    const shares = this.#faults.shares();
    if (refusesAll || (shares.full && shares.failed > mostFailed)) {
      this.#breaker.open(now);
    } else {
      if (shares.full) this.#breaker.steady();
      this.#limit.ended(succeeded, { shares, times: this.#times, now });
    }
  }

  #judgeProbe(succeeded: boolean, now: number): void {
    if (this.#breaker.state(now) === 'CLOSED') return;
    if (succeeded) {
      this.#breaker.close();
      this.#limit.restart();
      this.#faults.clear();
    } else {
      this.#breaker.open(now);
    }
  }

  #age(now: number): void {
    if (now < this.#noneHangsUntil) return;
    this.#noneHangsUntil = Number.POSITIVE_INFINITY;
    for (const slot of this.#quick) {
      const hangsAt = slot.since + this.#hangsAfterMs;
      if (hangsAt > now) {
        this.#noneHangsUntil = Math.min(this.#noneHangsUntil, hangsAt);
      } else {
        this.#quick.delete(slot);
        this.#hanging.add(slot);
      }
    }
  }

  #leave(slot: Slot<Item>): void {
    if (!this.#quick.delete(slot)) this.#hanging.delete(slot);
  }
}
