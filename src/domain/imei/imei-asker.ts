// Keeps the exchanges with the provider going in this process: claims what waits, asks with no transaction open, and hands in
// what came of it. What may have been charged is looked up, never asked again: see imei-reconciler.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImeiProvider, ProviderAnswer, ProviderCheck } from '../../gateways/imei/port.js';
import { toFailure } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { Coalesced } from '../live/coalesced.js';
import type { Unit } from '../live/topics.js';
import type { ImeiClaim, ImeiQueue } from './imei-queue.js';
import { askAgainIn, type NotDone } from './imei-retry.js';
import { isFinal, type NoAnswer, type Settled, settleAnswer, settleFailure } from './imei-settler.js';
import type { ImeiWaitingRoom } from './imei-waiting-room.js';
import type { ProviderBreaker } from './provider-breaker.js';

export interface ImeiAskerOptions {
  readonly provider: ImeiProvider;
  readonly breaker: ProviderBreaker;
  readonly queue: ImeiQueue;
  readonly room: ImeiWaitingRoom;
  readonly unit: Unit;
  readonly log: Logger;
  /** IMEI_TIMEOUT. */
  readonly timeoutMs: number;
  readonly brandOf: (imei: string) => Promise<string | null>;
  /** An answer was lost, or is still being worked on. */
  readonly onOpen: () => void;
  /** Of these batches a check is done: they may go on. */
  readonly onBatches: (ids: readonly string[]) => void;
  /** The provider does nothing for us at all: our token, address or balance. */
  readonly onDenied: (reason: string) => void;
}

export class ImeiAsker {
  readonly #underWay = new Set<Promise<void>>();
  readonly #pump: Coalesced;
  #stopped = false;

  constructor(private readonly options: ImeiAskerOptions) {
    this.#pump = new Coalesced(() => this.#take(), {
      began: (error) => options.log.warn({ err: error }, 'IMEI checks wait; trying again'),
      ended: () => options.log.info('IMEI checks go on'),
    });
  }

  /** There may be something to ask, or a slot to ask it in. */
  kick(): void {
    if (!this.#stopped) this.#pump.run();
  }

  /** Nothing new is asked; what is under way may end. What does not is found in the provider's history by another process. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    await this.#pump.idle();
    await Promise.race([Promise.all(this.#underWay), sleep(graceMs, undefined, { ref: false })]);
  }

  /** What an answer with the provider's check object means for its exchange. */
  async handIn(claim: Pick<ImeiClaim, 'id' | 'imei' | 'asked'>, check: ProviderCheck): Promise<void> {
    const { queue, unit, brandOf, onOpen } = this.options;
    if (!isFinal(check)) {
      await queue.wait(claim, check.id);
      return onOpen();
    }
    const brand = await brandOf(claim.imei);
    this.#tell(await unit((work) => settleAnswer(work, { exchangeId: claim.id, check, brand })));
  }

  async fail({ id, asked }: Pick<ImeiClaim, 'id' | 'asked'>, why: NoAnswer): Promise<void> {
    this.#tell(await this.options.unit((work) => settleFailure(work, { exchangeId: id, asked, why })));
  }

  #tell({ checks, batches }: Settled): void {
    const { room, onBatches } = this.options;
    room.tell(checks);
    if (batches.length > 0) onBatches(batches);
  }

  async #take(): Promise<void> {
    const claims = this.#stopped ? [] : await this.options.queue.claim();
    for (const claim of claims) {
      const asking = this.#ask(claim).finally(() => {
        this.#underWay.delete(asking);
        this.kick();
      });
      this.#underWay.add(asking);
    }
    if (claims.length > 0) this.#pump.run();
  }

  async #ask(claim: ImeiClaim): Promise<void> {
    const { log } = this.options;
    const answer = await this.#exchange(claim);
    log.debug({ exchange: claim.id, kind: answer.kind }, 'the IMEI provider was asked');
    // What it said is paid for: it is written down as soon as the database is back.
    for (let pause = firstPauseMs; ; pause = Math.min(longestPauseMs, pause * 2)) {
      try {
        return await this.#settle(claim, answer);
      } catch (error) {
        log.warn({ err: error, exchange: claim.id }, 'could not write down an answer of the IMEI provider');
        // It is found in the provider's history when the claim has ended.
        if (this.#stopped || toFailure(error).code !== 'UNAVAILABLE') return;
        await sleep(pause, undefined, { ref: false });
      }
    }
  }

  async #exchange({ imei, serviceId }: ImeiClaim): Promise<Outcome> {
    const { breaker, provider, timeoutMs } = this.options;
    const pass = breaker.pass(performance.now());
    if (!pass) return { kind: 'held', retryAfterMs: breaker.waitMs(performance.now()) };
    const answer = await provider.check(imei, serviceId, timeoutMs);
    breaker.ended(pass, answer, performance.now());
    return answer;
  }

  async #settle(claim: ImeiClaim, answer: Outcome): Promise<void> {
    const { queue, breaker, onOpen } = this.options;
    if (answer.kind === 'answered') return this.handIn(claim, answer.value);
    if (answer.kind === 'lost') {
      await queue.lose(claim);
      return onOpen();
    }
    if (answer.kind === 'refused' && answer.why === 'denied') this.options.onDenied(answer.reason);
    const providerIsDown = breaker.state(performance.now()) !== 'CLOSED';
    const again = askAgainIn(answer, { ...claim, providerIsDown }, Math.random);
    if (again === undefined) return this.fail(claim, whyNot(answer));
    await (answer.kind === 'held' ? queue.holdBack(claim, again) : queue.giveBack(claim, again));
    setTimeout(() => this.kick(), again).unref();
  }
}

type Outcome = ProviderAnswer<ProviderCheck> | NotDone;

const firstPauseMs = 250;
const longestPauseMs = 5_000;

function whyNot(answer: NotDone): NoAnswer {
  if (answer.kind === 'refused') return { code: 'UPSTREAM_FAILED', text: refusals[answer.why] };
  return {
    code: 'UNAVAILABLE',
    text: 'The IMEI provider is away at this moment; nothing was charged. Try again later.',
  };
}

const refusals = {
  denied:
    'The IMEI provider does nothing for us at this moment; nothing was charged. Whoever runs this server has to see to it.',
  limited: 'The IMEI provider is asked too much at this moment; nothing was charged. Try again later.',
  busy: 'The IMEI provider is too busy at this moment; nothing was charged. Try again later.',
  invalid: 'The IMEI provider refused this check, or has no such service; nothing was charged.',
} as const;
