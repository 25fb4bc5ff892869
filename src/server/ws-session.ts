// One socket: whose it is, what runs on it, what waits to be written, and how it ends. Knows no GraphQL.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { isSignedIn, nobody, type Origin, type Viewer } from '../auth/viewer.js';
import { closeCodes, MessageBudget, maxBufferedBytes, maxUnflushedLength, type SocketTimes } from './ws-limits.js';
import type { Stream, StreamSocket } from './ws-stream.js';

export interface SessionOptions {
  readonly socket: WebSocket;
  /** The connection under it: corked, so that a turn's frames are one write. */
  readonly wire: Duplex;
  readonly origin: Origin;
  readonly operations: number;
  readonly times: SocketTimes;
  readonly flusher: Flusher;
}

/**
 * Writes what a turn of the event loop brought together. A write costs 5–20 µs however little it carries, so after a round
 * over many sockets it rests as long as the round took: under load the next one has several messages for each of them.
 */
export class Flusher {
  #waiting: SocketSession[] = [];
  #restingUntil = 0;
  #written = 0;

  /** Messages since the start. */
  get written(): number {
    return this.#written;
  }

  add(session: SocketSession): void {
    if (this.#waiting.push(session) > 1) return;
    const rest = this.#restingUntil - performance.now();
    if (rest < 1) setImmediate(() => this.#flush());
    else setTimeout(() => this.#flush(), rest);
  }

  count(messages: number): void {
    this.#written += messages;
  }

  #flush(): void {
    const sessions = this.#waiting;
    this.#waiting = [];
    const startedAt = performance.now();
    for (const session of sessions) session.flush();
    const endedAt = performance.now();
    this.#restingUntil = endedAt + Math.min(endedAt - startedAt, longestRest);
  }
}

const longestRest = 25;

/** Bytes: RFC 6455, section 5.5. */
const longestReason = 123;

/** The longest delay that a timer of Node takes; a token that lives longer is looked at again. */
const longestDelay = 2 ** 31 - 1;

export class SocketSession implements StreamSocket {
  readonly streams = new Set<Stream>();
  readonly openedAt = performance.now();
  viewer: Viewer;
  readonly #options: SessionOptions;
  readonly #budget: MessageBudget;
  #frames: string[] = [];
  #length = 0;
  #ended = false;
  #refusedInARow = 0;
  #expiry: NodeJS.Timeout | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #pingedAt = this.openedAt;
  #heard = true;
  /** Since when the peer has taken nothing, and since when too much waits for it. */
  #blockedSince: number | undefined;
  #overSince: number | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#budget = new MessageBudget(options.operations);
    this.viewer = { identity: nobody, origin: options.origin };
    options.wire.on('drain', () => this.#resume());
    options.socket.on('pong', () => this.#hear());
    options.socket.on('ping', () => this.take());
  }

  get ended(): boolean {
    return this.#ended;
  }

  get bufferedBytes(): number {
    return this.#options.wire.writableLength + this.#length;
  }

  /** Counts a message; false: this socket is not listened to any more. */
  take(): boolean {
    this.#hear();
    if (this.#ended) return false;
    if (this.#budget.take()) return true;
    this.end(closeCodes.tooMany, 'Too many messages');
    return false;
  }

  admitted(): void {
    this.#refusedInARow = 0;
  }

  /** As many as may run at once are forgiven: a client that reconnects sends all of its operations before it hears of the first. */
  refused(): void {
    this.#refusedInARow += 1;
    if (this.#refusedInARow > this.#options.operations) this.end(closeCodes.tooMany, 'Too many requests');
  }

  send(frame: string): void {
    if (this.#ended) return;
    if (this.#frames.push(frame) === 1) this.#options.flusher.add(this);
    this.#length += frame.length;
    if (this.#length > maxUnflushedLength) this.flush();
  }

  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#length = 0;
    const { socket, wire, flusher } = this.#options;
    if (socket.readyState !== WebSocket.OPEN) return;
    flusher.count(frames.length);
    const last = frames.length - 1;
    wire.cork();
    for (let index = 0; index < last; index++) socket.send(frames[index] ?? '');
    socket.send(frames[last] ?? '', () => this.#progress());
    wire.uncork();
  }

  get blocked(): boolean {
    return !this.#ended && this.#options.wire.writableNeedDrain;
  }

  drained(): Promise<void> {
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Somebody was recognised, or their rights changed. */
  become(viewer: Viewer): void {
    this.viewer = viewer;
    this.#watchExpiry();
    for (const stream of this.streams) stream.recheck();
  }

  /** Nothing is sent after this; who does not answer is dropped by `ws` after `farewell`. */
  end(code: number, reason: string): void {
    if (this.#ended) return;
    this.flush();
    this.release();
    // Longer than a close frame holds it would be thrown at us: graphql-ws repeats the id of an operation.
    this.#options.socket.close(code, Buffer.byteLength(reason) > longestReason ? '' : reason);
  }

  terminate(): void {
    this.release();
    this.#options.socket.terminate();
  }

  /** Leaves every source; also what is left to do when the connection is gone. */
  release(): void {
    this.#ended = true;
    this.#frames = [];
    clearTimeout(this.#expiry);
    for (const stream of this.streams) void stream.return();
    this.#resume();
  }

  /** False: the peer is gone or takes nothing, and the socket was dropped. */
  look(now: number): boolean {
    if (this.#ended) return true;
    if (this.#isStalled(now) || !this.#ping(now)) {
      this.terminate();
      return false;
    }
    return true;
  }

  #isStalled(now: number): boolean {
    const { wire, times } = this.#options;
    this.#overSince = wire.writableLength > maxBufferedBytes ? (this.#overSince ?? now) : undefined;
    if (this.#overSince !== undefined && now - this.#overSince >= times.stalled) return true;
    this.#blockedSince = wire.writableNeedDrain ? (this.#blockedSince ?? now) : undefined;
    return this.#blockedSince !== undefined && now - this.#blockedSince >= times.stalled;
  }

  #ping(now: number): boolean {
    if (now - this.#pingedAt < this.#options.times.keepAlive) return true;
    if (!this.#heard) return false;
    this.#heard = false;
    this.#pingedAt = now;
    this.#options.socket.ping();
    return true;
  }

  #hear(): void {
    this.#heard = true;
  }

  #progress(): void {
    this.#blockedSince = undefined;
  }

  #resume(): void {
    this.#progress();
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  #watchExpiry(): void {
    clearTimeout(this.#expiry);
    const expiresAt = isSignedIn(this.viewer) ? this.viewer.identity.expiresAt : null;
    if (expiresAt === null || this.#ended) return;
    const left = expiresAt.getTime() - Date.now();
    const next = () => (left > longestDelay ? this.#watchExpiry() : this.end(closeCodes.forbidden, 'Token expired'));
    this.#expiry = setTimeout(next, Math.max(0, Math.min(left, longestDelay))).unref();
  }
}
