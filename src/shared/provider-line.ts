// Requests to one provider over HTTP/1.1: one on a connection at a time, no redirects, no compression, no pipelining, bounded
// answers. Never throws. Written by hand, because a library's exchange costs twice as much (docs/decisions/0007).
import { Bag } from './bag.js';
import { ConnectionDoubts } from './connection-doubts.js';
import type { Dial, Egress } from './egress.js';
import { type ConnectionOwner, ProviderConnection } from './provider-connection.js';
import { type Ending, ProviderExchange, reasonOf } from './provider-exchange.js';

export interface ProviderLineOptions {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Bytes of an answer's body. */
  readonly longestAnswer: number;
  readonly egress: Egress;
}

export interface ProviderRequest {
  readonly method: 'GET' | 'POST';
  /** After the path of the provider's URL. */
  readonly path: string;
  readonly body?: RequestBody;
  /** The whole exchange, from the connection to the last byte. */
  readonly timeoutMs: number;
}

/** One after the other: what differs between requests, without a letter beyond Latin-1, and what they share. */
export interface RequestBody {
  readonly start: string;
  readonly rest: Buffer;
}

const deadlineResolutionMs = 20;
const mostForOpeningMs = 200;
const shutDown: Ending = { kind: 'unsent', reason: 'shut down' };
const connectTimeout: Ending = { kind: 'unsent', reason: 'connect timeout' };

export class ProviderLine implements ConnectionOwner {
  readonly #options: ProviderLineOptions;
  readonly #dial: Dial;
  readonly #path: string;
  readonly #fields: string;
  readonly #connections = new Set<ProviderConnection>();
  readonly #doubts = new ConnectionDoubts();
  #dialling = 0;
  /** New ones that rest before their first exchange. */
  readonly #opening = new Set<ProviderConnection>();
  /** They can take the next exchange when the event loop has looked at them. */
  #freed: ProviderConnection[] = [];
  #isLooking = false;
  /** Those that are looked at now and those of `#freed`. */
  #looked = 0;
  readonly #idle: ProviderConnection[] = [];
  readonly #underWay = new Bag<ProviderExchange>();
  /** Those for which no connection is free. */
  readonly #waiting: ProviderExchange[] = [];
  #outbox: ProviderExchange[] = [];
  /** One for the deadlines of all, because a timer and a signal for each cost more than the rest. */
  #watch: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isServing = false;

  constructor(options: ProviderLineOptions) {
    const { origin, host, pathname } = new URL(options.url);
    this.#options = options;
    this.#dial = options.egress.dialer(origin);
    this.#path = pathname.replace(/(?<!\/)\/+$/, '');
    this.#fields = ` HTTP/1.1\r\n${fieldsOf({ host, connection: 'keep-alive', ...options.headers })}`;
  }

