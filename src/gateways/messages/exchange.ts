// One request to the message gateway from its start to its outcome. It knows whether the request had left, and settles once.
import { outcomeOf, outcomeOfError, outcomeOfStatus } from './answer.js';
import type { AnswerReader } from './answer-reader.js';
import type { Outcome } from './port.js';

/** What a request is written to. */
export interface Carrier {
  expire(): void;
}

export class Exchange {
  /** None as long as the request has not left. */
  carrier: Carrier | undefined;
  #isSettled = false;

  constructor(
    /** The whole request, as it is written. */
    readonly request: string,
    readonly deadline: number,
    private readonly settle: (exchange: Exchange, outcome: Outcome) => void,
  ) {}

  get isSettled(): boolean {
    return this.#isSettled;
  }

  answered({ status, body, retryAfter }: AnswerReader): void {
    this.end(outcomeOf(status, body, retryAfter));
  }

  /** It left; a status that came counts, whatever became of the rest of the answer. */
  brokenOff(outcome: Outcome, { status, retryAfter }: AnswerReader): void {
    this.end(status === 0 || status === 200 ? outcome : outcomeOfStatus(status, retryAfter));
  }

  /** It never left. */
  unsent(error: Error): void {
    this.end(outcomeOfError(error, false));
  }

  end(outcome: Outcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.settle(this, outcome);
  }
}
