// Secrets of our own making: opaque tokens with a checksum, their hashes, and keyed digests. No I/O.
import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const bodyLength = 43;
const checkLength = 6;

/** 256 bits as `sb_<kind>_<43 base62><6 base62 of CRC32>`: scanners know it, a typing error is refused without a look-up. */
export function encodeToken(kind: string, secret: Buffer): string {
  const body = toBase62(BigInt(`0x${secret.toString('hex')}`), bodyLength);
  return `sb_${kind}_${body}${checksum(body)}`;
}

export const newToken = (kind: string): string => encodeToken(kind, randomBytes(32));

export function isToken(token: string): boolean {
  const match = /^sb_[a-z]+_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/.exec(token);
  return match?.[1] !== undefined && checksum(match[1]) === match[2];
}

export const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

export const keyedHash = (key: Buffer | KeyObject, ...parts: string[]): Buffer => {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
  return hmac.digest();
};

/** Easy to read aloud and to type: no 0/O, 1/l/I. */
export function newPassword(length = 20): string {
  const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  const limit = 256 - (256 % letters.length);
  let password = '';
  while (password.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < limit && password.length < length) password += letters[byte % letters.length];
    }
  }
  return password;
}

const checksum = (body: string): string => toBase62(BigInt(crc32(body)), checkLength);

function toBase62(value: bigint, length: number): string {
  let rest = value;
  let text = '';
  while (text.length < length) {
    text = base62[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return text;
}