  /** What `read` makes of how it ended, at that very moment: the bytes of the body are others' afterwards. */
  ask<T>({ method, path, body, timeoutMs }: ProviderRequest, read: (ending: Ending) => T): Promise<T> {
    if (this.#isClosed) return Promise.resolve(read(shutDown));
    const length = body === undefined ? '' : `content-length: ${body.start.length + body.rest.length}\r\n`;
    const head = `${method} ${this.#path}${path}${this.#fields}${length}\r\n`;
    const request = body === undefined ? Buffer.from(head, 'latin1') : written(head + body.start, body.rest);
    return new Promise((resolve, reject) => {
      const exchange = new ProviderExchange(request, performance.now() + timeoutMs, (self, ending) => {
        this.#underWay.delete(self);
        try {
          resolve(read(ending));
        } catch (error) {
          reject(error as Error);
        }
      });
      this.#underWay.add(exchange);
      // After a look at the sockets, so that an answer that came while this process stood still is none that is missing.
      this.#watch ??= setInterval(() => setImmediate(() => this.#sweep()), deadlineResolutionMs).unref();
      this.#outbox.push(exchange);
      this.#lookFirst();
    });
  }

  /** What is under way ends as broken, what waits as unsent. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#watch);
    for (const connection of this.#connections) connection.close();
    for (const exchange of this.#underWay) exchange.end(shutDown);
  }

  free(connection: ProviderConnection): void {
    const ms = this.#doubts.restMs(connection.answers, performance.now());
    if (ms > 0) connection.rest(ms);
    else this.#settle(connection);
  }

  rested(connection: ProviderConnection, ms: number): void {
    const { answers } = connection;
    const now = performance.now();
    const wantedMs = this.#doubts.restMs(answers, now);
    // Another connection was broken meanwhile.
    if (ms < wantedMs) {
      connection.rest(wantedMs);
      return;
    }
    this.#opening.delete(connection);
    this.#doubts.dispel(answers, now);
    this.#settle(connection);
  }

  /** A request for which it was opened ends here: each new connection may go the same way. */
  doubted(connection: ProviderConnection, reason: string): void {
    this.#doubts.raise(connection.answers, performance.now());
    if (connection.isUnused) this.#fail(reason);
  }

  gone(connection: ProviderConnection): void {
    this.#connections.delete(connection);
    this.#opening.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place >= 0) this.#idle.splice(place, 1);
    if (this.#waiting.length > 0) this.#serve();
  }

  #settle(connection: ProviderConnection): void {
    this.#freed.push(connection);
    this.#looked++;
    this.#lookFirst();
  }

  /**
   * The event loop reads all sockets before a request is written: the other side may have closed the connection, and what it wrote
   * already is no answer. Two turns, because the first may have begun to call its handlers.
   */
  #lookFirst(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    setImmediate(() => {
      const [asked, freed] = [this.#outbox, this.#freed];
      this.#outbox = [];
      this.#freed = [];
      this.#isLooking = false;
      setImmediate(() => {
        this.#waiting.push(...asked);
        this.#idle.push(...freed);
        this.#looked -= freed.length;
        this.#serve();
      });
    });
  }

  /** Closing a connection that can't be trusted any more leads here again, while the exchange that it was for is still the first. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      this.#begin();
      const most = this.#isClosed ? 0 : this.#options.connections;
      const wanted = this.#waiting.length - this.#opening.size - this.#looked;
      while (this.#dialling < wanted && this.#connections.size + this.#dialling < most) this.#open();
    } finally {
      this.#isServing = false;
    }
  }

  #begin(): void {
    const now = performance.now();
    for (let exchange = this.#next(); exchange; exchange = this.#next()) {
      if (exchange.deadline <= now) {
        exchange.end(connectTimeout);
        continue;
      }
      const connection = this.#idleConnection(now);
      if (!connection) break;
      this.#waiting.shift();
      connection.begin(exchange);
    }
  }

  /** The first that still waits. */
  #next(): ProviderExchange | undefined {
    while (this.#waiting[0]?.hasEnded) this.#waiting.shift();
    return this.#waiting[0];
  }

  #idleConnection(now: number): ProviderConnection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isTrusted(now)) return connection;
      connection.close();
    }
    return undefined;
  }

  #open(): void {
    const begun = performance.now();
    this.#dialling++;
    let connection: ProviderConnection | undefined;
    const read = (bytes: Buffer): void => connection?.read(bytes);
    this.#dial(read, (error, socket) => {
      this.#dialling--;
      if (error) {
        this.#fail(reasonOf(error));
      } else if (this.#isClosed) {
        socket.destroy();
      } else {
        const { longestAnswer } = this.#options;
        connection = new ProviderConnection({ socket, owner: this, longestAnswer });
        this.#connections.add(connection);
        this.#prepare(connection, performance.now() - begun);
      }
      this.#serve();
    });
  }

  #prepare(connection: ProviderConnection, openedInMs: number): void {
    const ms = this.#doubts.restMs(0, performance.now());
    if (ms > 0) {
      this.#opening.add(connection);
      connection.rest(ms + Math.min(openedInMs, mostForOpeningMs));
    } else {
      this.#settle(connection);
    }
  }

  /** Of those that still wait, the first one. */
  #fail(reason: string): void {
    const exchange = this.#next();
    this.#waiting.shift();
    exchange?.end({ kind: 'unsent', reason });
  }

  #sweep(): void {
    const now = performance.now();
    for (const exchange of this.#underWay) {
      if (exchange.deadline > now) continue;
      if (exchange.carrier) exchange.carrier.expire();
      else exchange.end(connectTimeout);
    }
    if (this.#underWay.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

/** In one piece, for one write; as bytes, because a string with a letter beyond Latin-1 in it is twice as long, and encoded again. */
function written(start: string, rest: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(start.length + rest.length);
  bytes.write(start, 'latin1');
  rest.copy(bytes, start.length);
  return bytes;
}

function fieldsOf(headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries(headers).map(([name, value]) => {
    if (/[^\t\x20-\x7e]/.test(value)) throw new TypeError(`the header ${name} has a character that none may have`);
    return `${name}: ${value}\r\n`;
  });
  return lines.join('');
}
