// One request to a provider from its start to its end, driven by the callbacks of undici. It knows whether the request had
// left, and ends once. Reasons are codes, never what the provider wrote.
import type { Dispatcher } from 'undici';
import { retryAfterMs } from './retry-after.js';

/** What an answer's head said. */
interface Head {
  readonly status: number;
  readonly retryAfterMs?: number;
}

/**
 * `whole`: an answer with all of its body.
 * `broken`: the request went out, and no whole answer came back: a status that came counts all the same, and is 0 where none
 * did; `body` is what there was of it.
 * `unsent`: it failed before the request had left.
 */
export type Ending =
  | (Head & { readonly kind: 'whole'; readonly body: Buffer })
  | (Head & { readonly kind: 'broken'; readonly body: Buffer; readonly reason: string })
  | { readonly kind: 'unsent'; readonly reason: string };

export const timedOut = 'timeout';
export const tooLong = 'answer too long';
export const notUnderstood = 'answer not understood';

export interface ExchangeBounds {
  /** By the clock of `performance.now()`. */
  readonly deadline: number;
  /** Bytes of an answer's body. */
  readonly longestAnswer: number;
}

const nothing = Buffer.alloc(0);
const givenUp = new Error('given up');

export class ProviderExchange implements Dispatcher.DispatchHandler {
  readonly deadline: number;
  readonly #longestAnswer: number;
  #controller: Dispatcher.DispatchController | undefined;
  #ended = false;
  #head: Head = { status: 0 };
  #body: Buffer[] = [];
  #length = 0;

  constructor(
    { deadline, longestAnswer }: ExchangeBounds,
    private readonly end: (exchange: ProviderExchange, ending: Ending) => void,
  ) {
    this.deadline = deadline;
    this.#longestAnswer = longestAnswer;
  }

  /** Called right before the request is written. What is given up while it waits for a connection must not leave later. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#ended || this.#controller) throw givenUp;
    this.#controller = controller;
  }

  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    const [asked] = [headers['retry-after']].flat();
    const ms = asked === undefined ? undefined : retryAfterMs(asked, Date.now());
    this.#head = ms === undefined ? { status } : { status, retryAfterMs: ms };
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#ended) return;
    this.#body.push(chunk);
    this.#length += chunk.length;
    if (this.#length > this.#longestAnswer) this.#giveUp(tooLong);
  }

  onResponseEnd(): void {
    this.#end({ kind: 'whole', ...this.#head, body: this.#read() });
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#ended) return;
    const reason = reasonOf(error);
    // A failed write: the kernel did not take a byte of it, the connection had died before.
    const left = this.#controller && (error as NodeJS.ErrnoException).syscall !== 'write';
    this.#end(left || this.#head.status > 0 ? this.#broken(reason) : { kind: 'unsent', reason });
  }

  expire(): void {
    if (this.#controller) this.#giveUp(timedOut);
    else this.#end({ kind: 'unsent', reason: 'connect timeout' });
  }

  #giveUp(reason: string): void {
    this.#end(this.#broken(reason));
    this.#controller?.abort(givenUp);
  }

  #broken(reason: string): Ending {
    // Of an answer that only announces another one nothing is known.
    const head = this.#head.status < 200 ? { status: 0 } : this.#head;
    return { kind: 'broken', ...head, body: this.#read(), reason };
  }

  #read(): Buffer {
    const [first = nothing, ...more] = this.#body;
    return more.length === 0 ? first : Buffer.concat(this.#body);
  }

  #end(ending: Ending): void {
    if (this.#ended) return;
    this.#ended = true;
    this.end(this, ending);
  }
}

function reasonOf({ name, code }: NodeJS.ErrnoException): string {
  if (name === 'HTTPParserError') return notUnderstood;
  return code === undefined ? 'connection failed' : (plainReasons.get(code) ?? code);
}

const plainReasons = new Map([
  ['UND_ERR_HEADERS_OVERFLOW', notUnderstood],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', notUnderstood],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect timeout'],
  ['UND_ERR_SOCKET', 'connection closed'],
  ['UND_ERR_DESTROYED', 'shut down'],
  ['UND_ERR_CLOSED', 'shut down'],
]);
