// Whether a text is an IMEI, and which: 15 digits, 14 without the check digit, or an IMEISV of 16 (3GPP TS 23.003). No I/O.
import type { ImeiProblem } from '../../entities/imei.enums.js';

export type ImeiReading = { readonly imei: string } | { readonly problem: ImeiProblem };

export const imeiLength = 15;
export const tacLength = 8;
/** What goes over the air; its check digit makes an IMEI of it. */
const bareLength = 14;
/** With two digits of the software's version in the place of the check digit. */
const imeisvLength = 16;
/** Passes its check, and is what a phone without a number says. */
const allZero = '0'.repeat(imeiLength);

/** Longer than any spelling, so that the work on what somebody pastes is bounded. */
const longestSpelling = 64;
/** Spaces, dashes of every script, minus, and the invisible marks that come along where a number is copied. */
const separators = /[\s\p{Pd}\u00ad\u2212\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069]+/gu;

/** An IMEI exactly where checks accept the text. */
export function readImei(input: string): ImeiReading {
  // Most are written plainly, and a million of them are to cost little more than their check digits.
  if (input.length === imeiLength) {
    const digit = luhnDigit(input);
    const written = digitAt(input, bareLength);
    if (digit >= 0 && written >= 0) return digit === written ? unlessZero(input) : { problem: 'CHECKSUM' };
  }
  const text = withoutSeparators(input);
  if (/[^0-9]/.test(text)) return { problem: 'NOT_DIGITS' };
  if (text.length < bareLength || text.length > imeisvLength) return { problem: 'LENGTH' };
  const imei = `${text.slice(0, bareLength)}${luhnDigit(text)}`;
  return text.length === imeiLength && text !== imei ? { problem: 'CHECKSUM' } : unlessZero(imei);
}

/** Cut where it is too long for a number anyway. */
export const withoutSeparators = (input: string): string => input.slice(0, longestSpelling).replace(separators, '');

/** The check digit that belongs behind the first 14 digits of a text; -1 where one of them is none (ISO/IEC 7812-1). */
export function luhnDigit(text: string): number {
  let sum = 0;
  for (let index = 0; index < bareLength; index += 2) {
    const plain = digitAt(text, index);
    const doubled = digitAt(text, index + 1);
    if (plain < 0 || doubled < 0) return -1;
    sum += plain + 2 * doubled - (doubled > 4 ? 9 : 0);
  }
  return (10 - (sum % 10)) % 10;
}

/** The first eight digits of an IMEI: which model it is. As a number, since tables find a number in half the time of a text. */
export function tacOf(imei: string): number {
  let tac = 0;
  for (let index = 0; index < tacLength; index++) tac = tac * 10 + imei.charCodeAt(index) - zero;
  return tac;
}

const zero = 48;

function digitAt(text: string, index: number): number {
  const digit = text.charCodeAt(index) - zero;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

const unlessZero = (imei: string): ImeiReading => (imei === allZero ? { problem: 'ALL_ZERO' } : { imei });
