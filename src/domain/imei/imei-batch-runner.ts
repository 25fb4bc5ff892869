// Keeps batches going in this process: whenever some of their checks are done, or somebody looks after them, the next ones are ordered.
// They are asked like all others, one of many processes feeds a batch at a time, and none of them has to live on.
import type { Logger } from '../../shared/logger.js';
import { Coalesced } from '../live/coalesced.js';
import type { ProviderBreaker } from './provider-breaker.js';

export interface ImeiBatchRunnerOptions {
  readonly breaker: ProviderBreaker;
  readonly log: Logger;
  /** IMEI_CONCURRENCY, over all processes. */
  readonly concurrency: number;
  /** Orders the next checks of batches, with at most so many under way; of which batches. */
  readonly feedBatches: (atOnce: number) => Promise<readonly string[]>;
  readonly onBatchChanged: (id: string) => void;
  /** There is something to ask. */
  readonly kick: () => void;
}

/** Enough that the slots stay busy while the next ones are ordered, and that those of a batch are not ordered one by one. */
const leastAtOnce = 64;
const timesConcurrency = 4;

export class ImeiBatchRunner {
  readonly #round: Coalesced;
  #stopped = false;

  constructor(private readonly options: ImeiBatchRunnerOptions) {
    this.#round = new Coalesced(() => this.#feed(), {
      began: (error) => options.log.warn({ err: error }, 'batches of IMEI checks wait; trying again'),
      ended: () => options.log.info('batches of IMEI checks go on'),
    });
  }

  run(): void {
    if (!this.#stopped) this.#round.run();
  }

  wentOn(ids: readonly string[]): void {
    for (const id of ids) this.options.onBatchChanged(id);
    this.run();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#round.idle();
  }

  async #feed(): Promise<void> {
    const { breaker, concurrency, feedBatches, kick } = this.options;
    // A provider that is down is not asked for more: what is under way finds out when it is back.
    if (this.#stopped || breaker.waitMs(performance.now()) > 0) return;
    const fed = await feedBatches(Math.max(leastAtOnce, timesConcurrency * concurrency));
    if (fed.length === 0) return;
    kick();
    // What was known already is done, and has left room.
    this.wentOn(fed);
  }
}
