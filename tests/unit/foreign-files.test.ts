// A hostile file of 256 kB costs no more than three times as much as a well-formed one, or 20 ms of CPU; four times the file
// costs about four times as much. What an answer of a provider lists counts as a file.
import { createHash } from 'node:crypto';
import { strToU8 } from 'fflate';
import { readSheet } from 'read-excel-file/universal';
import { writtenImeis } from '../../src/domain/imei/imei-batch-file.js';
import { tacRows } from '../../src/domain/imei/tac-rows.js';
import { columnsOf, fieldsOf } from '../../src/domain/imports/columns.js';
import { csvLines, encodingOf } from '../../src/domain/imports/csv-rows.js';
import { guardWorkbook } from '../../src/domain/imports/xlsx-guard.js';
import { checksIn } from '../../src/gateways/imei/check-object.js';
import { bestOf, excess, longestText } from '../support/cpu-cost.js';
import { rezipped, sheetOf, workbook } from '../support/workbook.js';

const worseThanWellFormed = 3;

type Reader = (file: string) => unknown;
type Maker = (length: number) => string;

const filledWith = (unit: string, length: number): string => unit.repeat(length / unit.length);

/** What is wrong with reading files of each of these, by their names. */
async function excesses(read: Reader, wellFormed: Maker, hostile: Readonly<Record<string, Maker>>) {
  const usual = await bestOf(3, () => read(wellFormed(longestText)));
  const wrong: Record<string, string> = {};
  for (const [name, input] of Object.entries(hostile)) {
    const found = await excess({ input, read, allowed: worseThanWellFormed * usual });
    if (found) wrong[name] = `${found}; ${usual} ms for a well-formed one`;
  }
  return wrong;
}

async function exhaust(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows);
}

async function* piecesOf(text: string): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

const linesOf = async (text: string) => csvLines(() => piecesOf(text), await encodingOf(() => piecesOf(text)));

async function readPeople(text: string): Promise<void> {
  for await (const { cells } of await linesOf(text))
    fieldsOf(cells, columnsOf(cells, ['phone', 'operatorCode', 'tag', 'timezone', 'name', 'channel', 'note']));
}

describe('CSV', () => {
  const cells = ['"', '""', '"a', 'a"b', ',', ';', '\n', '\r', ' ', '\0', '😀', '7.9', '"\n', ';\n'];
  const beginnings = ['', 'phone,name\n', 'imei\n'];
  const hostile = Object.fromEntries(
    beginnings.flatMap((beginning) =>
      cells.map((cell): [string, Maker] => [
        JSON.stringify(beginning + cell),
        (length) => beginning + filledWith(cell, length),
      ]),
    ),
  );

  it.each<[string, Reader, string, string]>([
    ['of people', readPeople, 'phone,name\n', '79001234567,Иван Петров\n'],
    ['of TACs', async (text) => exhaust(tacRows(await linesOf(text))), 'tac,name,name\n', '35693803,Apple,iPhone 7\n'],
    ['of IMEIs', (text) => exhaust(writtenImeis(piecesOf(text), createHash('sha256'))), 'imei\n', '356938035643809\n'],
  ])('%s', async (_name, read, header, row) => {
    expect(await excesses(read, (length) => header + filledWith(row, length), hostile)).toEqual({});
  });
});

describe('a part of a workbook', () => {
  const parts = [
    '[Content_Types].xml',
    'xl/workbook.xml',
    'xl/sharedStrings.xml',
    'xl/styles.xml',
    'xl/worksheets/sheet1.xml',
  ];
  const units = ['<', '&#1;', ' ', '<!--', '<![CDATA[', "a='", '<a>', '<a ', '<row>', '<c r="A1">'];
  const row = (at: number) =>
    `<row r="${at}"><c r="A${at}"><v>79001234567</v></c><c r="B${at}" t="inlineStr"><is><t>Иван</t></is></c></row>`;
  const wellFormed: Maker = (length) =>
    sheetOf(Array.from({ length: length / row(1_000).length }, (_, index) => row(index + 1)).join(''));
  const small = workbook([['phone'], [79_001_234_567]]);
  const readPart = (name: string) => async (text: string) => {
    const file = Buffer.from(rezipped(small, { [name]: [strToU8(text), { level: 0 }] }));
    await guardWorkbook(file);
    await readSheet(new Blob([file]));
  };
  const hostile = Object.fromEntries(
    units.flatMap((unit): [string, Maker][] => [
      [unit, (length) => filledWith(unit, length)],
      [`in a sheet: ${unit}`, (length) => sheetOf(filledWith(unit, length))],
    ]),
  );

  it.each(parts)('%s', async (name) => {
    expect(await excesses(readPart(name), wellFormed, hostile)).toEqual({});
  });
});

it('checks that a provider lists and that are not understood', async () => {
  const listOf = (check: string) => (length: number) => `[${filledWith(`${check},`, length)}${check}]`;
  const understood =
    '{"id":"1","deviceId":"356938035643809","service":{"id":1},"status":"successful","amount":"0.06","properties":[]}';
  const file = listOf('{"id":"1","deviceId":"1","service":{"id":1},"status":"x"}');
  const hostile = { 'another status': file };
  expect(await excesses(checksIn, listOf(understood), hostile)).toEqual({});
});
