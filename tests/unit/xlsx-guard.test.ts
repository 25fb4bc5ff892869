// Which workbooks are let through, and that nothing else comes out of it than a yes, a 413 or a 415.
import fc from 'fast-check';
import { strToU8 } from 'fflate';
import { guardWorkbook } from '../../src/domain/imports/xlsx-guard.js';
import { Failure } from '../../src/shared/errors.js';
import { rezipped, workbook } from '../support/workbook.js';

const people = workbook([['phone'], ...Array.from({ length: 50 }, (_, i) => [79_001_234_500 + i])]);
const guard = (file: Uint8Array) => guardWorkbook(Buffer.from(file));

it('lets a workbook through, stored parts and pictures too', async () => {
  await guard(people);
  await guard(rezipped(people, { 'xl/media/a.png': [Uint8Array.of(1, 2, 3), { level: 0 }] }));
});

it('lets a large sheet of rows that are alike through', async () => {
  await guard(workbook(Array.from({ length: 100_000 }, (_, i) => [79_000_000_000 + i, 'vip'])));
});

it.each(['<!DOCTYPE a>', '<!DOCTYPE a [<!ENTITY b "c">]>', `${' '.repeat(65_530)}<!DOCTYPE a>`])(
  'refuses a part with a document type',
  async (text) => {
    const file = rezipped(people, { 'xl/styles.xml': strToU8(`<?xml version="1.0"?>${text}<a/>`) });
    await expect(guard(file)).rejects.toMatchObject({ httpStatus: 415 });
  },
);

it('refuses what is encrypted, in Zip64 or shorter than it says', async () => {
  const directory = Buffer.from(people).lastIndexOf('[Content_Types].xml') - 46;
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(people);
    copy.writeUInt32LE(value, directory + at);
    return guard(copy);
  };
  await expect(changed(8, 0x0008_0001)).rejects.toMatchObject({ httpStatus: 415 });
  await expect(changed(20, 0xffff_ffff)).rejects.toMatchObject({ httpStatus: 415 });
  await expect(changed(42, 0xffff_fff0)).rejects.toMatchObject({ httpStatus: 415 });
  await expect(changed(24, 1_000_000)).rejects.toMatchObject({ httpStatus: 415 });
});

it('answers damage of any kind with a refusal, or does not see it', async () => {
  const damage = fc.array(fc.tuple(fc.nat(people.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(damage, fc.nat(people.length), async (bytes, length) => {
      const copy = Buffer.from(people);
      for (const [at, byte] of bytes) copy[at] = byte;
      const told = await guard(copy.subarray(0, Math.max(length, 0))).catch((error: unknown) => error);
      expect(told === undefined || (told instanceof Failure && [413, 415].includes(told.httpStatus ?? 0))).toBe(true);
    }),
    { numRuns: 500 },
  );
  // The directory is at the end: damage there alone.
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: people.length - 300, max: people.length - 1 }),
      fc.nat(255),
      async (at, byte) => {
        const copy = Buffer.from(people);
        copy[at] = byte;
        const told = await guard(copy).catch((error: unknown) => error);
        expect(told === undefined || (told instanceof Failure && [413, 415].includes(told.httpStatus ?? 0))).toBe(true);
      },
    ),
    { numRuns: 1_000 },
  );
});
