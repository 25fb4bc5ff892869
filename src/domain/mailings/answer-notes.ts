// What a worker's death would send again: answers of a gateway that took the message, until they are noted or settled. Noting is
// cheap where settling is not, and need not reach the disk: what a crash of the database forgets, the worker remembers.
import { Bag } from '../../shared/bag.js';
import type { Logger } from '../../shared/logger.js';
import type { MessageQueue, Result } from './message-queue.js';

export class AnswerNotes {
  readonly #unnoted = new Bag<Result>();
  /** Being noted at this moment. */
  readonly #underWay = new Bag<Result>();
  #notes = 0;
  #crashes = 0;

  constructor(
    private readonly queue: MessageQueue,
    private readonly log: Logger,
    /** There is room again. */
    private readonly afterEach: () => void,
  ) {}

  /** Answers that are nowhere but here. */
  get atRisk(): number {
    return this.#unnoted.size + this.#underWay.size;
  }

  add(result: Result): void {
    this.#unnoted.add(result);
  }

  /** They are settled. */
  forget(results: readonly Result[]): void {
    for (const result of results) if (!this.#unnoted.delete(result)) this.#underWay.delete(result);
  }

  /** The database may have forgotten what was noted, of these and of what is under way. */
  distrust(results: readonly Result[]): void {
    this.#crashes++;
    for (const result of results) if (!this.#unnoted.has(result) && !this.#underWay.has(result)) this.add(result);
  }

  /** Where that makes room for as many at least. */
  noteWhere(least: number): void {
    if (this.#unnoted.size >= least && this.#notes < notesAtOnce) void this.#note([...this.#unnoted]);
  }

  /** A failure is no harm: what is not noted waits for its settlement. */
  async #note(results: readonly Result[]): Promise<void> {
    this.#notes++;
    for (const result of results) {
      this.#unnoted.delete(result);
      this.#underWay.add(result);
    }
    const crashes = this.#crashes;
    let isNoted = false;
    try {
      await this.queue.note(results.map(({ claim }) => claim));
      isNoted = crashes === this.#crashes;
    } catch (error) {
      this.log.debug({ err: error }, 'could not note answers');
    }
    for (const result of results) if (this.#underWay.delete(result) && !isNoted) this.add(result);
    this.#notes--;
    this.afterEach();
  }
}

/** The next one need not wait for the one before. */
const notesAtOnce = 2;
