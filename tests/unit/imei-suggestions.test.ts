// Which numbers are offered to somebody who mistyped one.
import fc from 'fast-check';
import { luhnDigit, readImei } from '../../src/domain/imei/imei-number.js';
import { bestFirst, imeiCandidates } from '../../src/domain/imei/imei-suggestions.js';

const phone = '356735111052198';
const anyImei = fc
  .string({ unit: fc.constantFrom(...'0123456789'), minLength: 14, maxLength: 14 })
  .filter((text) => text !== '0'.repeat(14))
  .map((text) => `${text}${luhnDigit(text)}`);

it('every number that was typed with one wrong digit is among the candidates', () => {
  fc.assert(
    fc.property(anyImei, fc.nat(14), fc.integer({ min: 1, max: 9 }), (imei, index, more) => {
      const wrong = `${imei.slice(0, index)}${(Number(imei[index]) + more) % 10}${imei.slice(index + 1)}`;
      expect(imeiCandidates(wrong)).toContain(imei);
    }),
  );
});

it('every number of which two neighbours were swapped is among the first candidates', () => {
  fc.assert(
    fc.property(anyImei, fc.integer({ min: 1, max: 14 }), (imei, index) => {
      const wrong = [imei.slice(0, index - 1), imei[index], imei[index - 1], imei.slice(index + 1)].join('');
      // 09 and 90 have the same check digit.
      fc.pre('problem' in readImei(wrong));
      expect(imeiCandidates(wrong).slice(0, 14)).toContain(imei);
    }),
  );
});

it('all are valid, different, one slip away, and bounded, whatever was typed', () => {
  const almost = fc.string({ unit: fc.constantFrom(...'0123456789O- '), minLength: 13, maxLength: 20 });
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), almost), (text) => {
      const candidates = imeiCandidates(text);
      expect(new Set(candidates).size).toBe(candidates.length);
      expect(candidates.length).toBeLessThanOrEqual(29);
      expect(bestFirst(candidates, () => false).length).toBeLessThanOrEqual(10);
      for (const candidate of candidates) {
        expect(readImei(candidate)).toMatchObject({ imei: candidate });
        expect(slipsBetween(text.replace(/[^0-9O]/g, ''), candidate)).toBeLessThanOrEqual(2);
      }
    }),
    { numRuns: 2_000 },
  );
});

/** A swapped pair differs in two places. */
const slipsBetween = (text: string, other: string): number =>
  [...other].filter((digit, index) => digit !== text[index]).length;

it('a letter in the place of a digit is read as the one digit that passes', () => {
  expect(imeiCandidates('3567351110S2198')).toEqual([phone]);
  expect(imeiCandidates('35-673511-1O5219-8')).toEqual([phone]);
  expect(imeiCandidates('35673511１052198')).toEqual([phone]);
});

it.each(['', '3567351110521', '35673511105219812', '3567351l1OS2198', 'x'.repeat(15), '🙂'.repeat(8), '9'.repeat(1e5)])(
  'none is one slip away from what %# says',
  (text) => {
    expect(imeiCandidates(text)).toEqual([]);
  },
);

it('the likeliest slips come first: swapped neighbours, then a neighbouring key, then any other digit', () => {
  const keys = ['123', '456', '789', ' 0 '];
  const keyOf = (digit: string) => {
    const row = keys.findIndex((some) => some.includes(digit));
    return { row, column: keys[row]?.indexOf(digit) ?? 0 };
  };
  const apart = (one: string, other: string): number =>
    Math.abs(keyOf(one).row - keyOf(other).row) + Math.abs(keyOf(one).column - keyOf(other).column);
  const likelihood = (typed: string, candidate: string): number => {
    const wrong = [...candidate].flatMap((digit, index) => (digit === typed[index] ? [] : [index]));
    const [index = 0] = wrong;
    return wrong.length === 2 ? 0 : apart(typed.charAt(index), candidate.charAt(index)) === 1 ? 1 : 2;
  };
  fc.assert(
    fc.property(anyImei, fc.nat(14), fc.integer({ min: 1, max: 9 }), (imei, index, more) => {
      const typed = `${imei.slice(0, index)}${(Number(imei[index]) + more) % 10}${imei.slice(index + 1)}`;
      const order = imeiCandidates(typed).map((candidate) => likelihood(typed, candidate));
      expect(order).toEqual([...order].sort());
    }),
  );
});

it('nobody is offered the number of zeros', () => {
  expect(imeiCandidates('000000000000001')).not.toContain('000000000000000');
  expect(imeiCandidates('000000000000001').length).toBeGreaterThan(0);
});

describe('the best first', () => {
  it('a known model before what a body registers, before what nobody does; otherwise as they came', () => {
    // 356735111052198 with its first two digits swapped, and others that pass.
    const wrong = '536735111052198';
    const ordered = bestFirst(imeiCandidates(wrong), (imei) => imei === phone);
    expect(ordered[0]).toBe(phone);
    const unranked = bestFirst(
      ['771234567890123', '001234567890123', '356735111052198', '861234567890123'],
      () => false,
    );
    expect(unranked).toEqual(['356735111052198', '861234567890123', '771234567890123', '001234567890123']);
  });

  it('are ten', () => {
    const many = imeiCandidates('356735111052199');
    expect(many.length).toBeGreaterThan(10);
    expect(bestFirst(many, () => false)).toHaveLength(10);
  });
});
