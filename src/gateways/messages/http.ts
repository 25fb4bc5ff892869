// The message gateway over HTTP/1.1: POST {url}/v1/send/{id}, one request on a connection at a time, no redirects, no
// compression. One timer watches the deadlines of all exchanges, because a timer and a signal for each cost more than the rest.
import type { Pool } from 'undici';
import type { Egress } from '../../shared/egress.js';
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

class HttpMessageGateway implements MessageGateway {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: readonly string[];
  readonly #underWay = new Set<Exchange>();
  readonly #outbox: { readonly message: OutgoingMessage; readonly exchange: Exchange }[] = [];
  #watch: NodeJS.Timeout | undefined;

  constructor({ url, token, connections, egress }: HttpMessageGatewayOptions) {
    const { origin, pathname } = new URL(url);
    this.#pool = egress.pool(origin, { connections });
    this.#path = `${pathname.replace(/\/+$/, '')}/v1/send/`;
    this.#headers = [
      ...['accept', 'application/json', 'content-type', 'application/json'],
      ...(token ? ['authorization', `Bearer ${token}`] : []),
    ];
  }

  send(message: OutgoingMessage, timeoutMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const exchange = new Exchange(performance.now() + timeoutMs, (self, outcome) => {
        this.#underWay.delete(self);
        resolve(outcome);
      });
      this.#underWay.add(exchange);
      this.#watch ??= setInterval(() => this.#sweep(), deadlineResolutionMs).unref();
      this.#outbox.push({ message, exchange });
      if (this.#outbox.length === 1) setImmediate(() => this.#dispatch());
    });
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
    clearInterval(this.#watch);
  }

  /**
   * A turn of the event loop after `send`, so that before anything is written to a connection that was idle, the loop has looked
   * whether the other side has closed it: undici does that one turn after the dispatch, but a turn that has begun is too early.
   */
  #dispatch(): void {
    for (const { message, exchange } of this.#outbox.splice(0)) {
      const path = this.#path + message.id;
      this.#pool.dispatch(
        { path, method: 'POST', headers: this.#headers as string[], body: bodyOf(message) },
        exchange,
      );
    }
  }

  #sweep(): void {
    const now = performance.now();
    for (const exchange of this.#underWay) if (exchange.deadline <= now) exchange.expire();
    if (this.#underWay.size > 0) return;
    clearInterval(this.#watch);
    this.#watch = undefined;
  }
}

/** By hand, because ids and phones are integers beyond what a number holds exactly. */
const bodyOf = ({ id, phone, text }: OutgoingMessage): string =>
  `{"id":${id},"phone":${phone},"text":${JSON.stringify(text)}}`;
