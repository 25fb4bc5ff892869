// How often a caller who may not write leads at will (permission leadsWrite) may leave data, and how many conflicts such a
// caller is told of: docs/decisions/0011. An anonymous caller is counted by address, anybody signed in by person.

import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { isSignedIn, type Viewer } from '../../auth/viewer.js';
import { keyedHash } from '../../shared/crypto.js';
import { Failure } from '../../shared/errors.js';
import { customerKey, limitKey } from '../../shared/ip-address.js';
import { type StoredLimiter, storedLimiter } from '../../shared/stored-limiter.js';

export interface LeadLimitOptions {
  /** LEADS_PER_MINUTE: attempts a minute, and conflicts a day. */
  readonly perMinute: number;
  /** Of the digests that are stored in the place of addresses. */
  readonly key: Buffer;
  readonly pool: Pool;
  readonly redis?: Redis | undefined;
  /** A caller was refused; the address is that of an anonymous one. */
  readonly onReject: (address?: string) => void;
}

export class LeadLimits {
  readonly #attempts: RateLimiterMemory | RateLimiterRedis;
  readonly #conflicts: StoredLimiter;

  constructor(private readonly options: LeadLimitOptions) {
    const { perMinute: points, redis } = options;
    const settings = { keyPrefix: 'leads', points, duration: 60 };
    const insuranceLimiter = new RateLimiterMemory(settings);
    this.#attempts = redis
      ? new RateLimiterRedis({ ...settings, storeClient: redis, rejectIfRedisNotReady: true, insuranceLimiter })
      : insuranceLimiter;
    this.#conflicts = storedLimiter(options, { keyPrefix: 'lead-conflicts', points, duration: day });
  }

  /** Before the input is read. Throws RATE_LIMITED. */
  async admit(viewer: Viewer): Promise<void> {
    await this.#consume(this.#attempts, personOf(viewer) ?? limitKey(viewer.origin.address), viewer);
  }

  /** Before a conflict is told. Throws RATE_LIMITED in its place where the caller was told enough of them in a day. */
  async admitConflict(viewer: Viewer): Promise<void> {
    const caller = personOf(viewer) ?? customerKey(viewer.origin.address);
    const digest = keyedHash(this.options.key, 'lead-conflicts', caller).toString('base64url');
    await this.#consume(this.#conflicts, digest, viewer);
  }

  async #consume(limiter: StoredLimiter, key: string, viewer: Viewer): Promise<void> {
    try {
      await limiter.consume(key);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.options.onReject(isSignedIn(viewer) ? undefined : viewer.origin.address);
      const retryAfter = Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
      throw new Failure('RATE_LIMITED', `Too many attempts; try again in ${retryAfter} s.`, { retryAfter });
    }
  }
}

const day = 86_400;

/** All tokens of a person count together. */
const personOf = (viewer: Viewer): string | undefined =>
  isSignedIn(viewer) ? `person:${viewer.identity.personId}` : undefined;
