// Which numbers somebody may have meant who mistyped one: one swapped pair or one digit away, the likeliest first. No I/O.
import { imeiLength, readImei, tacOf, withoutSeparators } from './imei-number.js';
import { hasRegistrar } from './reporting-bodies.js';

const most = 10;

/**
 * Valid numbers one swapped pair of neighbours away, then those one digit away, from the left: for each place there is one digit
 * that passes the check, so there are at most 14 and 15. None where not all is wrong by one slip.
 */
export function imeiCandidates(input: string): string[] {
  const text = withoutSeparators(input);
  if (text.length !== imeiLength) return [];
  const strangers = [...text.matchAll(/[^0-9]/g)].map(({ index }) => index);
  const places = strangers.length === 0 ? Array.from(text, (_, index) => index) : strangers;
  const swapped = strangers.length === 0 ? places.slice(1).map((index) => withSwapped(text, index)) : [];
  const replaced = places.flatMap((index) => digits.map((digit) => withDigit(text, index, digit)));
  return [...new Set([...swapped, ...replaced])].filter(
    (candidate) => candidate !== text && 'imei' in readImei(candidate),
  );
}

/** Those of a known model, then those that a body registers, then the rest; as they came among equals. */
export function bestFirst(candidates: readonly string[], isKnown: (imei: string) => boolean): string[] {
  const rank = (imei: string): number => (isKnown(imei) ? 0 : hasRegistrar(Number(tacOf(imei))) ? 1 : 2);
  return candidates
    .map((imei) => ({ imei, rank: rank(imei) }))
    .sort((one, other) => one.rank - other.rank)
    .slice(0, most)
    .map(({ imei }) => imei);
}

const digits = [...'0123456789'];

const withSwapped = (text: string, index: number): string =>
  `${text.slice(0, index - 1)}${text.charAt(index)}${text.charAt(index - 1)}${text.slice(index + 1)}`;

const withDigit = (text: string, index: number, digit: string): string =>
  `${text.slice(0, index)}${digit}${text.slice(index + 1)}`;
