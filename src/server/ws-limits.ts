// What one socket may cost, and with what code it is closed. No I/O.
import type { WebSocketServer } from 'ws';

/** Beside those of the graphql-transport-ws protocol, which graphql-ws gives: 4400, 4401, 4403, 4406, 4408, 4409, 4429. */
export const closeCodes = {
  goingAway: 1001,
  badRequest: 4400,
  /** A part that is needed is away; clients of graphql-ws try again by themselves. */
  tryAgainLater: 1013,
  forbidden: 4403,
  /** Too many messages, or too many sockets of one person; clients of graphql-ws do not try again by themselves. */
  tooMany: 4429,
  internal: 4500,
} as const;

export interface SocketTimes {
  readonly init: number;
  /** A peer that answered no ping is gone after two of these. */
  readonly keepAlive: number;
  /** How long bytes may wait for a peer that takes none. */
  readonly stalled: number;
  /** How often the sockets are looked at, and their tokens looked up. */
  readonly round: number;
  /** What a peer gets to answer our close. */
  readonly farewell: number;
}

export const socketTimes: SocketTimes = {
  init: 3_000,
  keepAlive: 11_000,
  stalled: 5_000,
  round: 1_000,
  farewell: 1_000,
};

export const maxMessageBytes = 65_536;
export const maxOperationIdLength = 128;
/** More than this in our own memory for `stalled`: the socket is ended, even when bytes still trickle. */
export const maxBufferedBytes = 1_048_576;
/** Frames are written once a turn of the event loop, or when so much has come together. */
export const maxUnflushedLength = 65_536;

export const frameLimits = {
  maxPayload: maxMessageBytes,
  perMessageDeflate: false,
  maxFragments: 64,
  maxBufferedChunks: 1_024,
} satisfies ConstructorParameters<typeof WebSocketServer>[0];

const messagesPerSecond = 20;
const spareMessages = 10;

/** 20 messages a second on average; a burst of all operations at once and ten more. */
export class MessageBudget {
  readonly #burst: number;
  #left: number;
  #countedAt = performance.now();

  constructor(operations: number) {
    this.#burst = operations + spareMessages;
    this.#left = this.#burst;
  }

  take(): boolean {
    const now = performance.now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#countedAt) / 1_000) * messagesPerSecond);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
