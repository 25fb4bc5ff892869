// How often somebody who is not signed in may leave their data, by address. Counts in Redis where processes share it, and in
// memory otherwise and while Redis is away.
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { Failure } from '../../shared/errors.js';
import { limitKey } from '../../shared/ip-address.js';

export interface LeadLimitOptions {
  /** LEADS_PER_MINUTE. */
  readonly perMinute: number;
  readonly redis?: Redis | undefined;
  /** Somebody was refused once more. */
  readonly onReject: (address: string) => void;
}

export class LeadLimits {
  readonly #limiter: RateLimiterMemory | RateLimiterRedis;

  constructor(private readonly options: LeadLimitOptions) {
    const { perMinute: points, redis } = options;
    const settings = { keyPrefix: 'leads', points, duration: 60 };
    const insuranceLimiter = new RateLimiterMemory(settings);
    this.#limiter = redis
      ? new RateLimiterRedis({ ...settings, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter })
      : insuranceLimiter;
  }

  /** Throws RATE_LIMITED. */
  async admit(address: string): Promise<void> {
    try {
      await this.#limiter.consume(limitKey(address));
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.options.onReject(address);
      const retryAfter = Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      throw new Failure('RATE_LIMITED', `Too many attempts; try again in ${retryAfter} s.`, { retryAfter });
    }
  }
}
