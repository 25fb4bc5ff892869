// A process of its own that opens a workbook and gives its first sheet away piece by piece: a sheet that is made to fill the
// memory ends this process and nothing else (a thread that reaches its limit may end the whole program). Imports packages
// only, because it is started from its file.
import { unzipSync, zipSync } from 'fflate';
import { readSheet } from 'read-excel-file/universal';

type Sheet = readonly (readonly unknown[])[];

let sheet: Promise<Sheet> | undefined;

process.on('message', async (message: { file: Uint8Array<ArrayBuffer> } | { from: number; count: number }) => {
  if ('file' in message) {
    sheet = readFirstSheet(message.file);
    return;
  }
  const lines = (await sheet) ?? [];
  const some = lines.slice(message.from, message.from + message.count);
  process.send?.(some.map((cells) => cells.slice(0, widest).map(textOf)));
});
// Ctrl-C on a terminal reaches the whole group; whoever started us ends us.
process.on('SIGINT', () => undefined);

/** A sheet may have 16,384 columns; what is asked for stands in the first ones. */
const widest = 256;

/** A number that holds a phone has no exponent in its text: that begins at 1e21. */
function textOf(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  return cell instanceof Date ? cell.toISOString() : String(cell);
}

/**
 * In the file format each cell may leave out where it stands, and then follows the one before (ECMA-376, 18.3.1.4). The reader
 * fails on such a sheet, and then gets it with all places filled in.
 */
async function readFirstSheet(file: Uint8Array<ArrayBuffer>): Promise<Sheet> {
  try {
    return await readSheet(new Blob([file]));
  } catch (error) {
    const placed = withPlaces(file);
    if (!placed) throw error;
    return readSheet(new Blob([placed]));
  }
}

/** Undefined where none was missing. */
function withPlaces(file: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  const parts = unzipSync(file);
  let missing = false;
  for (const [name, bytes] of Object.entries(parts)) {
    if (!/^xl\/worksheets\/[^/]+\.xml$/.test(name)) continue;
    const text = new TextDecoder().decode(bytes);
    const placed = placedIn(text);
    if (placed === text) continue;
    parts[name] = new TextEncoder().encode(placed);
    missing = true;
  }
  return missing ? zipSync(parts, { level: 0 }) : undefined;
}

/** A match ends at the next sign that begins a tag, so that all of them take no longer than the text is long. */
const rowOrCell = /<(?:\w{1,20}:)?(row|c)(?=[\s/>])[^<>]*>/g;

function placedIn(text: string): string {
  let row = 0;
  let column = 0;
  return text.replace(rowOrCell, (tag, name: string) => {
    const [, letters = '', digits] = /\sr\s*=\s*["']([A-Z]{0,3})(\d{1,7})["']/.exec(tag) ?? [];
    if (name === 'row') {
      row = digits ? Number(digits) : row + 1;
      column = 0;
      return tag;
    }
    if (digits) {
      row = Number(digits);
      column = numberOf(letters);
      return tag;
    }
    column++;
    return tag.replace(/c(?=[\s/>])/, `c r="${lettersOf(column)}${row}"`);
  });
}

/** A is 1, Z is 26, AA is 27. */
const numberOf = (letters: string): number =>
  [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);

const lettersOf = (column: number): string =>
  column <= 0 ? '' : lettersOf(Math.floor((column - 1) / 26)) + String.fromCharCode(65 + ((column - 1) % 26));
