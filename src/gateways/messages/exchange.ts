// One request to the message gateway from its start to its outcome, driven by the callbacks of undici. It knows whether
// the request had left, and settles once.
import type { Dispatcher } from 'undici';
import { outcomeOf, outcomeOfError, outcomeOfStatus } from './answer.js';
import type { Outcome } from './port.js';

const longestAnswer = 65_536;
const nothing = Buffer.alloc(0);
const givenUp = new Error('given up');

export class Exchange implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status = 0;
  #retryAfter: string | undefined;
  #body: Buffer = nothing;

  constructor(
    readonly deadline: number,
    private readonly settle: (exchange: Exchange, outcome: Outcome) => void,
  ) {}

  /** Called right before the request is written. What is given up while it waits for a connection must not leave later. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled || this.#controller) throw givenUp;
    this.#controller = controller;
  }

  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    this.#status = status;
    const retryAfter = headers['retry-after'];
    this.#retryAfter = typeof retryAfter === 'object' ? retryAfter[0] : retryAfter;
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#settled) return;
    this.#body = this.#body.length === 0 ? chunk : Buffer.concat([this.#body, chunk]);
    if (this.#body.length > longestAnswer) this.#giveUp({ kind: 'lost', reason: 'answer too long', timedOut: false });
  }

  onResponseEnd(): void {
    this.#end(outcomeOf(this.#status, this.#body, this.#retryAfter));
  }

  onResponseError(_: unknown, error: Error): void {
    if (!this.#settled) this.#end(this.#outcomeByNow(outcomeOfError(error, this.#controller !== undefined)));
  }

  expire(): void {
    if (this.#controller) this.#giveUp({ kind: 'lost', reason: 'timeout', timedOut: true });
    else this.#end({ kind: 'unsent', reason: 'connect timeout' });
  }

  #giveUp(outcome: Outcome): void {
    this.#end(this.#outcomeByNow(outcome));
    this.#controller?.abort(givenUp);
  }

  /** A status that came counts, whatever became of the rest of the answer. */
  #outcomeByNow(outcome: Outcome): Outcome {
    return this.#status < 200 || this.#status === 200 ? outcome : outcomeOfStatus(this.#status, this.#retryAfter);
  }

  #end(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.settle(this, outcome);
  }
}
