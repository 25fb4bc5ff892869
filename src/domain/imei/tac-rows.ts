// What the lines of a file of TACs say: Osmocom's export, or any table with the columns tac, brand and model. No I/O.

import { isBlank, type SheetLine } from '../imports/sheet-line.js';
import { Unreadable } from '../imports/unreadable.js';
import { tacLength, withoutSeparators } from './imei-number.js';
import { oneLine } from './one-line.js';

export interface TacRow {
  readonly tac: string;
  readonly brand: string | null;
  readonly model: string | null;
}

/** What is wrong with a row, in a sentence. */
export interface BadRow {
  readonly problem: string;
}

interface Columns {
  readonly tac: number;
  /** -1 where there is none. */
  readonly brand: number;
  readonly model: number;
}

/** Osmocom's begins with a line about its licence. */
const linesBeforeHeader = 10;

/** Each row below the header. */
export async function* tacRows(lines: AsyncIterable<SheetLine>): AsyncGenerator<TacRow | BadRow> {
  let columns: Columns | undefined;
  let looked = 0;
  for await (const line of lines) {
    if (isBlank(line)) continue;
    if (columns) yield tacRow(line, columns);
    else if (++looked > linesBeforeHeader) break;
    else columns = columnsOf(line.cells);
  }
  if (!columns)
    throw new Unreadable(
      `None of the first ${linesBeforeHeader} lines names a column tac; one on top should say tac,brand,model.`,
    );
}

function columnsOf(cells: readonly string[]): Columns | undefined {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const tac = names.indexOf('tac');
  if (tac < 0) return undefined;
  const brand = names.findIndex((name) => brandNames.includes(name));
  const model = names.findIndex((name) => modelNames.includes(name));
  if (brand >= 0 || model >= 0) return { tac, brand, model };
  // Osmocom calls both of them name.
  const [first = -1, second = -1] = names.flatMap((name, place) => (name === 'name' ? [place] : []));
  return second < 0 ? { tac, brand: -1, model: first } : { tac, brand: first, model: second };
}

const brandNames = ['brand', 'manufacturer', 'make', 'vendor'];
const modelNames = ['model', 'model name', 'device', 'marketing name'];

function tacRow({ number, cells }: SheetLine, columns: Columns): TacRow | BadRow {
  const tac = withoutSeparators(cells[columns.tac] ?? '');
  if (!/^[0-9]+$/.test(tac) || tac.length !== tacLength) return { problem: `Row ${number}: a TAC is eight digits.` };
  const [brand, model] = [oneLine(cells[columns.brand]), oneLine(cells[columns.model])];
  if (brand === null && model === null) return { problem: `Row ${number}: neither brand nor model.` };
  return { tac, brand, model };
}
