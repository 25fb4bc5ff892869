// What may be ordered as a batch: one rule for each field, for every door.
import { z } from 'zod';
import { badInputs, type FieldFault, mostFaults } from '../../shared/errors.js';
import { ageField, imeiField, problems, serviceField } from './imei-check.inputs.js';
import { readImei } from './imei-number.js';

/** In one list; files may have more. */
export const mostInList = 10_000;
const dearest = 1_000_000_000;

const costField = z
  .string()
  .regex(/^\d{1,10}(\.\d{1,6})?$/, { abort: true, error: 'expected USD as a decimal number, e.g. 12.50' })
  .refine((text) => Number(text) > 0, 'expected more than 0')
  .refine((text) => Number(text) <= dearest, `expected at most ${dearest}`);

export const batchTerms = z.strictObject({
  serviceId: serviceField.nullish().describe('Of the provider; chosen by the brand of each where left out.'),
  maxAgeSeconds: ageField.nullish().describe('How old a known answer may be; 86400 where left out.'),
  costLimit: costField.nullish().describe('USD, as a decimal number; none where left out.'),
});

export const checkImeisInput = batchTerms
  .extend({
    imeis: z
      .array(imeiField)
      .min(1, 'expected at least one')
      .max(mostInList, `expected at most ${mostInList}; send more as a file`)
      .describe('In any spelling.'),
  })
  .meta({ id: 'CheckImeisInput', description: 'Devices to be checked together.' });

export type CheckImeisInput = z.input<typeof checkImeisInput>;
export type BatchTerms = z.input<typeof batchTerms>;

/** A number that somebody wrote, and where. */
export interface WrittenImei {
  /** Place in the list, or row of the file, from 1. */
  readonly n: number;
  readonly text: string;
}

export interface BatchItem {
  readonly n: number;
  readonly imei: string;
}

/** Takes numbers in one by one; what is wrong with them is told together. */
export class ImeiCollector {
  readonly #faults: FieldFault[] = [];

  constructor(private readonly pathOf: (n: number) => string) {}

  /** Undefined where it is no IMEI; throws when there is no use in going on. */
  read({ n, text }: WrittenImei): BatchItem | undefined {
    const reading = readImei(text);
    if ('imei' in reading) return { n, imei: reading.imei };
    this.#faults.push({ path: this.pathOf(n), code: reading.problem, message: problems[reading.problem] });
    if (this.#faults.length === mostFaults) this.end();
    return undefined;
  }

  /** Throws where anything was wrong: nothing is ordered then, since every check is paid for. */
  end(): void {
    if (this.#faults.length > 0) throw badInputs(this.#faults);
  }
}
