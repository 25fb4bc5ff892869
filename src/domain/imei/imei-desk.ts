// Everything in this process that has to do with asking the provider, put together: whoever began a check tells the desk and
// waits there, wherever it is answered.
import type { ImeiProvider } from '../../gateways/imei/port.js';
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';
import type { Unit } from '../live/topics.js';
import { ImeiAsker } from './imei-asker.js';
import { ImeiBatchRunner } from './imei-batch-runner.js';
import { ImeiQueue } from './imei-queue.js';
import { ImeiReconciler } from './imei-reconciler.js';
import { ImeiWaitingRoom } from './imei-waiting-room.js';
import type { ProviderBreaker } from './provider-breaker.js';

export interface ImeiDeskOptions {
  readonly provider: ImeiProvider;
  readonly breaker: ProviderBreaker;
  readonly db: Rows;
  readonly unit: Unit;
  readonly log: Logger;
  /** IMEI_CONCURRENCY, over all processes. */
  readonly concurrency: number;
  /** IMEI_TIMEOUT. */
  readonly timeoutMs: number;
  readonly brandOf: (imei: string) => Promise<string | null>;
  readonly onDenied: (reason: string) => void;
  /** Orders the next checks of batches, with at most so many under way; of which batches. */
  readonly feedBatches: (atOnce: number) => Promise<readonly string[]>;
  readonly onBatchChanged: (id: string) => void;
}

export class ImeiDesk {
  readonly providerName: string;
  readonly timeoutMs: number;
  readonly #queue: ImeiQueue;
  readonly #room: ImeiWaitingRoom;
  readonly #asker: ImeiAsker;
  readonly #reconciler: ImeiReconciler;
  readonly #batches: ImeiBatchRunner;

  constructor(options: ImeiDeskOptions) {
    const { provider, db, log, timeoutMs } = options;
    this.providerName = provider.name;
    this.timeoutMs = timeoutMs;
    this.#queue = new ImeiQueue(db, options);
    this.#room = new ImeiWaitingRoom(db, log, () => this.#asker.kick());
    const shared = { ...options, queue: this.#queue, room: this.#room };
    const onBatches = (ids: readonly string[]): void => this.#batches.wentOn(ids);
    this.#asker = new ImeiAsker({ ...shared, onOpen: () => void this.#reconciler.run(), onBatches });
    this.#batches = new ImeiBatchRunner({ ...options, kick: () => this.#asker.kick() });
    this.#reconciler = new ImeiReconciler({ ...shared, asker: this.#asker });
  }

  start(): Promise<void> {
    return this.#queue.prepare();
  }

  /** There is something to ask. */
  kick(): void {
    this.#asker.kick();
  }

  /** Until the check has ended, and no longer than that. */
  wait(checkId: string, milliseconds: number): Promise<void> {
    return this.#room.wait(checkId, milliseconds);
  }

  /** What others left behind: lost answers, claims of the dead, and whatever waits while nobody sees to it. */
  async bringOn(): Promise<void> {
    this.#asker.kick();
    await this.#reconciler.run();
  }

  /** Batches go on, as far as they may at this moment. */
  runBatches(): void {
    this.#batches.run();
  }

  async stop(graceMs: number): Promise<void> {
    await this.#batches.stop();
    await Promise.all([this.#asker.stop(graceMs), this.#reconciler.stop()]);
    this.#room.close();
  }
}
