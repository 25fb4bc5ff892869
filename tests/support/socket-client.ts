// A WebSocket client that keeps everything it was told, says what a test tells it to say, right or wrong, and can stop reading.
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ClientOptions, WebSocket } from 'ws';

export interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

export interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly afterMs: number;
}

export class SocketClient {
  readonly received: Message[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<Closed>;
  readonly #socket: WebSocket;
  readonly #waiting = new Set<() => void>();

  constructor(url: string, protocol: string | string[] = 'graphql-transport-ws', options: ClientOptions = {}) {
    const startedAt = performance.now();
    const socket = new WebSocket(url, protocol, options);
    this.#socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    // Whoever waits for `closed` alone still sees how it ended.
    this.opened.catch(() => undefined);
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) =>
        resolve({ code, reason: String(reason), afterMs: performance.now() - startedAt }),
      );
    });
    socket.on('message', (data) => {
      this.received.push(JSON.parse(String(data)));
      for (const look of this.#waiting) look();
    });
  }

  say(message: object | string): void {
    this.#socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Opened, greeted and acknowledged. */
  async ready(token?: string): Promise<this> {
    await this.opened;
    this.say({ type: 'connection_init', ...(token ? { payload: { Authorization: `Bearer ${token}` } } : {}) });
    await this.first((message) => message.type === 'connection_ack');
    return this;
  }

  subscribe(id: string, query: string): void {
    this.say({ id, type: 'subscribe', payload: { query } });
  }

  of(id: string): Message[] {
    return this.received.filter((message) => message.id === id);
  }

  first(wanted: (message: Message) => boolean, withinMs = 5_000): Promise<Message> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
      };
      const look = () => {
        const message = this.received.find(wanted);
        if (!message) return;
        leave();
        resolve(message);
      };
      const timer = setTimeout(() => {
        leave();
        reject(new Error(`no such message among ${JSON.stringify(this.received.slice(-5))}`));
      }, withinMs);
      this.#waiting.add(look);
      look();
    });
  }

  /** As a peer whose cable was pulled: nothing is read any more, not even a ping. */
  freeze(): void {
    const wire: Socket = Reflect.get(this.#socket, '_socket');
    wire.pause();
  }

  thaw(): void {
    const wire: Socket = Reflect.get(this.#socket, '_socket');
    wire.resume();
  }

  end(): void {
    this.#socket.terminate();
  }
}

/** Of the first error that a message tells. */
export const codeOf = (message: { payload?: unknown }): unknown => {
  const [error] = message.payload as [{ extensions: { code: string } }];
  return error.extensions.code;
};

/** Until `look` is true; the time it took. */
export async function until(look: () => boolean, withinMs = 5_000): Promise<number> {
  const startedAt = performance.now();
  while (!look()) {
    if (performance.now() - startedAt > withinMs) throw new Error(`not within ${withinMs} ms: ${look}`);
    await sleep(10);
  }
  return performance.now() - startedAt;
}

/** What an upgrade request is answered. */
export function upgradeStatus(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const key = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version': '13' };
    const asked = request({
      port,
      host: '127.0.0.1',
      path,
      headers: { Connection: 'Upgrade', Upgrade: 'websocket', ...key, ...headers },
    });
    asked.once('response', ({ statusCode }) => resolve(statusCode));
    asked.once('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.once('error', reject);
    asked.end();
  });
}
