// How many requests a minute, documents over sockets among them: of each address that nobody signed in from, and of each person or token.
// A request without a valid token counts once more for every 16 kB: reading one of 240 kB takes as long as reading many small ones.
// Counts in memory, in Redis where processes share it; a Redis that is away leaves each process its own count.
import type { Redis } from 'ioredis';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { actorOf, isSignedIn, type Viewer } from '../auth/viewer.js';
import { Failure } from '../shared/errors.js';
import { limitKey } from '../shared/ip-address.js';

const bytesPerPoint = 16_384;

export type LimitName = 'address' | 'refused-token' | 'viewer';

export interface RequestLimitOptions {
  readonly addressPerMinute: number;
  readonly viewerPerMinute: number;
  readonly redis?: Redis | undefined;
  /** The address of those who are not signed in. */
  readonly onReject?: (limit: LimitName, address?: string) => void;
}

export class RequestLimits {
  readonly #address: RateLimiterMemory | RateLimiterRedis;
  readonly #refused: RateLimiterMemory | RateLimiterRedis;
  readonly #viewer: RateLimiterMemory | RateLimiterRedis;

  constructor(private readonly options: RequestLimitOptions) {
    this.#address = this.#limiter('address', options.addressPerMinute);
    this.#refused = this.#limiter('refused-token', options.addressPerMinute);
    this.#viewer = this.#limiter('viewer', options.viewerPerMinute);
  }

  /** For a document of a socket: its viewer is known before it comes. */
  admit(viewer: Viewer, length: number): Promise<void> {
    return isSignedIn(viewer) ? this.admitViewer(viewer) : this.admitAddress(viewer.origin.address, length);
  }

  /** For a request that brings no token. */
  async admitAddress(address: string, length = 0): Promise<void> {
    await this.#consumed('address', this.#address.consume(limitKey(address), this.#pointsOf(length)), address);
  }

  /**
   * For a request that brings one. People who share an address are not limited by it, but who tries tokens out is
   * stopped before the next look-up.
   */
  async admitToken(address: string): Promise<void> {
    const spent = await this.#refused.get(limitKey(address));
    if (spent && spent.consumedPoints >= this.#refused.points) this.#reject('refused-token', spent, address);
  }

  async tokenRefused(address: string, length = 0): Promise<void> {
    await this.#refused.penalty(limitKey(address), this.#pointsOf(length));
  }

  async admitViewer(viewer: Viewer): Promise<void> {
    if (isSignedIn(viewer)) await this.#consumed('viewer', this.#viewer.consume(actorOf(viewer)));
  }

  /** At most what a minute allows, so that a single request is never refused. */
  #pointsOf(length: number): number {
    return Math.min(1 + Math.floor(length / bytesPerPoint), this.options.addressPerMinute);
  }

  async #consumed(name: 'address' | 'viewer', consumption: Promise<unknown>, address?: string): Promise<void> {
    try {
      await consumption;
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) this.#reject(name, refusal, address);
      throw refusal;
    }
  }

  #reject(name: LimitName, { msBeforeNext }: RateLimiterRes, address?: string): never {
    this.options.onReject?.(name, address);
    const retryAfter = Math.max(1, Math.ceil(msBeforeNext / 1_000));
    throw new Failure('RATE_LIMITED', `Too many requests; try again in ${retryAfter} s.`, { retryAfter });
  }

  #limiter(name: LimitName, points: number): RateLimiterMemory | RateLimiterRedis {
    const settings = { keyPrefix: `requests:${name}`, points, duration: 60 };
    const memory = new RateLimiterMemory(settings);
    const { redis } = this.options;
    if (!redis) return memory;
    return new RateLimiterRedis({
      ...settings,
      storeClient: redis,
      rejectIfRedisNotReady: true,
      insuranceLimiter: memory,
    });
  }
}
