// One spelling for each e-mail address and phone number, so that two of the same are known for the same. No I/O.
import { domainToASCII } from 'node:url';
import { phoneDigits } from '../../shared/phone.js';

const longestEmail = 254;
const longestLocalPart = 64;
/** RFC 5321's dot-atom, with letters of any script (RFC 6531). */
const localPart = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u;
const asciiDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$/;

/** NFKC, lower case, the domain as DNS spells it. Undefined for what is no address. */
export function canonicalEmail(spelling: string): string | undefined {
  const text = spelling.trim();
  if (text.length > longestEmail) return undefined;
  const [local = '', domain = '', ...rest] = text.normalize('NFKC').toLowerCase().split('@');
  const ascii = canonicalDomain(domain);
  if (rest.length > 0 || ascii === undefined || !localPart.test(local)) return undefined;
  const email = `${local}@${ascii}`;
  return Buffer.byteLength(local) > longestLocalPart || Buffer.byteLength(email) > longestEmail ? undefined : email;
}

export function canonicalDomain(spelling: string): string | undefined {
  const domain = spelling.trim().normalize('NFKC').toLowerCase();
  // What else a URL's host may be: an address, something with escapes.
  if (domain.length > longestEmail || /[^\p{L}\p{M}\p{N}.-]/u.test(domain)) return undefined;
  const ascii = domainToASCII(domain);
  return asciiDomain.test(ascii) ? ascii : undefined;
}

/** E.164; Russian where no country is given: 8 900 … is +7 900 …. Undefined for what is no number. */
export function canonicalPhone(spelling: string): string | undefined {
  const digits = phoneDigits(spelling);
  return digits === undefined ? undefined : `+${digits}`;
}
