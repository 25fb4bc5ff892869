// A connection to a provider: one exchange at a time, each request in one write, for as long as the other side keeps it.
import type { Socket } from 'node:net';
import { answerRestMs } from './connection-doubts.js';
import { AnswerReader, trustedIdleMs, Unreadable } from './http-answer.js';
import {
  type Carrier,
  type Ending,
  type ProviderExchange,
  reasonOf,
  spokeUnasked,
  timedOut,
} from './provider-exchange.js';
import { retryAfterMs } from './retry-after.js';

export interface ConnectionOwner {
  /** It has been opened, or has carried an answer, and can take the next exchange. */
  free(connection: ProviderConnection): void;
  /** It has rested for so long, and nothing came. */
  rested(connection: ProviderConnection, ms: number): void;
  /** The other side ended it soon after it was free, or wrote to it without being asked. */
  doubted(connection: ProviderConnection, reason: string): void;
  /** It never will take an exchange again. */
  gone(connection: ProviderConnection): void;
}

export interface ConnectionOptions {
  readonly socket: Socket;
  readonly owner: ConnectionOwner;
  /** Bytes of an answer's body. */
  readonly longestAnswer: number;
}

const restParts = 4;

export class ProviderConnection implements Carrier {
  /** Exchanges that it has carried to their end. */
  answers = 0;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #answer: AnswerReader;
  #exchange: ProviderExchange | undefined;
  #freeSince = performance.now();
  #trustedUntil = this.#freeSince + trustedIdleMs;
  #rest: NodeJS.Timeout | undefined;
  #isGone = false;

  constructor({ socket, owner, longestAnswer }: ConnectionOptions) {
    this.#socket = socket;
    this.#owner = owner;
    this.#answer = new AnswerReader(longestAnswer);
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#left('connection closed'));
  }

  /** No request has been written to it yet. */
  get isUnused(): boolean {
    return this.answers === 0 && !this.#exchange;
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

  /** In parts, each with a turn of the event loop: one timer may end before this process has looked at a socket at all. */
  rest(ms: number, parts = restParts): void {
    const partMs = Math.ceil(ms / restParts);
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      if (parts > 1) this.rest(ms, parts - 1);
      else this.#owner.rested(this, ms);
    }, partMs).unref();
  }

  /** The bytes are others' as soon as it returns. */
  read(bytes: Buffer): void {
    if (this.#isGone) return;
    if (!this.#exchange) {
      this.#owner.doubted(this, spokeUnasked);
      this.close();
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
    this.#left('connection closed');
  }

  /** A failed write: the kernel did not take a byte of it, the connection had died before. */
  #failed(error: NodeJS.ErrnoException): void {
    const reason = reasonOf(error);
    if (error.syscall === 'write' && this.#answer.status === 0) this.#exchange?.end({ kind: 'unsent', reason });
    this.#left(reason);
  }

  #finish(exchange: ProviderExchange): void {
    const { idleMs } = this.#answer;
    exchange.end(this.#whole());
    this.#exchange = undefined;
    this.#answer.reset();
    this.answers++;
    this.#freeSince = performance.now();
    this.#trustedUntil = this.#freeSince + idleMs;
    if (idleMs === 0) this.close();
    else this.#owner.free(this);
  }

  /** The other side ended it: without being asked, or because of a request, which tells nothing of the connections after it. */
  #left(reason: string): void {
    if (this.#isGone) return;
    const isEarly = this.#rest !== undefined || performance.now() - this.#freeSince < answerRestMs;
    if (isEarly && !this.#exchange) this.#owner.doubted(this, reason);
    this.#break(reason);
  }

  #break(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    clearTimeout(this.#rest);
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
