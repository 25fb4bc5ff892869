// The lock that keeps two runs of one job apart, whatever the job store believes: a session lock in PostgreSQL, which
// ends with the process or the connection that holds it.
import type pg from 'pg';
import type { Logger } from '../shared/logger.js';

export class JobLocks {
  readonly #held = new Map<pg.PoolClient, AbortController>();

  constructor(
    private readonly pool: pg.Pool,
    private readonly log: Logger,
  ) {}

  /** Runs the work alone in the world, or does nothing and says false. The signal tells that the lock is gone. */
  async alone(key: string, work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const client = await this.pool.connect();
    const lost = new AbortController();
    const onError = (error: Error): void => this.#lose(client, error);
    client.on('error', onError);
    this.#held.set(client, lost);
    let intact = false;
    try {
      const { rows } = await client.query<{ mine: boolean }>(`select pg_try_advisory_lock(${lockId}) as mine`, [key]);
      intact = rows[0]?.mine === false;
      if (intact) return false;
      try {
        await work(lost.signal);
      } finally {
        intact = !lost.signal.aborted && (await this.#unlock(client, key));
      }
      return true;
    } finally {
      client.off('error', onError);
      // Those of dropAll() are gone already; one that may still hold its lock is closed, which frees it.
      if (this.#held.delete(client)) client.release(!intact);
    }
  }

  /** For the end of a stop that could not wait: others may take over at once. */
  dropAll(): void {
    for (const [client, lost] of [...this.#held]) {
      this.#held.delete(client);
      lost.abort(new Error('the process stops'));
      client.release(true);
    }
  }

  #lose(client: pg.PoolClient, error: Error): void {
    this.log.warn({ err: error }, 'lost the connection that held a job lock');
    this.#held.get(client)?.abort(error);
  }

  async #unlock(client: pg.PoolClient, key: string): Promise<boolean> {
    try {
      await client.query(`select pg_advisory_unlock(${lockId})`, [key]);
      return true;
    } catch (error) {
      this.log.debug({ err: error }, 'closing the connection of a job lock');
      return false;
    }
  }
}

/** 64 bits of a name of its own: no other advisory lock of the product is meant. */
const lockId = "hashtextextended('job:' || $1, 0)";
