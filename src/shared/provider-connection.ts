// A connection to a provider: one exchange at a time, each request in one write, for as long as the other side keeps it.
import type { Socket } from 'node:net';
import { AnswerReader, trustedIdleMs, Unreadable } from './http-answer.js';
import { type Carrier, type Ending, type ProviderExchange, reasonOf, timedOut } from './provider-exchange.js';
import { retryAfterMs } from './retry-after.js';

export interface ConnectionOwner {
  /** It can take the next exchange. */
  free(connection: ProviderConnection): void;
  /** It never will again. */
  gone(connection: ProviderConnection): void;
}

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly owner: ConnectionOwner;
  /** Bytes of an answer's body. */
  readonly longestAnswer: number;
}

export class ProviderConnection implements Carrier {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #answer: AnswerReader;
  #exchange: ProviderExchange | undefined;
  #trustedUntil = performance.now() + trustedIdleMs;
  #isGone = false;

  constructor({ socket, owner, longestAnswer }: ConnectionOptions) {
    this.#socket = socket;
    this.#owner = owner;
    this.#answer = new AnswerReader(longestAnswer);
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#break('connection closed'));
  }

  /** Not where it has been idle for so long that the other side may be about to close it. */
  isTrusted(now: number): boolean {
    return !this.#isGone && now < this.#trustedUntil;
  }

  begin(exchange: ProviderExchange): void {
    exchange.carrier = this;
    this.#exchange = exchange;
    this.#socket.write(exchange.request);
  }

  /** The bytes are others' as soon as it returns. */
  read(bytes: Buffer): void {
    if (this.#isGone) return;
    if (!this.#exchange) {
      this.close(); // nobody asked
      return;
    }
    try {
      if (this.#answer.read(bytes)) this.#finish(this.#exchange);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#break(error.message);
    }
  }

  expire(): void {
    this.#break(timedOut);
  }

  close(): void {
    this.#break('shut down');
  }

  #ended(): void {
    if (this.#answer.isWholeAtEnd) this.#exchange?.end(this.#whole());
    this.#break('connection closed');
  }

  /** A failed write: the kernel did not take a byte of it, the connection had died before. */
  #failed(error: NodeJS.ErrnoException): void {
    const reason = reasonOf(error);
    if (error.syscall === 'write' && this.#answer.status === 0) this.#exchange?.end({ kind: 'unsent', reason });
    this.#break(reason);
  }

  #finish(exchange: ProviderExchange): void {
    const { idleMs } = this.#answer;
    exchange.end(this.#whole());
    this.#exchange = undefined;
    this.#answer.reset();
    this.#trustedUntil = performance.now() + idleMs;
    if (idleMs === 0) this.close();
    else this.#owner.free(this);
  }

  #break(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#exchange?.end({ ...this.#whole(), kind: 'broken', reason });
    this.#exchange = undefined;
    this.#socket.destroy();
    this.#owner.gone(this);
  }

  #whole(): Ending & { kind: 'whole' } {
    const { status, body, retryAfter } = this.#answer;
    const ms = retryAfter === undefined ? undefined : retryAfterMs(retryAfter, Date.now());
    return { kind: 'whole', status, body, ...(ms === undefined ? {} : { retryAfterMs: ms }) };
  }
}
