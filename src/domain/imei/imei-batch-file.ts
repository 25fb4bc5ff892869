// The numbers in an uploaded CSV or XLSX file, read as it comes: a CSV is never held as a whole, a workbook is small.
import type { Hash } from 'node:crypto';
import { badInput, fileTooLarge } from '../../shared/errors.js';
import { numberText } from '../imports/columns.js';
import { csvLines, encodingOf } from '../imports/csv-rows.js';
import { FileInspector, isWorkbook, maxRows } from '../imports/file-inspector.js';
import { inPieces } from '../imports/import-receiver.js';
import { isBlank, type SheetLine } from '../imports/sheet-line.js';
import { Unreadable } from '../imports/unreadable.js';
import { guardWorkbook } from '../imports/xlsx-guard.js';
import { xlsxLines } from '../imports/xlsx-rows.js';
import type { WrittenImei } from './imei-batch.inputs.js';
import { withoutSeparators } from './imei-number.js';

/** By the numbers of their rows; BAD_USER_INPUT where it is no table of IMEIs. The hash has seen the file once all are read. */
export async function* writtenImeis(bytes: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<WrittenImei> {
  try {
    let column: number | undefined;
    let rows = 0;
    for await (const line of await linesOf(inspected(bytes, hash))) {
      if (isBlank(line)) continue;
      if (column === undefined) {
        column = columnOf(line.cells);
        if (isHeader(line.cells[column])) continue;
      }
      if (++rows > maxRows) throw fileTooLarge('a file may have 1,000,000 rows');
      yield { n: line.number, text: numberText(line.cells[column] ?? '') };
    }
  } catch (error) {
    throw error instanceof Unreadable ? badInput('file', 'UNREADABLE', error.message) : error;
  }
}

async function* inspected(bytes: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  const inspector = new FileInspector();
  for await (const piece of inPieces(bytes)) {
    inspector.add(piece);
    hash.update(piece);
    yield piece;
  }
}

async function linesOf(pieces: AsyncGenerator<Buffer>): Promise<AsyncIterable<SheetLine>> {
  const { value: first } = await pieces.next();
  if (!first) throw badInput('file', 'EMPTY', 'the file is empty');
  return isWorkbook(first)
    ? xlsxLines(await guarded(withFirst(first, pieces)), new AbortController().signal)
    : csvLines(() => withFirst(first, pieces), await encodingOf(() => wholeLinesOf(first)));
}

async function guarded(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(piece);
  const workbook = Buffer.concat(parts);
  await guardWorkbook(workbook);
  return workbook;
}

async function* withFirst(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

/** Numbers are the same in every encoding, so that the beginning tells enough; not cut within a letter. */
async function* wholeLinesOf(first: Buffer): AsyncGenerator<Buffer> {
  yield first.subarray(0, first.lastIndexOf('\n') + 1 || first.length);
}

function columnOf(cells: readonly string[]): number {
  const named = cells.findIndex(isHeader);
  if (named >= 0) return named;
  if (fewestDigits.test(withoutSeparators(numberText(cells[0] ?? '')))) return 0;
  throw new Unreadable('No column is named imei or имей, and the first cell is no number.');
}

const isHeader = (cell: string | undefined): boolean =>
  /^(?:imei ?1?|imei number|имей|имеи)$/i.test(cell?.trim() ?? '');
/** It was meant to be an IMEI, whether it is one or not. */
const fewestDigits = /^\d{8,}$/;
