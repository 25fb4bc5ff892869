// One subscriber's events: first what it missed, page by page as it reads, then live from a bounded buffer of its own.
// Nothing lost and nothing twice where the two meet.
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, toFailure } from '../../shared/errors.js';
import { BoundedBuffer } from '../../shared/pubsub.js';
import type { EventFeed, EventSink, Page } from './event-feed.js';
import type { EventPlace } from './event-log.js';
import type { LiveEvent } from './topics.js';

interface EventStreamOptions {
  readonly feed: EventFeed;
  readonly place: EventPlace;
  /** Live from now on where it is absent. */
  readonly after: bigint | undefined;
  readonly capacity: number;
  /** It was too slow, and is closed already; a reader that waits for its socket will not ask again to hear it. */
  readonly onStalled: () => void;
  readonly onClose: () => void;
}

export class EventStream implements AsyncIterableIterator<LiveEvent<unknown>, undefined>, EventSink {
  readonly #buffer: BoundedBuffer<LiveEvent<unknown>>;
  readonly #missed: AsyncGenerator<LiveEvent<unknown>, void> | undefined;
  #live = false;
  /** What is at or below this was told from the table. */
  #toldUpTo = 0n;
  #leave: () => void = () => undefined;

  constructor(private readonly options: EventStreamOptions) {
    this.#buffer = new BoundedBuffer(options.capacity, () => this.#closed());
    if (options.after === undefined) this.#join();
    else this.#missed = this.#replay(options.after);
    this.#live = options.after === undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<LiveEvent<unknown>, undefined>> {
    return this.#live ? this.#buffer.next() : this.#nextMissed();
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    return this.#buffer.return();
  }

  throw(error?: unknown): Promise<IteratorResult<LiveEvent<unknown>, undefined>> {
    return this.#buffer.throw(error);
  }

  end(): void {
    this.#buffer.end();
  }

  fail(error: Failure): void {
    this.#buffer.fail(error);
  }

  offer(event: LiveEvent<unknown>, id: bigint): void {
    if (id <= this.#toldUpTo || this.#buffer.offer(event)) return;
    this.#buffer.fail(new Failure('UNAVAILABLE', 'Too slow: subscribe again with `after`, the last id that arrived.'));
    this.options.onStalled();
  }

  async #nextMissed(): Promise<IteratorResult<LiveEvent<unknown>, undefined>> {
    const missed = await this.#missed?.next();
    if (missed && !missed.done && !this.#buffer.closed) return missed;
    this.#live = true;
    return this.#buffer.next();
  }

  async *#replay(after: bigint): AsyncGenerator<LiveEvent<unknown>, void> {
    for (let cursor = after; !this.#buffer.closed; ) {
      const page = await this.#read(cursor);
      yield* page.events;
      cursor = page.lastId ?? cursor;
      if (page.full) continue;
      // Caught up but for what came while the page was read out: join first, then read that gap, so that each event is
      // in the one or in the other; what is in both is told from the table.
      this.#join();
      const gap = await this.#read(cursor);
      cursor = gap.lastId ?? cursor;
      if (!gap.full) {
        this.#toldUpTo = cursor;
        this.#buffer.keep(({ id }) => BigInt(id) > cursor);
        return yield* gap.events;
      }
      this.#leave();
      this.#buffer.clear();
      yield* gap.events;
    }
  }

  /** Waits for a database that is away; a reader that leaves meanwhile ends the waiting. */
  async #read(after: bigint): Promise<Page> {
    while (!this.#buffer.closed) {
      try {
        return await this.options.feed.missed({ ...this.options.place, after, limit: pageSize });
      } catch (error) {
        const failure = toFailure(error);
        if (failure.code !== 'UNAVAILABLE') {
          this.#buffer.fail(failure);
          break;
        }
        await sleep(retryAfterMs, undefined, { ref: false });
      }
    }
    return { events: [], lastId: undefined, full: false };
  }

  #join(): void {
    if (!this.#buffer.closed) this.#leave = this.options.feed.join(this, this.options.place);
  }

  #closed(): void {
    this.#leave();
    this.options.onClose();
  }
}

const pageSize = 200;
const retryAfterMs = 250;
