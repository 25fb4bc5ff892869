// XLSX workbooks as spreadsheets write them, made here from rows of cells.
import { strFromU8, strToU8, unzipSync, type Zippable, zipSync } from 'fflate';

export type Cell = string | number | null;

/** Numbers stand as they are given: 79001234567, or the text of one as '=7.9001234567E10'. */
export const workbook = (rows: readonly (readonly Cell[])[]): Uint8Array<ArrayBuffer> =>
  zipSync({ ...frame, 'xl/worksheets/sheet1.xml': strToU8(sheetOf(rows.map(rowOf).join(''))) });

/** With parts of it replaced, added, or stored without compression. */
export const rezipped = (file: Uint8Array, parts: Zippable): Uint8Array<ArrayBuffer> =>
  zipSync({ ...unzipSync(file), ...parts });

/** Its rows and cells do not say where they stand. */
export function placeless(file: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = 'xl/worksheets/sheet1.xml';
  const sheet = strFromU8(unzipSync(file)[name] ?? new Uint8Array());
  return rezipped(file, { [name]: strToU8(sheet.replace(/ r="[A-Z]*\d+"/g, '')) });
}

export const sheetOf = (rows: string): string =>
  `${declaration}<worksheet xmlns="${spreadsheet}"><sheetData>${rows}</sheetData></worksheet>`;

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const spreadsheet = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006';

const relations = (kind: string, target: string): Uint8Array =>
  strToU8(
    `${declaration}<Relationships xmlns="${packages}/relationships"><Relationship Id="rId1" Type="${office}/${kind}" Target="${target}"/></Relationships>`,
  );

const frame = {
  '[Content_Types].xml': strToU8(
    `${declaration}<Types xmlns="${packages}/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
  ),
  '_rels/.rels': relations('officeDocument', 'xl/workbook.xml'),
  'xl/workbook.xml': strToU8(
    `${declaration}<workbook xmlns="${spreadsheet}" xmlns:r="${office}"><sheets><sheet name="Лист1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
  ),
  'xl/_rels/workbook.xml.rels': relations('worksheet', 'worksheets/sheet1.xml'),
};

function rowOf(cells: readonly Cell[], index: number): string {
  const xml = cells.map((cell, column) => cellOf(cell, `${String.fromCharCode(65 + column)}${index + 1}`));
  return `<row r="${index + 1}">${xml.join('')}</row>`;
}

function cellOf(cell: Cell, place: string): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return `<c r="${place}"><v>${cell}</v></c>`;
  if (cell.startsWith('=')) return `<c r="${place}"><v>${cell.slice(1)}</v></c>`;
  const text = cell.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`;
}
