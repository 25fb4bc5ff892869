// The message gateway over HTTP/1.1: POST {url}/v1/send/{id}, one request on a connection at a time, no redirects, no
// compression. Written by hand, because a library's exchange costs more than twice as much (docs/decisions/0007).
import type { Dial, Egress } from '../../shared/egress.js';
import { Connection, type ConnectionOwner } from './connection.js';
import { Exchange } from './exchange.js';
import type { MessageGateway, Outcome, OutgoingMessage } from './port.js';

export interface HttpMessageGatewayOptions {
  readonly url: string;
  /** Bearer token; none, no header. */
  readonly token: string | undefined;
  readonly connections: number;
  readonly egress: Egress;
}

export const httpMessageGateway = (options: HttpMessageGatewayOptions): MessageGateway =>
  new HttpMessageGateway(options);

const deadlineResolutionMs = 20;
const shutDown: Outcome = { kind: 'unsent', reason: 'shut down' };
const noConnection: Outcome = { kind: 'unsent', reason: 'connect timeout' };

class HttpMessageGateway implements MessageGateway, ConnectionOwner {
  readonly #dial: Dial;
  readonly #most: number;
  readonly #requestOf: (message: OutgoingMessage) => string;
  readonly #connections = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #dialling = 0;
  readonly #underWay = new Set<Exchange>();
  /** Those for which no connection is free. */
  readonly #waiting: Exchange[] = [];
  #outbox: Exchange[] = [];
  /** One for the deadlines of all, because a timer and a signal for each cost more than the rest. */
  #watch: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ url, token, connections, egress }: HttpMessageGatewayOptions) {
    this.#dial = egress.dialer(new URL(url).origin);
    this.#most = connections;
    this.#requestOf = requestWriter(new URL(url), token);
  }

  send(message: OutgoingMessage, timeoutMs: number): Promise<Outcome> {
    if (this.#isClosed) return Promise.resolve(shutDown);
    return new Promise((resolve) => {
      const exchange = new Exchange(this.#requestOf(message), performance.now() + timeoutMs, (self, outcome) => {
        this.#underWay.delete(self);
        resolve(outcome);
      });
      this.#underWay.add(exchange);
      this.#watch ??= setInterval(() => this.#sweep(), deadlineResolutionMs).unref();
      this.#outbox.push(exchange);
      // Before anything is written to a connection that was idle, the event loop has to look whether the other side has closed it.
      // The first turn after this may be one that has begun to write already.
      if (this.#outbox.length === 1) setImmediate(() => setImmediate(() => this.#post()));
    });
  }

  free(connection: Connection): void {
    this.#idle.push(connection);
    if (this.#waiting.length > 0) this.#serve();
  }

  gone(connection: Connection): void {
    this.#connections.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place >= 0) this.#idle.splice(place, 1);
    if (this.#waiting.length > 0) this.#serve();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#watch);
    for (const connection of this.#connections) connection.close();
    for (const exchange of this.#underWay) exchange.end(shutDown);
  }

  #post(): void {
    const posted = this.#outbox;
    this.#outbox = [];
    this.#waiting.push(...posted);
    this.#serve();
  }

  #serve(): void {
    const now = performance.now();
    for (let exchange = this.#next(); exchange; exchange = this.#next()) {
      const connection = this.#idleConnection(now);
      if (!connection) break;
      this.#waiting.shift();
      connection.begin(exchange);
    }
    while (this.#dialling < this.#waiting.length && this.#connections.size + this.#dialling < this.#most) this.#open();
  }

  /** The first that still waits. */
  #next(): Exchange | undefined {
    while (this.#waiting[0]?.isSettled) this.#waiting.shift();
    return this.#waiting[0];
  }

  #idleConnection(now: number): Connection | undefined {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isTrusted(now)) return connection;
      connection.close();
    }
    return undefined;
  }

  #open(): void {
    this.#dialling++;
    this.#dial((error, socket) => {
      this.#dialling--;
      if (error) {
        const exchange = this.#next();
        this.#waiting.shift();
        exchange?.unsent(error);
      } else if (this.#isClosed) {
        socket.destroy();
      } else {
        const connection = new Connection(socket, this);
        this.#connections.add(connection);
        this.#idle.push(connection);
      }
      this.#serve();
    });
  }

  #sweep(): void {
    const now = performance.now();
    for (const exchange of this.#underWay) {
      if (exchange.deadline > now) continue;
      if (exchange.carrier) exchange.carrier.expire();
      else exchange.end(noConnection);
    }
    if (this.#underWay.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

/** By hand, because ids and phones are integers beyond what a number holds exactly. One text goes to many. */
function requestWriter({ host, pathname }: URL, token: string | undefined): (message: OutgoingMessage) => string {
  const line = `POST ${pathname.replace(/\/+$/, '')}/v1/send/`;
  const headers = [
    ...[`host: ${host}`, 'connection: keep-alive', 'accept: application/json', 'content-type: application/json'],
    ...(token ? [`authorization: Bearer ${token}`] : []),
  ];
  const fields = ` HTTP/1.1\r\n${headers.join('\r\n')}\r\ncontent-length: `;
  let known = '';
  let json = '""';
  let bytes = json.length;
  return ({ id, phone, text }) => {
    if (text !== known) {
      known = text;
      json = JSON.stringify(text);
      bytes = Buffer.byteLength(json);
    }
    const start = `{"id":${id},"phone":${phone},"text":`;
    return `${line}${id}${fields}${start.length + bytes + 1}\r\n\r\n${start}${json}}`;
  };
}
