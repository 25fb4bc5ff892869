// Wake-ups over Redis: one connection that subscribes, one that publishes; both come back by themselves.
import { Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../../shared/logger.js';
import { type LiveEar, type LiveLink, type LiveTransport, reconnectDelay } from './port.js';

const channel = 'switchboard:live';
const heartbeatEvery = 10_000;

export const redisTransport = (url: string, log: Logger): LiveTransport => ({
  connect: (ear) => new RedisLink(url, log, ear),
});

class RedisLink implements LiveLink {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(
    url: string,
    private readonly log: Logger,
    private readonly ear: LiveEar,
  ) {
    this.#publisher = this.#connection(url);
    this.#subscriber = this.#connection(url);
    // Not ioredis's own resubscription: only after this one is it known from when on nothing is missed.
    this.#subscriber.on('ready', () => void this.#listen());
    this.#subscriber.on('message', (_channel, wake) => this.ear.heard(wake));
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatEvery).unref();
  }

  say(wake: string): void {
    if (this.#publisher.status === 'ready') this.#settle(this.#publisher.publish(channel, wake));
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    this.#subscriber.disconnect();
    this.#publisher.disconnect();
  }

  #connection(url: string): Redis {
    const connection = new Redis(url, connectionOptions);
    let away = false;
    connection.on('error', (error) => {
      if (!away) this.log.warn({ err: error }, 'Redis is away; events come by looking each second');
      away = true;
    });
    connection.on('ready', () => {
      if (away) this.log.info('Redis is back');
      away = false;
    });
    return connection;
  }

  async #listen(): Promise<void> {
    try {
      await this.#subscriber.subscribe(channel);
      this.ear.connected();
    } catch (error) {
      this.log.warn({ err: error }, 'could not subscribe at Redis; events come by looking each second');
    }
  }

  /** Its answers are the data that socketTimeout waits for: a connection that died without a word is noticed by it. */
  #beat(): void {
    for (const connection of [this.#publisher, this.#subscriber]) {
      if (connection.status === 'ready') this.#settle(connection.ping());
    }
  }

  #settle(command: Promise<unknown>): void {
    command.catch((error: unknown) => this.log.debug({ err: error }, 'a lost wake-up'));
  }
}

const connectionOptions = {
  connectionName: 'switchboard-live',
  connectTimeout: 3_000,
  socketTimeout: 3 * heartbeatEvery,
  retryStrategy: reconnectDelay,
  autoResubscribe: false,
  autoResendUnfulfilledCommands: false,
  enableOfflineQueue: false,
} satisfies RedisOptions;
