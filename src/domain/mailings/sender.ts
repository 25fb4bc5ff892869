// One worker's sending: claims ahead of the gateway, keeps as many exchanges going as the gate allows, settles what came back.
// The rows are the truth: whatever is only known here may die at any moment, and no more than a handful of it is unsettled.
import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageGateway, Outcome } from '../../gateways/messages/port.js';
import { Bag, type Placed } from '../../shared/bag.js';
import { type Claim, leaseSeconds, type SettledAs } from './message-queue.js';
import type { Ruling } from './rejection-streak.js';
import { retryDelay } from './retry-plan.js';
import type { SendGate, Slot } from './send-gate.js';
import { Settler, type SettlerOptions } from './settler.js';

export interface SenderOptions extends SettlerOptions {
  readonly gateway: MessageGateway;
  readonly gate: SendGate<Claim>;
  /** Exchanges under way and answers neither noted nor settled yet, together: what a death can cost at most. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly onClaim: (seconds: number) => void;
  readonly onDenied: (reason: string) => void;
}

interface Held extends Placed {
  readonly claim: Claim;
  readonly lease: Lease;
}

interface Lease {
  readonly id: string;
  readonly text: string;
  /** By our own monotonic count; after it the messages may be another worker's. */
  ends: number;
}

export interface SenderStats {
  readonly inFlight: number;
  readonly ready: number;
  readonly unsettled: number;
  /** Answers that a death would send again, of those that are not settled. */
  readonly atRisk: number;
  /** Answers that came when the lease was another's already. */
  readonly leaseLost: number;
}

export class MessageSender {
  readonly #ready: Held[] = [];
  readonly #inFlight = new Bag<Held>();
  readonly #settler: Settler;
  #claiming: Promise<void> | undefined;
  #upkeep: Promise<void> | undefined;
  #overdue: NodeJS.Timeout | undefined;
  #offsetMs = 0;
  #leaseLost = 0;
  #wake: () => void = () => undefined;
  readonly #pace = new Pace();
  readonly #stopping = new AbortController();

  constructor(private readonly options: SenderOptions) {
    this.#settler = new Settler(options, () => this.#pump());
  }

  async start(): Promise<void> {
    this.#offsetMs = await this.options.queue.clockOffset();
    this.#claiming = this.#claimOn();
    this.#upkeep = this.#keepUp();
    this.#overdue = setInterval(() => this.#rule(this.options.gate.overdue(performance.now())), overdueEveryMs);
  }

  /** How far the database's clock is from ours, which decides what is too late. */
  get clockOffsetMs(): number {
    return this.#offsetMs;
  }

  stats(): SenderStats {
    return {
      inFlight: this.#inFlight.size,
      ready: this.#ready.length,
      unsettled: this.#settler.unsettled,
      atRisk: this.#settler.atRisk,
      leaseLost: this.#leaseLost + this.#settler.leaseLost,
    };
  }

  /** There may be something to claim. */
  look(): void {
    this.#wake();
  }

