// What a suppression's fields may hold, for every door and for files. Numbers come in any spelling.
import { z } from 'zod';
import { channels } from '../../entities/mailing.enums.js';
import { phoneDigits } from '../../shared/phone.js';

const phoneField = z.string().transform((spelling, context) => {
  const digits = phoneDigits(spelling);
  if (digits !== undefined) return digits;
  context.addIssue({ code: 'custom', message: 'expected a phone number, e.g. +7 900 123-45-67' });
  return z.NEVER;
});

const noteField = z
  .string()
  .trim()
  .max(500, 'expected at most 500 characters')
  .regex(/^[^\0]*$/, 'must not hold NUL');

export const suppressInput = z
  .strictObject({
    phone: phoneField.describe('In any spelling.'),
    channels: z
      .array(z.enum(channels))
      .min(1, 'give at least one channel')
      .transform((given) => channels.filter((channel) => given.includes(channel)))
      .describe('How it must not be contacted.'),
    note: noteField.nullish().describe('Why, for people; at most 500 characters.'),
  })
  .meta({ id: 'SuppressInput', description: 'A number that must not be contacted.' });

/** The last four digits of a number, or the whole of it. */
export const suppressionFilterInput = z.strictObject({
  phone: z
    .union([z.string().regex(/^\d{4}$/), phoneField], 'expected a phone number, or its last four digits')
    .nullish(),
  channel: z.enum(channels).nullish(),
});

/** An empty cell says nothing. */
const cell = <Field extends z.ZodType>(field: Field) =>
  z.preprocess(
    (text: unknown) => (typeof text === 'string' && text.trim() !== '' ? text.trim() : undefined),
    field.optional(),
  );

/** One row of a file; a row without a channel is about all of them. */
export const suppressionImportRow = z.object({
  phone: phoneField,
  channel: cell(
    z.preprocess((text: unknown) => String(text).toUpperCase(), z.enum(channels, 'expected MESSAGE or CALL')),
  ),
  note: cell(noteField),
});

export type SuppressInput = z.input<typeof suppressInput>;
export type SuppressionFilter = z.input<typeof suppressionFilterInput>;
export type SuppressionImportRow = z.output<typeof suppressionImportRow>;
