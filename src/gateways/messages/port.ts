// The message gateway as the sender sees it: one exchange, and what is known of it afterwards. Never throws.

export interface OutgoingMessage {
  /** The gateway's message id: the same over all attempts. */
  readonly id: string;
  /** 7XXXXXXXXXX. */
  readonly phone: string;
  readonly text: string;
}

/**
 * `accepted`: 200 and {"code":0}.
 * `refused`: it answered, and did not take the message: 408/425/429/5xx, 3xx, another status, a readable 200 with another code.
 * `rejected`: this very message is wrong (400, 404, 413, 422): final, unless it says so to everybody.
 * `denied`: 401 or 403: our token is not good; nobody's message will be taken.
 * `unsent`: it failed before the request had left (DNS, refused, no connection).
 * `lost`: the request went out and no answer that can be read came back (timeout, reset, a 200 that is not the agreed JSON).
 */
export type Outcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly reason: string; readonly overload: boolean; readonly retryAfterMs?: number }
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'unsent'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string; readonly timedOut: boolean };

export interface MessageGateway {
  /** The whole exchange, from the connection to the last byte, within `timeoutMs`. */
  send(message: OutgoingMessage, timeoutMs: number): Promise<Outcome>;
  close(): Promise<void>;
}
