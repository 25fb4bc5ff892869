// One subscription of one socket: pulls events only while the socket takes them, asks for each whether this viewer may
// still see them, and sends the answers itself. graphql-ws sees an iterator that yields nothing, then ends or throws.
import type { ExecutionResult } from 'graphql';
import type { Viewer } from '../auth/viewer.js';
import { Failure } from '../shared/errors.js';
import type { PreparedSubscription, SharedExecution, SharedExecutions } from './shared-execution.js';

/** What a stream needs of its socket. */
export interface StreamSocket {
  readonly viewer: Viewer;
  readonly streams: Set<Stream>;
  send(frame: string): void;
  /** The peer does not take what it is sent. */
  readonly blocked: boolean;
  /** Until it does, or is gone. */
  drained(): Promise<void>;
}

export interface StreamPorts {
  /** Throws what a viewer is to be told who may not have this root field. */
  authorise(viewer: Viewer, field: string): void;
  /** For opening the source; the signal is aborted when the stream ends. */
  contextFor(viewer: Viewer, signal: AbortSignal): object;
  readonly executions: SharedExecutions;
}

export interface StreamOptions {
  readonly id: string;
  readonly socket: StreamSocket;
  readonly operation: PreparedSubscription;
  readonly ports: StreamPorts;
}

const finished: IteratorReturnResult<undefined> = { value: undefined, done: true };

export class Stream implements AsyncIterableIterator<never, undefined> {
  readonly #options: StreamOptions;
  readonly #prefix: string;
  readonly #outcome = Promise.withResolvers<IteratorReturnResult<undefined>>();
  readonly #signal = new AbortController();
  #source: AsyncIterator<unknown> | undefined;
  #execution: SharedExecution | undefined;
  #authorised: Viewer | undefined;
  #started = false;
  #ended = false;

  constructor(options: StreamOptions) {
    this.#options = options;
    this.#prefix = `{"id":${JSON.stringify(options.id)},"type":"next","payload":`;
    options.socket.streams.add(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorReturnResult<undefined>> {
    if (!this.#started && !this.#ended) {
      this.#started = true;
      this.#run().then(
        () => this.#end(),
        (error: unknown) => this.#end(error),
      );
    }
    return this.#outcome.promise;
  }

  /** Ends at once, whether or not its source answers. */
  return(): Promise<IteratorReturnResult<undefined>> {
    this.#end();
    return Promise.resolve(finished);
  }

  /** The viewer changed: who may no longer have this stream is told so now, not at the next event. */
  recheck(): void {
    try {
      this.#authorise();
    } catch (error) {
      this.#end(error);
    }
  }

  async #run(): Promise<void> {
    const { socket, operation, ports } = this.#options;
    this.#authorise();
    const opened = await operation.open(ports.contextFor(socket.viewer, this.#signal.signal));
    if (!isAsyncIterable(opened))
      throw opened.errors?.[0] ?? new Failure('INTERNAL', 'The subscription has no source.');
    const source = opened[Symbol.asyncIterator]();
    if (this.#ended) return leaveSource(source);
    this.#source = source;
    while (!this.#ended) {
      const { done, value } = await source.next();
      if (done || this.#ended) return;
      const known = this.#authorise().payloadOf(value, socket.viewer);
      const payload = typeof known === 'string' ? known : await this.#settled(known, value);
      if (this.#ended) return;
      socket.send(`${this.#prefix}${payload}}`);
      if (socket.blocked) await socket.drained();
    }
  }

  /** The viewer may change while an answer is being made: then it is made again for whoever it is now. */
  async #settled(first: Promise<string>, event: unknown): Promise<string> {
    let payload: Promise<string> | string = first;
    for (;;) {
      const { viewer } = this.#options.socket;
      const text = await payload;
      if (this.#ended || this.#options.socket.viewer === viewer) return text;
      payload = this.#authorise().payloadOf(event, this.#options.socket.viewer);
    }
  }

  #authorise(): SharedExecution {
    const { socket, operation, ports } = this.#options;
    const { viewer } = socket;
    if (this.#execution && viewer === this.#authorised) return this.#execution;
    ports.authorise(viewer, operation.field);
    this.#authorised = viewer;
    this.#execution?.leave();
    this.#execution = ports.executions.join(operation, viewer);
    return this.#execution;
  }

  #end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.socket.streams.delete(this);
    this.#execution?.leave();
    this.#signal.abort();
    if (this.#source) leaveSource(this.#source);
    if (error === undefined) {
      this.#outcome.resolve(finished);
      return;
    }
    // Nobody listens when the viewer changed before graphql-ws asked for the first event.
    this.#outcome.promise.catch(() => undefined);
    this.#outcome.reject(error);
  }
}

/** A source that fails while it is left has nobody to tell. */
function leaveSource(source: AsyncIterator<unknown>): void {
  source.return?.().catch(() => undefined);
}

const isAsyncIterable = (opened: AsyncIterable<unknown> | ExecutionResult): opened is AsyncIterable<unknown> =>
  Symbol.asyncIterator in opened;
