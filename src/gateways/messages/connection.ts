// A connection to the message gateway: one exchange at a time, each request in one write, for as long as the other side keeps it.
import type { Socket } from 'node:net';
import { outcomeOfError } from './answer.js';
import { AnswerReader, Unreadable } from './answer-reader.js';
import type { Carrier, Exchange } from './exchange.js';
import type { Outcome } from './port.js';

export interface ConnectionOwner {
  /** It can take the next exchange. */
  free(connection: Connection): void;
  /** It never will again. */
  gone(connection: Connection): void;
}

export class Connection implements Carrier {
  readonly #answer = new AnswerReader();
  #exchange: Exchange | undefined;
  #trustedUntil = Number.POSITIVE_INFINITY;
  #isGone = false;

  constructor(
    private readonly socket: Socket,
    private readonly owner: ConnectionOwner,
  ) {
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#ended());
    socket.on('error', (error) => this.#break(outcomeOfError(error, true)));
    socket.on('close', () => this.#break(lost('connection closed')));
  }

  /** Not where it has been idle for so long that the other side may be about to close it. */
  isTrusted(now: number): boolean {
    return !this.#isGone && now < this.#trustedUntil;
  }

  begin(exchange: Exchange): void {
    exchange.carrier = this;
    this.#exchange = exchange;
    this.socket.write(exchange.request);
  }

  expire(): void {
    this.#break({ kind: 'lost', reason: 'timeout', timedOut: true });
  }

  close(): void {
    this.#break(lost('shut down'));
  }

  #read(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (this.#isGone) return;
    if (!exchange) {
      this.close(); // nobody asked
      return;
    }
    try {
      if (this.#answer.read(chunk)) this.#finish(exchange);
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#break(lost(error.message));
    }
  }

  #ended(): void {
    if (this.#exchange && this.#answer.isWholeAtEnd) this.#exchange.answered(this.#answer);
    this.#break(lost('connection closed'));
  }

  #finish(exchange: Exchange): void {
    exchange.answered(this.#answer);
    const { idleMs } = this.#answer;
    this.#exchange = undefined;
    this.#answer.reset();
    this.#trustedUntil = performance.now() + idleMs;
    if (idleMs === 0) this.close();
    else this.owner.free(this);
  }

  #break(outcome: Outcome): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#exchange?.brokenOff(outcome, this.#answer);
    this.#exchange = undefined;
    this.socket.destroy();
    this.owner.gone(this);
  }
}

const lost = (reason: string): Outcome => ({ kind: 'lost', reason, timedOut: false });
