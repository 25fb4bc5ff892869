// What a client's fields may hold: one rule for each, for every door and for files.
import { z } from 'zod';
import { clientOrders } from '../../entities/mailing.enums.js';
import { canonicalTimeZone } from '../../shared/time-zone.js';
import { audienceInput } from '../mailings/mailing.inputs.js';

const phoneField = z.string().regex(/^7\d{10}$/, 'expected 7XXXXXXXXXX, 11 digits');

const operatorCodeField = z.string().regex(/^\d{3}$/, 'expected three digits');

const tagField = z
  .string()
  .trim()
  .max(100, 'expected at most 100 characters')
  .regex(/^[^\0]*$/, 'must not hold NUL');

const nameField = z
  .string()
  .trim()
  .max(200, 'expected at most 200 characters')
  .regex(/^[^\p{Cc}]*$/u, 'must not hold control characters')
  .transform((name) => name || null);

const timezoneField = z.string().transform((name, context) => {
  const canonical = canonicalTimeZone(name);
  if (canonical !== undefined) return canonical;
  context.addIssue({ code: 'custom', message: 'expected an IANA time zone, e.g. Europe/Moscow' });
  return z.NEVER;
});

export const createClientInput = z
  .strictObject({
    phone: phoneField.describe('7XXXXXXXXXX, 11 digits.'),
    operatorCode: operatorCodeField.nullish().describe('Taken from the phone where left out.'),
    tag: tagField.nullish().describe('By which mailings choose them; at most 100 characters.'),
    timezone: timezoneField.describe('IANA name.'),
    name: nameField.nullish().describe('At most 200 characters.'),
  })
  .meta({ id: 'CreateClientInput', description: 'A person who can be reached.' });

/** An absent key leaves the value; null clears tag and name, and takes the operator code from the phone again. */
export const updateClientInput = z
  .strictObject({
    phone: phoneField.optional().describe('7XXXXXXXXXX, 11 digits.'),
    operatorCode: operatorCodeField.nullish().describe('Null takes it from the phone.'),
    tag: tagField.nullish().describe('By which mailings choose them; null clears it.'),
    timezone: timezoneField.optional().describe('IANA name.'),
    name: nameField.nullish().describe('At most 200 characters; null clears it.'),
  })
  .meta({ id: 'UpdateClientInput', description: 'What is to change.' });

export const clientFilterInput = audienceInput.extend({
  search: z
    .string()
    .trim()
    .max(200, 'expected at most 200 characters')
    .regex(/^[^\0]*$/, 'must not hold NUL')
    .nullish(),
});

export const clientQueryInput = z.strictObject({
  filter: clientFilterInput.nullish(),
  orderBy: z.enum(clientOrders).nullish(),
});

/** Files spell numbers as people do: +7 900 123-45-67, 8 (900) 123-45-67. Anything less than all eleven digits stays refused. */
const spelledPhone = z
  .string()
  .transform((spelling) => /^(?:\+?7|8)(\d{10})$/.exec(spelling.replace(/[\s().-]/g, ''))?.[1])
  .refine((digits) => digits !== undefined, 'expected 7XXXXXXXXXX, 11 digits')
  .transform((digits) => `7${digits}`);

/** An empty cell says nothing. */
const cell = <Field extends z.ZodType>(field: Field) =>
  z.preprocess(
    (text: unknown) => (typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined),
    field.optional(),
  );

/** One row of a file; a client who is known keeps what it says nothing about. */
export const clientImportRow = z.object({
  phone: spelledPhone,
  operatorCode: cell(operatorCodeField),
  tag: cell(tagField),
  timezone: cell(timezoneField),
  name: cell(nameField),
});

export type CreateClientInput = z.input<typeof createClientInput>;
export type UpdateClientInput = z.input<typeof updateClientInput>;
export type NewClient = z.output<typeof createClientInput>;
export type ClientChanges = z.output<typeof updateClientInput>;
export type ClientFilter = z.output<typeof clientFilterInput>;
export type ClientQuery = z.input<typeof clientQueryInput>;
export type ClientImportRow = z.output<typeof clientImportRow>;
