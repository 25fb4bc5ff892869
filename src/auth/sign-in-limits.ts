// Slows down who guesses passwords, and never locks anybody out for good. Its counts outlive a restart, and their keys are
// digests: no login and no address is kept.
import { setTimeout as sleep } from 'node:timers/promises';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { keyedHash } from '../shared/crypto.js';
import { Failure } from '../shared/errors.js';
import { limitKey } from '../shared/ip-address.js';
import { type LimitStore, type StoredLimiter, storedLimiter } from '../shared/stored-limiter.js';

export interface SignInLimits {
  /** Before the password is looked at; throws RATE_LIMITED, also where the password would be right. */
  check(login: string, address: string): Promise<void>;
  failed(login: string, address: string): Promise<void>;
  succeeded(login: string, address: string): Promise<void>;
}

export interface SignInLimitOptions extends LimitStore {
  /** LOGINS_PER_15_MINUTES. */
  readonly attempts: number;
  readonly key: Buffer;
  readonly onReject?: () => void;
}

/** Wrong passwords an hour for one login, from anywhere, before it has to wait 2, 4, 8 … seconds between attempts. */
const freePerLogin = 20;
const longestDelay = 300;
/** Wrong passwords an hour from one address, for any login, before it is not heard for an hour. */
const freePerAddress = 100;
/** An address that a login succeeded from is not held up by what others try elsewhere; days that a timer can still count. */
const rememberAddress = 24 * 86_400;
const quarter = 900;
const hour = 3_600;
/** An attempt that was neither right nor wrong, because something broke, counts as being under way for this long. */
const underWayMs = 30_000;
/** How long one more waits for those under way, and how often it looks. */
const patienceMs = 5_000;
const pauseMs = 50;

export function createSignInLimits(options: SignInLimitOptions): SignInLimits {
  return new StoredSignInLimits(options);
}

class StoredSignInLimits implements SignInLimits {
  readonly #pair: StoredLimiter;
  readonly #login: StoredLimiter;
  readonly #address: StoredLimiter;
  readonly #delay: StoredLimiter;
  readonly #known: StoredLimiter;
  readonly #underWay = new Map<string, number[]>();

  constructor(private readonly options: SignInLimitOptions) {
    this.#pair = this.#limiter('pair', options.attempts, quarter);
    this.#login = this.#limiter('login', freePerLogin, hour);
    this.#address = this.#limiter('address', freePerAddress, hour);
    this.#delay = this.#limiter('delay', 1, longestDelay);
    this.#known = this.#limiter('known', 1, rememberAddress);
  }

  async check(login: string, address: string): Promise<void> {
    const keys = this.#keys(login, address);
    const [blocked, delayed, known] = await Promise.all([
      this.#address.get(keys.address),
      this.#delay.get(keys.login),
      this.#known.get(keys.pair),
    ]);
    const wait = Math.max(spentFor(blocked, freePerAddress), spentFor(known, 1) > 0 ? 0 : spentFor(delayed, 1));
    if (wait > 0) this.#refuse(wait);
    await this.#begin(keys.pair);
  }

  async failed(login: string, address: string): Promise<void> {
    const keys = this.#keys(login, address);
    const [, ofLogin, ofAddress] = await Promise.all([
      this.#pair.penalty(keys.pair),
      this.#login.penalty(keys.login),
      this.#address.penalty(keys.address),
    ]);
    const beyond = ofLogin.consumedPoints - freePerLogin;
    if (beyond >= 0) await this.#delay.block(keys.login, Math.min(2 ** (beyond + 1), longestDelay));
    if (ofAddress.consumedPoints === freePerAddress) await this.#address.block(keys.address, hour);
    this.#end(keys.pair);
  }

  async succeeded(login: string, address: string): Promise<void> {
    const { pair } = this.#keys(login, address);
    await Promise.all([this.#pair.delete(pair), this.#known.set(pair, 1, rememberAddress)]);
    this.#end(pair);
  }

  /**
   * Attempts under way count as wrong ones until they are known to be right, so that a hundred at once are not free.
   * They are counted before the store is read: one that fails in between counts twice for a moment, never not at all.
   */
  async #begin(pair: string): Promise<void> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await sleep(pauseMs)) {
      const underWay = (this.#underWay.get(pair) ?? []).filter((since) => since > Date.now() - underWayMs);
      if (underWay.length >= this.options.attempts) continue;
      this.#underWay.set(pair, [...underWay, Date.now()]);
      const wrong = await this.#pair.get(pair);
      const counted = wrong !== null && wrong.msBeforeNext > 0 ? wrong.consumedPoints : 0;
      if (counted + underWay.length < this.options.attempts) return;
      this.#end(pair);
      const wait = spentFor(wrong, this.options.attempts);
      if (wait > 0) this.#refuse(wait);
    }
    this.#refuse(1_000);
  }

  #end(pair: string): void {
    const rest = (this.#underWay.get(pair) ?? []).slice(1);
    if (rest.length > 0) this.#underWay.set(pair, rest);
    else this.#underWay.delete(pair);
  }

  #refuse(ms: number): never {
    this.options.onReject?.();
    const retryAfter = Math.max(1, Math.ceil(ms / 1_000));
    throw new Failure('RATE_LIMITED', `Too many attempts to sign in; try again in ${retryAfter} s.`, { retryAfter });
  }

  #keys(login: string, address: string): { pair: string; login: string; address: string } {
    const from = limitKey(address);
    const digest = (...parts: string[]): string => keyedHash(this.options.key, ...parts).toString('base64url');
    return { pair: digest('pair', login, from), login: digest('login', login), address: digest('address', from) };
  }

  #limiter(name: string, points: number, duration: number): StoredLimiter {
    return storedLimiter(this.options, { keyPrefix: `sign-in:${name}`, points, duration, sweeps: name === 'pair' });
  }
}

/** Milliseconds until there is room again; 0 where there is. */
const spentFor = (state: RateLimiterRes | null, points: number): number =>
  state !== null && state.consumedPoints >= points ? Math.max(0, state.msBeforeNext) : 0;
