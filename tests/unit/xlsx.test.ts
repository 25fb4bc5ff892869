// Workbooks that are made while their rows come: read again by another's reader.
import { setImmediate as turn } from 'node:timers/promises';
import { unzipSync } from 'fflate';
import readWorkbook from 'read-excel-file/universal';
import { guardWorkbook } from '../../src/domain/imports/xlsx-guard.js';
import { type Sheets, workbook } from '../../src/shared/xlsx.js';

type Row = (string | null)[];

async function* lines(rows: readonly Row[]): AsyncGenerator<Row> {
  for (const row of rows) {
    await turn();
    yield row;
  }
}

async function bytesOf(sheets: Omit<Sheets, 'name' | 'header'>): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Buffer[] = [];
  for await (const piece of workbook({ name: 'people', header: ['name', 'note'], ...sheets })) pieces.push(piece);
  return new Uint8Array(Buffer.concat(pieces));
}

const partOf = (file: Uint8Array, name: string): string => new TextDecoder().decode(unzipSync(file)[name]);

it('is read as it was written', async () => {
  const rows = [
    ['Анна <&> "so"', null],
    ['', '👍 two\nlines'],
    ['  spaces  ', '79001234567'],
  ];
  const file = await bytesOf({ rows: lines(rows) });
  await guardWorkbook(Buffer.from(file));
  const [sheet, ...others] = await readWorkbook(new Blob([file]), { trim: false });
  expect(others).toEqual([]);
  expect(sheet).toEqual({
    sheet: 'people',
    data: [['name', 'note'], [rows[0]?.[0], null], [null, rows[1]?.[1]], rows[2]],
  });
});

it('takes another sheet where one is full, each with its header', async () => {
  const rows = Array.from({ length: 5 }, (_, index) => [`row ${index}`, null]);
  const file = await bytesOf({ rows: lines(rows), mostRows: 3 });
  const sheets = await readWorkbook(new Blob([file]));
  expect(sheets.map(({ sheet, data }) => [sheet, data.map(([name]) => name)])).toEqual([
    ['people', ['name', 'row 0', 'row 1']],
    ['people 2', ['name', 'row 2', 'row 3']],
    ['people 3', ['name', 'row 4']],
  ]);
});

it('has one sheet with its header where there is nothing', async () => {
  const file = await bytesOf({ rows: lines([]), mostRows: 3 });
  expect(await readWorkbook(new Blob([file]))).toEqual([{ sheet: 'people', data: [['name', 'note']] }]);
});

it.each([
  ["=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"],
  ['+1+cmd', "'+1+cmd"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['－1', "'－1"],
  ['+79001234567', '+79001234567'],
])('has %j as text, and nothing that is computed', async (text, shown) => {
  const file = await bytesOf({ rows: lines([[text, null]]) });
  const [sheet] = await readWorkbook(new Blob([file]));
  expect(sheet?.data[1]?.[0]).toBe(shown);
  const xml = partOf(file, 'xl/worksheets/sheet1.xml');
  expect(xml).toContain('<c r="A2" s="1" t="inlineStr">');
  expect(xml).not.toContain('<f');
  expect(partOf(file, 'xl/styles.xml')).toMatch(/<xf numFmtId="0"[^>]*><xf numFmtId="49"[^>]*quotePrefix="1"/);
});

it('spells what XML has no signs for as spreadsheets do', async () => {
  const file = await bytesOf({ rows: lines([['a\u0001b\rc\uFFFFd', '_x0041_ _x41_']]) });
  const xml = partOf(file, 'xl/worksheets/sheet1.xml');
  expect(xml).toContain('>a_x0001_b_x000D_c_xFFFF_d<');
  expect(xml).toContain('>_x005F_x0041_ _x41_<');
});

it('breaks off where its rows do', async () => {
  async function* broken(): AsyncGenerator<Row> {
    yield ['first', null];
    throw new Error('gone');
  }
  await expect(bytesOf({ rows: broken() })).rejects.toThrow('gone');
});

it('lets go of its rows when nobody reads on', async () => {
  let left = false;
  async function* endless(): AsyncGenerator<Row> {
    try {
      for (;;) yield ['again', Math.random().toString(36)];
    } finally {
      left = true;
    }
  }
  for await (const piece of workbook({ name: 'people', header: ['name'], rows: endless() }))
    if (piece.length > 1_000) break;
  expect(left).toBe(true);
});
