// A process of its own that opens a workbook and gives its first sheet away piece by piece: a sheet that is made to fill the
// memory ends this process and nothing else (a thread that reaches its limit may end the whole program). Imports packages
// only, because it is started from its file.
import { readSheet } from 'read-excel-file/universal';

let sheet: Promise<readonly (readonly unknown[])[]> | undefined;

process.on('message', async (message: { file: Uint8Array<ArrayBuffer> } | { from: number; count: number }) => {
  if ('file' in message) {
    sheet = readSheet(new Blob([message.file]));
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