  /** Takes no more, gives back what has not begun, waits for what is under way. */
  async stop(graceMs: number): Promise<void> {
    const deadline = Date.now() + graceMs;
    this.#stopping.abort();
    this.#settler.stop();
    this.#wake();
    await this.#claiming;
    this.#giveBack();
    while (Date.now() < deadline && this.#inFlight.size > 0) await sleep(10);
    clearInterval(this.#overdue);
    this.#rule(this.options.gate.release());
    while (Date.now() < deadline && this.#settler.unsettled > 0) await sleep(10);
    await this.#upkeep;
  }

  async #claimOn(): Promise<void> {
    let idle = 0;
    while (!this.#stopping.signal.aborted) {
      // The breaker may have opened while a claim was under way, and nothing else may happen here that would look again.
      if (this.options.gate.breaker(performance.now()) === 'OPEN') this.#giveBack();
      this.#pump();
      const wanted = this.#wanted();
      if (wanted === 0) {
        await this.#pause(idlePauseMs);
        continue;
      }
      const { got, waitMs } = await this.#claim(wanted);
      idle = got === 0 ? Math.min(idle === 0 ? shortPauseMs : idle * 2, idlePauseMs) : 0;
      if (got > 0) this.#pump();
      if (got < wanted) await this.#pause(Math.min(waitMs ?? idlePauseMs, got === 0 ? idle : shortPauseMs));
    }
  }

  /** So much ahead that the exchanges never wait for a claim, and no more: what waits here waits for nobody else. */
  #wanted(): number {
    const { gate, concurrency } = this.options;
    const now = performance.now();
    const breaker = gate.breaker(now);
    if (this.#settler.isFull || breaker === 'OPEN') return 0;
    if (breaker === 'HALF_OPEN') return this.#ready.length === 0 && gate.free(now) > 0 ? 1 : 0;
    const ahead = Math.min(claimMost, Math.max(concurrency, Math.ceil(this.#pace.perMs * claimAheadMs)));
    return this.#ready.length <= ahead / 2 ? ahead - this.#ready.length : 0;
  }

  async #claim(limit: number): Promise<{ got: number; waitMs: number | null }> {
    const begun = performance.now();
    try {
      const { claims, waitMs } = await this.options.queue.claim(limit);
      this.options.onClaim((performance.now() - begun) / 1_000);
      let lease: Lease | undefined;
      for (const claim of claims) {
        if (lease?.id !== claim.leaseId) {
          const text = await this.options.queue.text(claim);
          lease = { id: claim.leaseId, text, ends: begun + leaseSeconds * 1_000 };
        }
        this.#ready.push({ claim, lease, place: 0 });
      }
      return { got: claims.length, waitMs };
    } catch (error) {
      this.options.log.warn({ err: error }, 'could not claim messages; trying again');
      return { got: 0, waitMs: null };
    }
  }

  #pump(): void {
    const { gate, concurrency } = this.options;
    const now = performance.now();
    let begun = 0;
    while (
      begun < this.#ready.length &&
      !this.#settler.isFull &&
      this.#inFlight.size + this.#settler.atRisk < concurrency &&
      gate.free(now) > 0
    ) {
      const held = this.#ready[begun++];
      if (held) this.#begin(held, now);
    }
    this.#ready.splice(0, begun);
    if (this.#ready.length > 0) this.#settler.noteWhere(concurrency / noteShare);
    if (this.#wanted() > 0) this.#wake();
  }

  #begin(held: Held, now: number): void {
    const { claim, lease } = held;
    if (now > lease.ends - 1_000) {
      this.#leaseLost++;
      return;
    }
    const left = claim.until.getTime() - Date.now() - this.#offsetMs - endMarginMs;
    if (left < shortestExchangeMs) {
      this.#answer(claim, 'BACK', null);
      return;
    }
    const slot = this.options.gate.begin(now, claim);
    this.#inFlight.add(held);
    const { id, phone } = claim;
    void this.options.gateway
      .send({ id, phone, text: lease.text }, Math.min(this.options.timeoutMs, left))
      .then((outcome) => this.#end(held, slot, outcome));
  }

  #end(held: Held, slot: Slot<Claim>, outcome: Outcome): void {
    const { gate, onDenied } = this.options;
    const now = performance.now();
    this.#inFlight.delete(held);
    this.#pace.tick(now);
    this.#rule(gate.end(slot, outcome, now));
    if (outcome.kind === 'denied') onDenied(outcome.reason);
    if (gate.breaker(now) === 'OPEN') this.#giveBack();
    this.#pump();
  }

  #rule(rulings: readonly Ruling<Claim>[]): void {
    for (const { item: claim, outcome, requeue } of rulings) {
      switch (outcome.kind) {
        case 'accepted':
          this.#answer(claim, 'SENT', null);
          break;
        case 'rejected':
          this.#answer(claim, requeue ? 'QUEUED' : 'FAILED', outcome.reason);
          break;
        case 'lost':
          this.#answer(claim, claim.hold ? 'UNCERTAIN' : 'QUEUED', outcome.reason);
          break;
        default:
          this.#answer(claim, 'QUEUED', outcome.reason, outcome.kind === 'refused' ? outcome.retryAfterMs : undefined);
      }
    }
  }

  #answer(claim: Claim, as: SettledAs, reason: string | null, retryAfterMs?: number): void {
    const delayMs = as === 'QUEUED' ? retryDelay(claim.attempts, retryAfterMs) : 0;
    this.#settler.add({ claim, as, delayMs, reason, place: 0 });
  }

  #giveBack(): void {
    for (const { claim } of this.#ready.splice(0)) this.#answer(claim, 'BACK', null);
  }

  /** Leases of what is kept longer than a moment, and the clock. */
  async #keepUp(): Promise<void> {
    const { signal } = this.#stopping;
    for (let beat = 1; !signal.aborted; beat++) {
      await sleep(heartbeatMs, undefined, { signal }).catch(() => undefined);
      try {
        await this.#extend();
        if (beat % clockEvery === 0) this.#offsetMs = await this.options.queue.clockOffset();
      } catch (error) {
        this.options.log.warn({ err: error }, 'could not extend leases; trying again');
      }
    }
  }

  async #extend(): Promise<void> {
    const now = performance.now();
    const old = new Map<string, Lease>();
    for (const { lease } of [...this.#inFlight, ...this.#ready])
      if (lease.ends - now < leaseSeconds * 1_000 - heartbeatMs) old.set(lease.id, lease);
    if (old.size === 0) return;
    for (const id of await this.options.queue.extend([...old.keys()])) {
      const lease = old.get(id);
      if (lease) lease.ends = now + leaseSeconds * 1_000;
    }
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

/** Exchanges that ended lately: how far ahead to claim. */
class Pace {
  perMs = 0;
  #count = 0;
  #since = performance.now();

  tick(now: number): void {
    this.#count++;
    const passed = now - this.#since;
    if (passed < 100) return;
    this.perMs = (this.perMs + this.#count / passed) / 2;
    this.#count = 0;
    this.#since = now;
  }
}

/** Answers are noted when they take this part of what may be at risk away from those that wait. */
const noteShare = 4;
/** So many take PostgreSQL a millisecond, which even a machine that is full gives it in one piece. */
const claimMost = 400;
const claimAheadMs = 50;
const shortPauseMs = 20;
const idlePauseMs = 100;
const overdueEveryMs = 200;
const heartbeatMs = 5_000;
const clockEvery = 6;
/** Nothing is under way any more when the mailing, or the window, ends. */
const endMarginMs = 250;
const shortestExchangeMs = 100;
