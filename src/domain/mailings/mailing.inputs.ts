// What a mailing's fields may hold: one rule for each, for every door. What depends on the moment is asked apart from the
// shape, so that a request that is repeated under its idempotency key gets its first answer even after the end.
import { z } from 'zod';
import { uncertainPolicies, weekdays } from '../../entities/mailing.enums.js';
import type { FieldCode } from '../../shared/error-details.js';
import { badInputs, type FieldFault } from '../../shared/errors.js';
import { momentOf } from '../../shared/iso-time.js';
import type { LocalWindow } from './local-window.js';

export const mailingTextField = z
  .string()
  .regex(/\S/, 'must not be empty')
  .regex(/^[^\0]*$/, 'must not hold NUL')
  .refine((text) => [...text].length <= 2_000, 'expected at most 2000 characters');

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

const localTimeField = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:MM, 00:00 to 23:59');

const localTimes = z.object({ from: localTimeField, to: localTimeField });

/** Both ends as minutes of the local day. */
export const windowInput = z
  .strictObject({
    from: localTimeField.describe('HH:MM'),
    to: localTimeField.describe('HH:MM; earlier than from: it crosses midnight.'),
    days: z
      .array(z.enum(weekdays))
      .min(1, 'give at least one day, or leave it out for any')
      .refine((days) => new Set(days).size === days.length, 'give each day once')
      .nullish()
      .meta({ description: 'On which days it opens; any where left out.', uniqueItems: true }),
  })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    error: 'must not equal from; leave the window out for any time',
    // Also where the days are wrong: all faults are told at once.
    when: ({ value }) => localTimes.safeParse(value).success,
  })
  .transform(({ from, to, days }): LocalWindow => ({ from: minutesOf(from), to: minutesOf(to), days: days ?? null }));

const few = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .max(1_000, 'expected at most 1000 values')
    .nullish()
    .transform((values) => [...new Set(values ?? [])]);

/** Empty lists do not restrict. */
export const audienceInput = z.strictObject({
  operatorCodes: few(z.string().regex(/^\d{3}$/, 'expected three digits')).describe('One of these; any where empty.'),
  tags: few(
    z
      .string()
      .trim()
      .max(100, 'expected at most 100 characters')
      .regex(/^[^\0]*$/, 'must not hold NUL'),
  ).describe('One of these; any where empty.'),
});

const earliest = new Date('1970-01-01T00:00:00Z');
const latest = new Date('9998-12-31T23:59:59Z');

/** RFC 3339 from JSON, a Date from GraphQL. */
export const momentField = z.preprocess(
  (given: Date | string) => (typeof given === 'string' ? (momentOf(given) ?? given) : given),
  z
    .date('expected RFC 3339 with an offset')
    .min(earliest, 'expected a year from 1970 on')
    .max(latest, 'expected a year before 9999'),
);

const rateLimitField = z.int().min(1, 'expected at least 1').max(10_000, 'expected at most 10000').nullish();

/** `demandSpan` says whether its span will do. */
export const createMailingInput = z
  .strictObject({
    text: mailingTextField.describe('1 to 2000 characters.'),
    filter: audienceInput.nullish().describe('Whom it is for; everybody where left out.'),
    startsAt: momentField.nullish().describe('Now where left out.'),
    endsAt: momentField.describe('What is not sent by then expires.'),
    window: windowInput.nullish().describe("Times of each client's own day; any where left out."),
    rateLimit: rateLimitField.describe('Messages a second, 1 to 10000; as fast as possible where left out.'),
    onUncertain: z.enum(uncertainPolicies).nullish().describe('What is done where nobody knows whether it was sent.'),
  })
  .meta({ id: 'CreateMailingInput', description: 'A new mailing.' });

/** An absent key leaves the value; null clears filter, window and rateLimit. */
export const updateMailingInput = z
  .strictObject({
    text: mailingTextField.optional().describe('For messages that are not sent yet.'),
    filter: audienceInput.nullish().describe('Whom it is for; null for everybody.'),
    startsAt: momentField.optional().describe('Until it has started.'),
    endsAt: momentField.optional().describe('What is not sent by then expires.'),
    window: windowInput.nullish().describe("Times of each client's own day; null for any."),
    rateLimit: rateLimitField.describe('Messages a second, 1 to 10000; null for as fast as possible.'),
  })
  .meta({ id: 'UpdateMailingInput', description: 'What is to change.' });

export type CreateMailingInput = z.input<typeof createMailingInput>;
export type UpdateMailingInput = z.input<typeof updateMailingInput>;
export type NewMailing = z.output<typeof createMailingInput>;
export type MailingChanges = z.output<typeof updateMailingInput>;

interface Span {
  /** Now where it is absent. */
  readonly startsAt?: Date | null | undefined;
  readonly endsAt: Date;
}

export function demandSpan(span: Span, now: Date): void {
  const faults = spanFaults(span, now);
  if (faults.length > 0) throw badInputs(faults);
}

/** A start in the past is one that has come; an end has to lie ahead, and behind the start. */
export function spanFaults({ startsAt, endsAt }: Span, now: Date): FieldFault[] {
  const fault = (code: FieldCode, message: string): FieldFault[] => [{ path: 'endsAt', code, message }];
  if (endsAt <= now) return fault('PAST', 'expected a moment in the future');
  return startsAt && endsAt <= startsAt ? fault('ORDER', 'expected a moment after startsAt') : [];
}

const readableSpan = z.object({ startsAt: momentField.nullish().catch(undefined), endsAt: momentField });

/** The same of an input that does not fit its schema, as far as its span can be read. */
export function readableSpanFaults(input: unknown, now: Date): FieldFault[] {
  const { data } = readableSpan.safeParse(input);
  return data ? spanFaults(data, now) : [];
}
