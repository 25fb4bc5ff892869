// One request to a provider from its start to its end: it ends once, and knows whether it had left. Reasons are codes, never what
// the provider wrote.
import type { Placed } from './bag.js';

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
export const spokeUnasked = 'answer without a request';

/** What a request is written to. */
export interface Carrier {
  expire(): void;
}

export class ProviderExchange implements Placed {
  place = 0;
  /** None as long as the request has not left. */
  carrier: Carrier | undefined;
  #hasEnded = false;

  constructor(
    /** The whole request, as it is written. */
    readonly request: Buffer,
    /** By the clock of `performance.now()`. */
    readonly deadline: number,
    private readonly ended: (exchange: ProviderExchange, ending: Ending) => void,
  ) {}

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  end(ending: Ending): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.ended(this, ending);
  }
}

export function reasonOf({ code }: NodeJS.ErrnoException): string {
  if (code === undefined) return 'connection failed';
  return code === 'UND_ERR_CONNECT_TIMEOUT' ? 'connect timeout' : code;
}
