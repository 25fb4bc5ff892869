// Links that a browser opens by itself, without a token: good for one path, for a short while, from whoever has them.
import { timingSafeEqual } from 'node:crypto';
import { keyedHash } from '../shared/crypto.js';
import type { Keys } from './keys.js';

/** What stands in the query of such a link. */
export interface LinkSignature {
  /** Seconds since 1970. */
  readonly expires?: string | undefined;
  readonly signature?: string | undefined;
}

export function signLink(keys: Keys, path: string, until: Date): string {
  const expires = String(Math.floor(until.getTime() / 1_000));
  return `${path}?expires=${expires}&signature=${keyedHash(keys.current('links'), path, expires).toString('base64url')}`;
}

export function opensLink(
  keys: Keys,
  path: string,
  { expires, signature, now }: LinkSignature & { now: Date },
): boolean {
  if (expires === undefined || signature === undefined || !/^\d{1,12}$/.test(expires)) return false;
  if (Number(expires) * 1_000 < now.getTime()) return false;
  const given = Buffer.from(signature, 'base64url');
  return keys.all('links').some((key) => {
    const expected = keyedHash(key, path, expires);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}
