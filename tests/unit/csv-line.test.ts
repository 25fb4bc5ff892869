// CSV that a spreadsheet opens without harm.
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvLine } from '../../src/shared/csv.js';

it.each([
  ["=cmd|'/c calc'!A1", `"'=cmd|'/c calc'!A1"\r\n`],
  ['+79001234567', '"+79001234567"\r\n'],
  ['+7900-1', `"'+7900-1"\r\n`],
  ['-1', `"'-1"\r\n`],
  ['@SUM(A1)', `"'@SUM(A1)"\r\n`],
  ['\tx', `"'\tx"\r\n`],
  ['\rx', `"'\rx"\r\n`],
  ['\0x', `"'\0x"\r\n`],
  ['＝1', `"'＝1"\r\n`],
  ['＋1', `"'＋1"\r\n`],
  ['－1', `"'－1"\r\n`],
  ['＠1', `"'＠1"\r\n`],
  ['a=1', '"a=1"\r\n'],
  ['say "so", please', '"say ""so"", please"\r\n'],
  ['', '""\r\n'],
])('writes %j so that it is no formula', (cell, line) => {
  expect(csvLine([cell])).toBe(line);
});

it('writes numbers as they are, and nothing for null', () => {
  expect(csvLine([-1, null, 'x'])).toBe('"-1","","x"\r\n');
});

it('is read back as it was, but for the apostrophe', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (cells) => {
      const [read] = parse(csvLine(cells), { record_delimiter: '\r\n' });
      expect(read).toEqual(cells.map((cell) => (/^(?!\+\d+$)[=+\-@\t\r\n\0＝＋－＠]/.test(cell) ? `'${cell}` : cell)));
    }),
  );
});
