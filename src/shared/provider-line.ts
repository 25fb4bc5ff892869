// Requests to one provider over HTTP/1.1: one on a connection at a time, no redirects, no compression, bounded answers. One timer
// watches the deadlines of all exchanges, because a timer and a signal for each cost more than the rest. Never throws.
import type { Pool } from 'undici';
import type { Egress } from './egress.js';
import { type Ending, ProviderExchange } from './provider-exchange.js';

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
  readonly body?: string;
  /** The whole exchange, from the connection to the last byte. */
  readonly timeoutMs: number;
}

const deadlineResolutionMs = 20;

export class ProviderLine {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: readonly string[];
  readonly #longestAnswer: number;
  readonly #underWay = new Set<ProviderExchange>();
  readonly #outbox: { readonly request: ProviderRequest; readonly exchange: ProviderExchange }[] = [];
  #watch: NodeJS.Timeout | undefined;

  constructor({ url, headers, connections, longestAnswer, egress }: ProviderLineOptions) {
    const { origin, pathname } = new URL(url);
    this.#pool = egress.pool(origin, { connections });
    this.#path = pathname.replace(/\/+$/, '');
    this.#headers = Object.entries(headers).flat();
    this.#longestAnswer = longestAnswer;
  }

  ask(request: ProviderRequest): Promise<Ending> {
    return new Promise((resolve) => {
      const bounds = { deadline: performance.now() + request.timeoutMs, longestAnswer: this.#longestAnswer };
      const exchange = new ProviderExchange(bounds, (self, ending) => {
        this.#underWay.delete(self);
        resolve(ending);
      });
      this.#underWay.add(exchange);
      this.#watch ??= setInterval(() => this.#sweep(), deadlineResolutionMs).unref();
      this.#outbox.push({ request, exchange });
      if (this.#outbox.length === 1) setImmediate(() => this.#dispatch());
    });
  }

  /** What is under way ends as broken, what waits as unsent. */
  async close(): Promise<void> {
    await this.#pool.destroy();
    clearInterval(this.#watch);
  }

  /**
   * A turn of the event loop after `ask`, so that before anything is written to a connection that was idle, the loop has looked
   * whether the other side has closed it: undici does that one turn after the dispatch, but a turn that has begun is too early.
   */
  #dispatch(): void {
    for (const { request, exchange } of this.#outbox.splice(0)) {
      const { method, path, body = null } = request;
      this.#pool.dispatch({ path: this.#path + path, method, headers: this.#headers as string[], body }, exchange);
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
