// What lies between a publisher that never waits and one reader that may: bounded, the reader's own, an async iterator.
// Offering hands the item straight to a waiting next(); nothing here keeps a promise for items that nobody asked for.

interface Waiting<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

abstract class Mailbox<T> implements AsyncIterableIterator<T, undefined> {
  readonly #waiting: Waiting<T>[] = [];
  #failure: { readonly error: unknown } | undefined;
  #closed = false;
  #onClose: (() => void) | undefined;

  /** `onClose` is called once, whoever closes it: publisher or reader. */
  constructor(onClose?: () => void) {
    this.#onClose = onClose;
  }

  get closed(): boolean {
    return this.#closed;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const item = this.take();
    if (item) return Promise.resolve(item);
    if (this.#failure) {
      const { error } = this.#failure;
      this.#failure = undefined;
      return Promise.reject(error);
    }
    if (this.#closed) return Promise.resolve(finished);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The reader leaves: what waits for it is dropped. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.clear();
    this.#failure = undefined;
    this.end();
    return Promise.resolve(finished);
  }

  throw(error?: unknown): Promise<IteratorResult<T, undefined>> {
    void this.return();
    return Promise.reject(error);
  }

  /** The publisher has no more: what waits can still be read. */
  end(): void {
    this.#close((waiting) => waiting.resolve(finished));
  }

  /** The publisher gives up on this reader: what waits is dropped, and the next read throws. */
  fail(error: unknown): void {
    if (this.#closed) return;
    this.clear();
    if (this.#waiting.length === 0) this.#failure = { error };
    this.#close((waiting) => waiting.reject(error));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.return().then(() => undefined);
  }

  abstract clear(): void;
  protected abstract take(): IteratorYieldResult<T> | undefined;

  protected handOver(value: T): boolean {
    const waiting = this.#waiting.shift();
    waiting?.resolve({ value, done: false });
    return waiting !== undefined;
  }

  #close(settle: (waiting: Waiting<T>) => void): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const waiting of this.#waiting.splice(0)) settle(waiting);
    this.#onClose?.();
    this.#onClose = undefined;
  }
}

/** Every item, in order, up to `capacity` waiting ones. */
export class BoundedBuffer<T> extends Mailbox<T> {
  #items: T[] = [];
  #head = 0;

  constructor(
    readonly capacity: number,
    onClose?: () => void,
  ) {
    super(onClose);
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** False when it is full: the caller decides what becomes of a reader that is too slow. */
  offer(item: T): boolean {
    if (this.closed || this.handOver(item)) return true;
    if (this.size >= this.capacity) return false;
    this.#items.push(item);
    return true;
  }

  keep(wanted: (item: T) => boolean): void {
    this.#items = this.#items.slice(this.#head).filter(wanted);
    this.#head = 0;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  protected take(): IteratorYieldResult<T> | undefined {
    if (this.#head === this.#items.length) return undefined;
    const value = this.#items[this.#head++] as T;
    // Cutting the read part off now and then costs a reader nothing; shift() would move the whole rest each time.
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head >= 256) this.keep(() => true);
    return { value, done: false };
  }
}

/** The latest item of each key, in the order of the keys' first change: a slow reader gets the newest, never a backlog. */
export class LatestByKey<K, T> extends Mailbox<T> {
  readonly #latest = new Map<K, T>();

  get size(): number {
    return this.#latest.size;
  }

  offer(key: K, item: T): void {
    if (!this.closed && !this.handOver(item)) this.#latest.set(key, item);
  }

  clear(): void {
    this.#latest.clear();
  }

  protected take(): IteratorYieldResult<T> | undefined {
    for (const [key, value] of this.#latest) {
      this.#latest.delete(key);
      return { value, done: false };
    }
    return undefined;
  }
}

const finished: IteratorReturnResult<undefined> = { value: undefined, done: true };
