// A limit whose counts outlive a restart: in Redis where it is configured, else in PostgreSQL, and in memory while that store
// is unavailable. Its callers hand in digests as keys: no login and no address is stored.
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRedis } from 'rate-limiter-flexible';

export interface LimitStore {
  readonly pool?: Pool | undefined;
  readonly redis?: Redis | undefined;
}

export interface StoredLimit {
  readonly keyPrefix: string;
  readonly points: number;
  /** Seconds. */
  readonly duration: number;
  /** One limiter of a process is enough to delete the expired rows of the table that all of them share. */
  readonly sweeps?: boolean;
}

export type StoredLimiter = RateLimiterMemory | RateLimiterPostgres | RateLimiterRedis;

export function storedLimiter(
  { pool, redis }: LimitStore,
  { sweeps = false, ...settings }: StoredLimit,
): StoredLimiter {
  const insuranceLimiter = new RateLimiterMemory(settings);
  if (redis)
    return new RateLimiterRedis({ ...settings, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter });
  if (!pool) return insuranceLimiter;
  return new RateLimiterPostgres({
    ...settings,
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limit',
    tableCreated: true,
    clearExpiredByTimeout: sweeps,
    insuranceLimiter,
  });
}
