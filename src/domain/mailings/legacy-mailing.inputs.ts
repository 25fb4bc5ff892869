// What clients of the old mailing server send, under its names and in its spellings: numbers as text or as JSON numbers, dates
// with or without an offset, an empty field of a form for one that is not set. What the values may be is asked of the services.
import { z } from 'zod';
import { momentOf } from '../../shared/iso-time.js';

const told = ({ input }: { readonly input?: unknown }): string => {
  if (input === undefined) return 'This field is required.';
  return input === null ? 'This field may not be null.' : 'Not a valid string.';
};

/** Also 79001234567 and 900, as numbers. */
const textField = z.union([z.string(), z.number()], { error: told }).transform(String);

const spelledMoment = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d(?:[.,]\d+)?))?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/** Without an offset it is UTC, which was the old server's own zone; a day alone is its first moment. */
function spelledMomentOf(text: string): Date | undefined {
  const [, day = '', minute = '00:00', second = '00', zone = 'Z'] = spelledMoment.exec(text.trim()) ?? [];
  const [, hours, minutes = '00'] = /^([+-]\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const canonical = `${day}T${minute}:${second.replace(',', '.')}${hours ? `${hours}:${minutes}` : 'Z'}`;
  return momentOf(canonical);
}

const momentField = z
  .string({ error: told })
  .transform((text, context) => {
    if (text === '') return null;
    const moment = spelledMomentOf(text);
    if (moment) return moment;
    context.addIssue({
      code: 'custom',
      message: 'Expected ISO 8601, such as 2026-12-31T21:00:00Z; UTC without an offset.',
    });
    return z.NEVER;
  })
  .nullish();

/** HH:MM: seconds are read and dropped. */
const timeField = z
  .string({ error: told })
  .regex(/^(?:(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?)?$/, 'Expected HH:MM or HH:MM:SS.')
  .transform((text) => {
    const [hours = '', minutes] = text.split(':');
    return minutes === undefined ? null : `${hours.padStart(2, '0')}:${minutes}`;
  })
  .nullish();

const legacyClientFields = z.object({
  number: textField.meta({ description: '7XXXXXXXXXX.', examples: ['79001234567'] }),
  operator_code: textField.optional().meta({ description: 'Taken from the number where left out.', examples: ['900'] }),
  tag: textField.optional().meta({ description: 'By which mailings choose them.', examples: ['vip'] }),
  timezone: textField
    .optional()
    .meta({ description: 'IANA name; DEFAULT_TIMEZONE where left out.', examples: ['Europe/Moscow'] }),
});

export const createLegacyClientInput = legacyClientFields.meta({
  id: 'CreateLegacyClientInput',
  description: 'A client as the old server took it.',
});

/** An absent key leaves the value. */
export const updateLegacyClientInput = legacyClientFields
  .partial()
  .meta({ id: 'UpdateLegacyClientInput', description: 'What is to change.' });

const legacyMailingFields = z.object({
  start_day: momentField.meta({
    description: 'ISO 8601, UTC without an offset; now where left out.',
    examples: ['2096-01-01T06:00:00Z'],
  }),
  end_day: momentField.meta({
    description: 'ISO 8601, UTC without an offset; ten years on where left out, and then read back as null.',
    examples: ['2096-01-08T18:00:00Z'],
  }),
  start_time: timeField.meta({
    description: "HH:MM or HH:MM:SS of the client's local time; any time where both are left out.",
    examples: ['09:00:00'],
  }),
  end_time: timeField.meta({
    description: 'Together with start_time; an earlier one crosses midnight.',
    examples: ['21:00:00'],
  }),
  body: textField.describe('The text.'),
  tag: textField.optional().describe('One tag; any where it is empty.'),
  operator_code: textField.optional().describe('One operator code; any where it is empty.'),
});

export const createLegacyMailingInput = legacyMailingFields.meta({
  id: 'CreateLegacyMailingInput',
  description: 'A mailing as the old server took it.',
});

/** An absent key leaves the value; null takes the end or the window away. */
export const updateLegacyMailingInput = legacyMailingFields
  .partial()
  .meta({ id: 'UpdateLegacyMailingInput', description: 'What is to change.' });

export type CreateLegacyClientInput = z.input<typeof createLegacyClientInput>;
export type UpdateLegacyClientInput = z.input<typeof updateLegacyClientInput>;
export type CreateLegacyMailingInput = z.input<typeof createLegacyMailingInput>;
export type UpdateLegacyMailingInput = z.input<typeof updateLegacyMailingInput>;
export type NewLegacyMailing = z.output<typeof createLegacyMailingInput>;
export type LegacyMailingFields = z.output<typeof updateLegacyMailingInput>;
