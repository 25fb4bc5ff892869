// Whose fault a rejection is. One is the message's, and final; twenty in a row for the same reason are the gateway's, and
// those messages go back into the queue. So a rejection is held back until what follows it tells. Pure.
import type { Outcome } from '../../gateways/messages/port.js';

export interface Ruling<Item> {
  readonly item: Item;
  readonly outcome: Outcome;
  /** Rejected like everybody else: not the message's fault. */
  readonly requeue: boolean;
}

interface Held<Item> {
  readonly item: Item;
  readonly outcome: Outcome;
  readonly since: number;
}

const streakLength = 20;
/** Nothing more comes that could tell. */
const quietMs = 1_000;
/** Well within a lease. */
const longestMs = 10_000;

export class RejectionStreak<Item> {
  #reason: string | undefined;
  #length = 0;
  #held: Held<Item>[] = [];
  #lastAt = 0;

  /** What is decided now: the earlier ones first. A fault tells nothing about messages, and neither adds nor breaks. */
  add(item: Item, outcome: Outcome, now: number): Ruling<Item>[] {
    this.#lastAt = now;
    if (outcome.kind === 'rejected') return this.#reject(item, outcome, now);
    const ruling = { item, outcome, requeue: false };
    return outcome.kind === 'accepted' && this.#length > 0 ? [...this.#breakUp(), ruling] : [ruling];
  }

  /** The gateway refuses everybody for that very reason. */
  refusesAll(outcome: Outcome): boolean {
    return outcome.kind === 'rejected' && outcome.reason === this.#reason && this.#length >= streakLength;
  }

  /** Held back for long enough: final. The streak itself goes on. */
  overdue(now: number): Ruling<Item>[] {
    const [first] = this.#held;
    if (!first || (now - this.#lastAt < quietMs && now - first.since < longestMs)) return [];
    return this.release();
  }

  release(requeue = false): Ruling<Item>[] {
    return this.#held.splice(0).map(({ item, outcome }) => ({ item, outcome, requeue }));
  }

  #reject(item: Item, outcome: Outcome & { kind: 'rejected' }, now: number): Ruling<Item>[] {
    const decided = outcome.reason === this.#reason ? [] : this.#breakUp();
    this.#reason = outcome.reason;
    this.#length++;
    this.#held.push({ item, outcome, since: now });
    return this.#length >= streakLength ? [...decided, ...this.release(true)] : decided;
  }

  #breakUp(): Ruling<Item>[] {
    this.#reason = undefined;
    this.#length = 0;
    return this.release();
  }
}
