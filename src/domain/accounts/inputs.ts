// What an account's fields may hold: one rule for each, for every door.
import { z } from 'zod';
import { roles, scopes } from '../../entities/account.enums.js';

export const loginField = z
  .string()
  .transform((login) => login.trim().normalize('NFKC').toLowerCase())
  .pipe(z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,63}$/u, 'expected 1 to 64 letters, digits or . _ @ + -'));

export const nameField = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'expected at most 200 characters')
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters');

export const passwordField = z
  .string()
  .refine((password) => [...password.normalize('NFKC')].length >= 8, 'expected at least 8 characters')
  .refine((password) => password.length <= 128, 'expected at most 128 characters');

export const roleField = z.enum(roles);
export const scopesField = z
  .array(z.enum(scopes))
  .min(1, 'give at least one scope')
  .transform((given) => [...new Set(given)]);

const known: ReadonlySet<string> = new Set(scopes);

/** What a session is narrowed to. One fault, however many names are unknown. */
export const narrowingField = z
  .array(z.string())
  .min(1, 'give at least one scope')
  .refine((given) => given.every((name) => known.has(name)), `expected some of ${scopes.join(', ')}`)
  .transform((given) => scopes.filter((scope) => given.includes(scope)));

export const futureField = z.coerce
  .date()
  .refine((moment) => moment.getTime() > Date.now(), 'expected a moment in the future');
export const telegramIdField = z.string().regex(/^[1-9]\d{0,18}$/, 'expected a numeric Telegram id');
export const noteField = z
  .string()
  .trim()
  .max(500, 'expected at most 500 characters')
  .regex(/^[^\0]*$/, 'must not hold NUL');
