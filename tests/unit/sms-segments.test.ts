// SMS segments of a text, counted by hand at the edges of both codings.
import fc from 'fast-check';
import { smsSegments } from '../../src/domain/mailings/sms-segments.js';

it.each([
  ['one letter', 'a', 1],
  ['160 of GSM-7', 'a'.repeat(160), 1],
  ['161 of GSM-7', 'a'.repeat(161), 2],
  ['306 of GSM-7, two full parts', 'a'.repeat(306), 2],
  ['307 of GSM-7', 'a'.repeat(307), 3],
  ['80 euros, two septets each', '€'.repeat(80), 1],
  ['81 euros', '€'.repeat(81), 2],
  ['152 letters, a bracket that would be cut, and 152 more', `${'a'.repeat(152)}[${'a'.repeat(152)}`, 3],
  ['151 letters, a bracket that just fits, and 153 more', `${'a'.repeat(151)}[${'a'.repeat(153)}`, 2],
  ['every character of the extension', '^{}\\[~]|€\f', 1],
  ['line ends and accents of the basic alphabet', `${'é'.repeat(158)}\r\n`, 1],
  ['70 of Cyrillic', 'я'.repeat(70), 1],
  ['71 of Cyrillic', 'я'.repeat(71), 2],
  ['134 of Cyrillic', 'я'.repeat(134), 2],
  ['135 of Cyrillic', 'я'.repeat(135), 3],
  ['one foreign letter among 70', `${'a'.repeat(69)}ç`, 1],
  ['one foreign letter among 71', `${'a'.repeat(70)}ç`, 2],
  ['35 emoji, two units each', '🙂'.repeat(35), 1],
  ['36 emoji', '🙂'.repeat(36), 2],
  ['66 letters, an emoji that would be cut, and 66 more', `${'я'.repeat(66)}🙂${'я'.repeat(66)}`, 3],
])('%s: %#', (_, text, segments) => {
  expect(smsSegments(text)).toBe(segments);
});

it('never takes fewer for a longer text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.string({ unit: 'grapheme' }), (text, more) => {
      expect(smsSegments(text + more)).toBeGreaterThanOrEqual(smsSegments(text));
    }),
  );
});
