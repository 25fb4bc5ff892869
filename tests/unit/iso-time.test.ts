import fc from 'fast-check';
import { isoTime } from '../../src/shared/iso-time.js';

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
