// What an uploaded file is, told from its bytes as they come and never from its name, and whether it is within the limits.
// Keeps nothing of it. No I/O.
import { fileTooLarge, unsupportedFile } from '../../shared/errors.js';

export type FileFormat = 'CSV' | 'XLSX';

const megabyte = 1_048_576;
export const maxRows = 1_000_000;
export const maxLineBytes = 4_096;
const maxBytes: Readonly<Record<FileFormat, number>> = { CSV: 100 * megabyte, XLSX: 10 * megabyte };

export class FileInspector {
  #format: FileFormat | undefined;
  #bytes = 0;
  #lines = 0;
  #line = 0;
  #longestLine = maxLineBytes;

  /** Undefined while nothing has come. */
  get format(): FileFormat | undefined {
    return this.#format;
  }

  /** The first piece is to hold what tells one format from another: some hundred bytes, or all there is. */
  add(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#format ??= this.#begin(piece);
    this.#bytes += piece.length;
    if (this.#bytes > maxBytes[this.#format])
      throw fileTooLarge(`${this.#format} may have ${maxBytes[this.#format] / megabyte} MB`);
    if (this.#format === 'CSV') this.#measureLines(piece);
  }

  #begin(piece: Buffer): FileFormat {
    const format = formatOf(piece);
    if (!format) throw unsupportedFile('send CSV text or an XLSX workbook');
    if (isUtf16(piece)) this.#longestLine = 2 * maxLineBytes;
    return format;
  }

  /** Counted by bytes, whatever the encoding: a line is what ends with CR or LF, and one that is empty is none. */
  #measureLines(piece: Buffer): void {
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at];
      if (byte === lf || byte === cr) this.#endLine();
      else if (++this.#line > this.#longestLine) throw fileTooLarge('a line may have 4 KB');
    }
  }

  #endLine(): void {
    if (this.#line > 0) this.#lines++;
    this.#line = 0;
    // One more may be the header.
    if (this.#lines > maxRows + 1) throw fileTooLarge('a file may have 1,000,000 rows');
  }
}

export const isWorkbook = (piece: Buffer): boolean => piece.subarray(0, 4).equals(zipSignature);

const lf = 0x0a;
const cr = 0x0d;

function formatOf(piece: Buffer): FileFormat | undefined {
  if (isWorkbook(piece)) return 'XLSX';
  if (isUtf16(piece)) return 'CSV';
  // Control characters but TAB, CR, LF, VT and FF are in no text; a mark-up or JSON document is one, but no table.
  if (piece.some((byte) => byte < 9 || (byte > 13 && byte < 32))) return undefined;
  return documents.test(piece.subarray(0, 1_000).toString('latin1')) ? undefined : 'CSV';
}

const zipSignature = Buffer.from('PK\x03\x04', 'latin1');
const documents = /^(ï»¿)?\s*(<|\{|\[|%PDF|%!PS)/;

const isUtf16 = (piece: Buffer): boolean =>
  (piece[0] === 0xff && piece[1] === 0xfe) || (piece[0] === 0xfe && piece[1] === 0xff);
