// Blocks for an hour who was refused ten times within ten minutes and goes on asking. Counts in Redis where processes share
// it, and in memory otherwise and while Redis is away.
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis } from 'rate-limiter-flexible';
import { addressesIn, contains, limitKey } from '../../shared/ip-address.js';
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';
import type { AddressBlocks } from './address-blocks.js';

export interface AutomaticBlocksOptions {
  readonly db: Rows;
  readonly log: Logger;
  readonly redis?: Redis | undefined;
  readonly blocks: AddressBlocks;
  /** A proxy's own address stands for everybody whom it does not name. */
  readonly trustedProxies: readonly string[];
}

export class AutomaticBlocks {
  readonly #counts: RateLimiterMemory | RateLimiterRedis;
  readonly #spared: ReturnType<typeof addressesIn>;

  constructor(private readonly options: AutomaticBlocksOptions) {
    const { redis, trustedProxies } = options;
    const settings = { keyPrefix: 'refusals', points: refusals, duration: withinSeconds };
    const insuranceLimiter = new RateLimiterMemory(settings);
    this.#counts = redis
      ? new RateLimiterRedis({ ...settings, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter })
      : insuranceLimiter;
    this.#spared = addressesIn([...loopback, ...trustedProxies]);
  }

  /** Somebody at this address was refused once more. Never rejects. */
  async refused(address: string): Promise<void> {
    if (contains(this.#spared, address)) return;
    try {
      await this.#count(limitKey(address));
    } catch (error) {
      this.options.log.warn({ err: error }, 'could not block an address');
    }
  }

  async #count(range: string): Promise<void> {
    const { consumedPoints } = await this.#counts.penalty(range);
    // Many at once pass this number, and one of them meets it.
    if (consumedPoints !== refusals) return;
    // Who is let in again begins anew.
    await this.#counts.delete(range);
    const { db, log, blocks } = this.options;
    await db.rows(blockSql, [range, reason]);
    log.info('an address was blocked for an hour, because it went on asking after it had been refused');
    await blocks.reload();
  }
}

const refusals = 10;
const withinSeconds = 600;
/** Who can sign in on the machine itself can always undo a block; and a proxy may stand there that nobody has named. */
const loopback = ['127.0.0.0/8', '::1'];
const reason = 'Went on asking after it had been refused.';

/** What a person said of this range stays as it is while it lasts. */
const blockSql = `
  insert into blocked_ip as b (cidr, reason, automatic, expires_at) values ($1::cidr, $2, true, now() + interval '1 hour')
  on conflict (cidr) do update set reason = excluded.reason, automatic = true, hits = 0, created_at = now(),
    expires_at = excluded.expires_at
  where b.expires_at <= now()`;
