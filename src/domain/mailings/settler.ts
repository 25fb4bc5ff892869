// What came of a worker's exchanges, until it is settled in the database: one batch at a time, what is answered meanwhile
// makes the next one. Large ones cost least, so that what is only noted may wait for a moment.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../shared/logger.js';
import { AnswerNotes } from './answer-notes.js';
import { inBatches, type MessageQueue, type Result } from './message-queue.js';

export interface SettlerOptions {
  readonly queue: MessageQueue;
  readonly log: Logger;
  readonly onSettled: (mailingIds: readonly string[], results: readonly Result[], lost: number) => void;
}

export class Settler {
  #results: Result[] = [];
  #settlingNow = 0;
  #isSettling = false;
  #troubled = false;
  #leaseLost = 0;
  #stopping = false;
  readonly #notes: AnswerNotes;

  constructor(
    private readonly options: SettlerOptions,
    /** There is room again. */
    private readonly afterEach: () => void,
  ) {
    this.#notes = new AnswerNotes(options.queue, options.log, afterEach);
  }

  get unsettled(): number {
    return this.#results.length + this.#settlingNow;
  }

  /** Of them, those that a death would send again. */
  get atRisk(): number {
    return this.#notes.atRisk;
  }

  /** Nothing new should be begun: the last attempt to settle failed, or too much waits for one. */
  get isFull(): boolean {
    return this.#troubled || this.unsettled >= unsettledMost;
  }

  get leaseLost(): number {
    return this.#leaseLost;
  }

  /** Takes as many at least off what a death would send again, sooner than a settlement does. */
  noteWhere(least: number): void {
    this.#notes.noteWhere(least);
  }

  add(result: Result): void {
    this.#results.push(result);
    if (result.as === 'SENT') this.#notes.add(result);
    if (!this.#isSettling) void this.#settle();
  }

  /** What fails from now on is not tried again: its leases will end. */
  stop(): void {
    this.#stopping = true;
  }

  /** Says that it has ended in the very moment in which it has found nothing more: what comes after that begins anew. */
  async #settle(): Promise<void> {
    this.#isSettling = true;
    // What is answered in the same turn of the event loop goes together.
    await new Promise(setImmediate);
    while (this.#results.length > 0) {
      const batches = inBatches(this.#results.splice(0, settleMost));
      this.#settlingNow = batches.flat().length;
      while (batches[0] && (await this.#settleBatch(batches[0]))) {
        this.#settlingNow -= batches.shift()?.length ?? 0;
        this.afterEach();
      }
      this.#results.unshift(...batches.flat());
      this.#settlingNow = 0;
      if (this.#troubled) {
        this.#notes.distrust(this.#results.filter(({ as }) => as === 'SENT'));
        if (this.#stopping) break;
        await sleep(settleRetryMs);
      } else if (this.#results.length < settleAtOnce && !this.#stopping) {
        await sleep(settlePauseMs);
      }
    }
    this.#isSettling = false;
  }

  async #settleBatch(batch: readonly Result[]): Promise<boolean> {
    const { queue, log, onSettled } = this.options;
    try {
      const { settled, mailingIds } = await queue.settle(batch);
      this.#troubled = false;
      this.#notes.forget(batch);
      this.#leaseLost += batch.length - settled;
      onSettled(mailingIds, batch, batch.length - settled);
    } catch (error) {
      if (!this.#troubled) log.warn({ err: error }, 'could not settle messages; trying again');
      this.#troubled = true;
    }
    return !this.#troubled;
  }
}

/** It holds the mailing, for whose claims nobody should wait long. */
const settleMost = 256;
/** A settlement costs PostgreSQL 136 µs, and 2.5 more for each message. */
const settleAtOnce = 200;
const settlePauseMs = 4;
const unsettledMost = 1_000;
const settleRetryMs = 250;
