// Wake-ups over PostgreSQL's LISTEN/NOTIFY, on one connection of its own that comes back by itself.
import pg from 'pg';
import type { Logger } from '../../shared/logger.js';
import { type LiveEar, type LiveLink, type LiveTransport, reconnectDelay } from './port.js';

const channel = 'switchboard_live';
const heartbeatEvery = 10_000;

export const pgNotifyTransport = (url: string, log: Logger): LiveTransport => ({
  connect: (ear) => new PgNotifyLink(url, log, ear),
});

class PgNotifyLink implements LiveLink {
  /** The one connection that counts, whether it is ready or not; events of earlier ones are old news. */
  #client: pg.Client | undefined;
  #ready = false;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #asked: Promise<unknown> = Promise.resolve();
  /** A connection that died without a word is noticed by its missing answer. */
  readonly #heartbeat = setInterval(() => this.#query('select 1', []), heartbeatEvery).unref();

  constructor(
    private readonly url: string,
    private readonly log: Logger,
    private readonly ear: LiveEar,
  ) {
    void this.#open();
  }

  say(wake: string): void {
    this.#query('select pg_notify($1, $2)', [channel, wake]);
  }

  async close(): Promise<void> {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch((error: unknown) => this.log.debug({ err: error }, 'closing LISTEN'));
  }

  async #open(): Promise<void> {
    const client = this.#newClient();
    this.#client = client;
    try {
      await client.connect();
      // A wake-up need not survive a crash of the server, so nobody waits for its commit to reach the disk.
      await client.query(`set synchronous_commit = off; listen ${channel}`);
      if (client !== this.#client) return;
      this.#ready = true;
      if (this.#failures > 0) this.log.info('LISTEN is back');
      this.#failures = 0;
      this.ear.connected();
    } catch (error) {
      this.#lost(client, error);
    }
  }

  #newClient(): pg.Client {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'switchboard-live',
      connectionTimeoutMillis: 3_000,
      query_timeout: 5_000,
      keepAlive: true,
    });
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, undefined));
    client.on('notification', ({ payload }) => payload && this.ear.heard(payload));
    return client;
  }

  /** One after the other: a client takes no second query while it runs one. */
  #query(sql: string, params: string[]): void {
    const client = this.#client;
    if (!client || !this.#ready) return;
    this.#asked = this.#asked
      .then(() => client.query(sql, params))
      .catch((error: unknown) => this.#lost(client, error));
  }

  /** Told by several events of one broken connection; only the first counts. */
  #lost(client: pg.Client, error: unknown): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#ready = false;
    if (this.#failures === 0) this.log.warn({ err: error }, 'LISTEN is away; events come by looking each second');
    client.end().catch((late: unknown) => this.log.debug({ err: late }, 'closing LISTEN'));
    this.#retry = setTimeout(() => void this.#open(), reconnectDelay(this.#failures++)).unref();
  }
}
