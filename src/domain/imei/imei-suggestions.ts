// Which numbers somebody may have meant who mistyped one: one swapped pair or one digit away, the likeliest first. No I/O.
import { imeiLength, readImei, tacOf, withoutSeparators } from './imei-number.js';
import { hasRegistrar } from './reporting-bodies.js';

const most = 10;

/**
 * Valid numbers one slip away, the likeliest slips first: swapped neighbours, then a digit whose key is beside the right one, then
 * any other digit; from the left among equals. For each place there is one digit that passes the check, so there are at most 14 and
 * 15. None where not all is wrong by one slip.
 */
export function imeiCandidates(input: string): string[] {
  const text = withoutSeparators(input);
  if (text.length !== imeiLength) return [];
  const strangers = [...text.matchAll(/[^0-9]/g)].map(({ index }) => index);
  const places = strangers.length === 0 ? Array.from(text, (_, index) => index) : strangers;
  const swapped = strangers.length === 0 ? places.slice(1).map((index) => withSwapped(text, index)) : [];
  const beside = places.flatMap((index) =>
    keysBeside(text.charAt(index)).map((digit) => withDigit(text, index, digit)),
  );
  const replaced = places.flatMap((index) => digits.map((digit) => withDigit(text, index, digit)));
  return [...new Set([...swapped, ...beside, ...replaced])].filter(
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

/** By digit, on the keypad of a phone: to its left and right, above and below. */
const neighbours = ['8', '24', '135', '26', '157', '2468', '359', '48', '5790', '68'];
const keysBeside = (digit: string): string[] => [...(neighbours[Number(digit)] ?? '')];

const withSwapped = (text: string, index: number): string =>
  `${text.slice(0, index - 1)}${text.charAt(index)}${text.charAt(index - 1)}${text.slice(index + 1)}`;

const withDigit = (text: string, index: number, digit: string): string =>
  `${text.slice(0, index)}${digit}${text.slice(index + 1)}`;
