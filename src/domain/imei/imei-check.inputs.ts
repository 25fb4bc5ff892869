// What may be asked of a device, and which checks a list shows: one rule for each field, for every door.
import { z } from 'zod';
import { doors } from '../../entities/account.enums.js';
import { type ImeiProblem, imeiCheckStatuses } from '../../entities/imei.enums.js';
import { readImei } from './imei-number.js';

/** Seconds for which an answer is good where nothing is said. */
export const defaultMaxAge = 86_400;

const greatestInt = 2_147_483_647;

export const serviceField = z
  .int('expected the id of a service')
  .min(1, 'expected the id of a service')
  .max(greatestInt);
export const ageField = z.int().min(0, 'expected 0 or more').max(greatestInt);

export const problems: Readonly<Record<ImeiProblem, string>> = {
  LENGTH: 'expected 15 digits, or 14 without the check digit, or the 16 of an IMEISV',
  NOT_DIGITS: 'expected digits only',
  CHECKSUM: 'the check digit does not fit: a digit is wrong, or two are swapped',
  ALL_ZERO: 'this is what a phone without a number says',
};

/** The 15 digits of it; what is wrong with a number is its fault's code. */
export const imeiField = z.string().transform((text, context) => {
  const reading = readImei(text);
  if ('imei' in reading) return reading.imei;
  const { problem } = reading;
  context.addIssue({ code: 'custom', message: problems[problem], params: { code: problem } });
  return z.NEVER;
});

export const checkImeiInput = z
  .strictObject({
    imei: imeiField.describe('In any spelling; 14, 15 or 16 digits.'),
    serviceId: serviceField.nullish().describe('Of the provider; chosen by the brand where left out.'),
    maxAgeSeconds: ageField.nullish().describe('How old a known answer may be; 86400 where left out.'),
  })
  .meta({ id: 'CheckImeiInput', description: 'A device to be checked.' });

/** A year of hours. */
const longestInterval = 8_760;

export const watchImeiInput = z.strictObject({
  imei: imeiField,
  everyHours: z
    .int('expected a number of hours')
    .min(1, 'expected at least an hour')
    .max(longestInterval, 'expected at most a year, 8760 hours'),
});

const digits = (message: string, pattern: RegExp) => z.string().trim().regex(pattern, message);

export const imeiCheckQuery = z.strictObject({
  filter: z
    .strictObject({
      imei: imeiField.nullish(),
      tac: digits('expected the eight digits of a TAC', /^\d{8}$/).nullish(),
      status: z.array(z.enum(imeiCheckStatuses)).nullish(),
      via: z.array(z.enum(doors)).nullish(),
      createdAt: z.strictObject({ from: z.date().nullish(), to: z.date().nullish() }).nullish(),
    })
    .nullish(),
});

export type CheckImeiInput = z.input<typeof checkImeiInput>;
export type WatchImeiInput = z.input<typeof watchImeiInput>;
export type ImeiCheckQuery = z.input<typeof imeiCheckQuery>;
export type ImeiCheckFilter = z.output<typeof imeiCheckQuery>['filter'];
