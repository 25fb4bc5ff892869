// A workbook of text, made while its rows come. Every cell is text by its type and by its style, so that nothing in it is a
// formula, not even after somebody edited the cell; and none begins like one for whoever saves the sheet as CSV.
import { withoutFormula } from './csv.js';
import { type ZipPart, zipped } from './zip.js';

export interface Sheets {
  /** What they are called; where one sheet can't hold all rows, the others are numbered. */
  readonly name: string;
  /** First line of each sheet. */
  readonly header: readonly string[];
  readonly rows: AsyncIterable<readonly (string | null)[]>;
  /** Of one sheet, the header among them. */
  readonly mostRows?: number;
}

/** Excel's and LibreOffice's own limit. */
const mostRows = 1_048_576;
const columns = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export const workbook = (sheets: Sheets): AsyncGenerator<Buffer> => zipped(partsOf(sheets));

async function* partsOf(sheets: Sheets): AsyncGenerator<ZipPart> {
  const rows = sheets.rows[Symbol.asyncIterator]();
  let count = 0;
  try {
    let next = await rows.next();
    const sheet = async function* (): AsyncGenerator<string> {
      yield `${declaration}<worksheet xmlns="${spreadsheet}"><sheetData>${rowOf(sheets.header, 1)}`;
      for (let at = 2; at <= (sheets.mostRows ?? mostRows) && !next.done; at++) {
        yield rowOf(next.value, at);
        next = await rows.next();
      }
      yield '</sheetData></worksheet>';
    };
    do yield { name: `xl/${sheetFile(++count)}`, text: sheet() };
    while (!next.done);
  } finally {
    await rows.return?.();
  }
  yield* frame(sheets.name, count);
}

const rowOf = (cells: readonly (string | null)[], row: number): string =>
  `<row r="${row}">${cells.map((text, column) => cellOf(text, `${columns[column]}${row}`)).join('')}</row>`;

function cellOf(text: string | null, place: string): string {
  if (!text) return '';
  return `<c r="${place}" s="1" t="inlineStr"><is><t xml:space="preserve">${escaped(withoutFormula(text))}</t></is></c>`;
}

/** What XML can't hold is spelled as spreadsheets spell it, and so is what only looks like that. */
const escaped = (text: string): string =>
  text
    .replace(/_(?=x[\dA-Fa-f]{4}_)/g, '_x005F_')
    .replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;' })[sign] ?? '&gt;')
    .replace(unspeakable, (sign) => `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`);

/** Control characters but for tab and line feed, and two that are no characters. */
const unspeakable = /[^\P{Cc}\t\n\u0080-\u009F]|[\uFFFE\uFFFF]/gu;

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const schemas = 'http://schemas.openxmlformats.org';
const spreadsheet = `${schemas}/spreadsheetml/2006/main`;
const office = `${schemas}/officeDocument/2006/relationships`;
const packages = `${schemas}/package/2006`;
const types = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

const sheetFile = (number: number): string => `worksheets/sheet${number}.xml`;

/** Last, because it says how many sheets there are. */
function frame(name: string, count: number): ZipPart[] {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const overrides = [
    typeOf('workbook.xml', 'sheet.main'),
    typeOf('styles.xml', 'styles'),
    ...numbers.map((number) => typeOf(sheetFile(number), 'worksheet')),
  ];
  const sheets = numbers.map((number) => {
    const title = escaped(number === 1 ? name : `${name} ${number}`);
    return `<sheet name="${title}" sheetId="${number}" r:id="rId${number}"/>`;
  });
  const relations = [
    ...numbers.map((number) => relation(number, 'worksheet', sheetFile(number))),
    relation(count + 1, 'styles', 'styles.xml'),
  ];
  const defaults = `<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>`;
  return [
    part('xl/styles.xml', styles),
    part(
      'xl/workbook.xml',
      `<workbook xmlns="${spreadsheet}" xmlns:r="${office}"><sheets>${sheets.join('')}</sheets></workbook>`,
    ),
    part('xl/_rels/workbook.xml.rels', relationships(relations)),
    part('_rels/.rels', relationships([relation(1, 'officeDocument', 'xl/workbook.xml')])),
    part('[Content_Types].xml', `<Types xmlns="${packages}/content-types">${defaults}${overrides.join('')}</Types>`),
  ];
}

const part = (name: string, xml: string): ZipPart => ({ name, text: [declaration, xml] });

const typeOf = (file: string, kind: string): string =>
  `<Override PartName="/xl/${file}" ContentType="${types}.${kind}+xml"/>`;

const relation = (id: number, kind: string, target: string): string =>
  `<Relationship Id="rId${id}" Type="${office}/${kind}" Target="${target}"/>`;

const relationships = (all: readonly string[]): string =>
  `<Relationships xmlns="${packages}/relationships">${all.join('')}</Relationships>`;

/** The second one is text (49), and stays text when it is edited (quotePrefix). */
const styles = `<styleSheet xmlns="${spreadsheet}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs></styleSheet>`;
