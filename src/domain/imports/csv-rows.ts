// The lines of a CSV file: its encoding and its delimiter are found out, it is never held as a whole.
import { pipeline, Readable } from 'node:stream';
import { CsvError, type Info, type Options, parse } from 'csv-parse';
import { isError } from '../../shared/errors.js';
import { maxLineBytes } from './file-inspector.js';
import type { SheetLine } from './sheet-line.js';
import { Unreadable } from './unreadable.js';

/** The bytes from the beginning, each time it is called. */
export type Pieces = () => AsyncIterable<Buffer>;

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1251';

/** UTF-8 where all of it is; text of another kind is CP1251, which Excel writes where Russian is spoken. */
export async function encodingOf(pieces: Pieces): Promise<Encoding> {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let isFirst = true;
  try {
    for await (const piece of pieces()) {
      if (isFirst && piece[0] === 0xff && piece[1] === 0xfe) return 'utf-16le';
      if (isFirst && piece[0] === 0xfe && piece[1] === 0xff) return 'utf-16be';
      isFirst = false;
      utf8.decode(piece, { stream: true });
    }
    utf8.decode();
    return 'utf-8';
  } catch (error) {
    if (isError(error) && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'windows-1251';
    throw error;
  }
}

/** Of comma, semicolon and TAB that which most of the first lines have, and most often. */
export function delimiterOf(text: string): string {
  const lines = text
    .replace(/"[^"]*"/g, '')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.trim() !== '')
    .slice(0, 10);
  const score = (delimiter: string): number => {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    return counts.filter((count) => count > 0).length * maxLineBytes + Math.max(0, ...counts);
  };
  return delimiters.reduce((best, one) => (score(one) > score(best) ? one : best));
}

export async function* csvLines(pieces: Pieces, encoding: Encoding): AsyncGenerator<SheetLine> {
  const text = decoded(pieces(), encoding);
  const { value: first = '' } = await text.next();
  // The types of csv-parse know only records that are lists of cells.
  const records = parse({ ...format, delimiter: delimiterOf(first) } as unknown as Options);
  // What goes wrong is thrown by the reading below; leaving it closes the source.
  pipeline(Readable.from(withFirst(first, text)), records, () => undefined);
  try {
    for await (const line of records as AsyncIterable<SheetLine>) yield line;
  } catch (error) {
    throw error instanceof CsvError ? unreadable(error) : error;
  }
}

const delimiters = [',', ';', '\t'] as const;

/** Quotes where none should be are letters: one bad row must not cost the others. */
const format = {
  // A line without a letter is no record, which costs as much as one of a hundred letters; it counts as a row all the same.
  skip_empty_lines: true,
  on_record: (cells: string[], { records, empty_lines }: Info): SheetLine => ({ number: records + empty_lines, cells }),
  relax_column_count: true,
  relax_quotes: true,
  record_delimiter: ['\r\n', '\n', '\r'],
  // A letter of CP1251 is up to three bytes in the parser's own UTF-8; a row may have some quoted lines.
  max_record_size: 4 * maxLineBytes,
};

/** Without the byte order mark. At least some lines in the first text, which tells the delimiter. */
async function* decoded(pieces: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<string, undefined> {
  const decoder = new TextDecoder(encoding);
  for await (const piece of pieces) yield decoder.decode(piece, { stream: true });
  yield decoder.decode();
}

async function* withFirst(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

/** By the parser's own count: an error overtakes rows that were read before it. */
function unreadable({ code, records, empty_lines }: CsvError): Unreadable {
  const number = Number(records) + Number(empty_lines) + 1;
  return code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE'
    ? new Unreadable(`Row ${number} is too long, or has a quote that is never closed.`)
    : new Unreadable(`Row ${number} can't be read as CSV.`);
}
