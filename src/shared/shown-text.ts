// What people sent, as it may be shown beside other words: it stays in its place, and says nothing about anybody. No I/O.
import { maskPhone } from './phone.js';

/** Without control characters, marks of direction, line separators and halves of letters; at most so many letters. */
export function plainText(text: string, most: number): string {
  const plain = text
    .slice(0, 4 * most)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, '')
    .trim();
  return [...plain].slice(0, most).join('');
}

/** The name of a file travels further than what is in it: phones, numbers of devices and e-mail addresses in it are masked. */
export const neutralName = (name: string): string =>
  name
    .replace(/\+?\d(?:[\s().-]{0,2}\d){9,16}/g, (digits) => maskPhone(digits.replace(/\D/g, '')))
    .replace(/[^\s@]{1,64}@[^\s@]{1,100}/g, (address) => `•••@•••${/\.[a-z]{3,4}$/i.exec(address)?.[0] ?? ''}`);
