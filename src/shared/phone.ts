// Phone numbers: compared as E.164 digits without the plus, whatever their spelling; shown masked to those who may not see them.
import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** With its plus (E.164). */
const longestNumber = 16;

/** +7 900 123-45-67 and 8 (900) 123-45-67 are 79001234567. Undefined for what is no number anywhere. */
export function phoneDigits(spelling: string): string | undefined {
  const text = spelling.trim();
  if (text.length > 40) return undefined;
  // The directory's own form is taken as it stands: numbering plans change faster than libraries.
  if (/^7\d{10}$/.test(text)) return text;
  if (!/^(?:tel:)?[+\d\s().\-‐‑–]+$/i.test(text)) return undefined;
  const parsed = parsePhoneNumberFromString(text, 'RU');
  if (!parsed?.isPossible() || parsed.number.length > longestNumber) return undefined;
  // What is read differently a second time would be two numbers.
  return parsePhoneNumberFromString(parsed.number)?.number === parsed.number ? parsed.number.slice(1) : undefined;
}

/** All but the last four digits are hidden. */
export const maskPhone = (phone: string): string => `${'•'.repeat(Math.max(0, phone.length - 4))}${phone.slice(-4)}`;
