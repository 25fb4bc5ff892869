import fc from 'fast-check';
import { isoTime, momentOf } from '../../src/shared/iso-time.js';

it('says what toISOString says, of any moment', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true }), (moment) => {
      expect(isoTime(moment)).toBe(moment.toISOString());
    }),
    { numRuns: 2_000 },
  );
});

it.each([
  -62_135_596_800_000, -30_610_224_000_000, -30_610_224_000_001, 0, -1, 951_782_400_000, 253_402_300_799_999,
  253_402_300_800_000, 8.64e15, -8.64e15,
])('at the edges: %i', (time) => expect(isoTime(new Date(time))).toBe(new Date(time).toISOString()));

it('reads back what it says, in any zone', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
      fc.integer({ min: -1_439, max: 1_439 }),
      (moment, minutes) => {
        const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
        const offset = `${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`;
        const local = new Date(moment.getTime() + minutes * 60_000).toISOString().replace('Z', offset);
        expect(momentOf(local)).toEqual(moment);
      },
    ),
    { numRuns: 1_000 },
  );
});

it.each([
  '2027-04-31T00:00:00Z',
  '2027-02-29T00:00:00Z',
  '2100-02-29T00:00:00Z',
  '2027-04-30T24:00:00Z',
  '2027-04-31T24:00:00Z',
  '2027-13-01T00:00:00Z',
  '2027-00-01T00:00:00Z',
  '2027-04-00T00:00:00Z',
  '2027-04-30T23:60:00Z',
  '2027-04-30T23:59:60Z',
  '2027-04-30T23:59:59+24:00',
  '2027-04-30T23:59:59+03:60',
  '2027-04-30T23:59:59',
  '2027-04-30',
  '2027-04-30 23:59:59Z',
  '+012027-04-30T23:59:59Z',
  `2027-04-30T23:59:59.${'0'.repeat(100)}Z`,
])('takes no moment that no calendar or clock has, or that is spelled in another way: %s', (text) => {
  expect(momentOf(text)).toBeUndefined();
});

it('lets the T and the Z be small, and the seconds be left out', () => {
  expect(momentOf('2028-02-29t23:59z')).toEqual(new Date('2028-02-29T23:59:00Z'));
});
