// Whether a workbook is safe to open, from the zip's central directory and from what really comes out of each entry: headers
// lie. Nothing of what comes out is kept. Zip64 is refused: no file of 10 MB needs it.
import { Readable } from 'node:stream';
import { createInflateRaw } from 'node:zlib';
import { fileTooLarge, isError, unsupportedFile } from '../../shared/errors.js';

const maxEntries = 200;
const maxInflated = 50 * 1_048_576;
const maxRatio = 100;
/** Below it no ratio does any harm, and small parts that repeat themselves have high ones. */
const ratioMatters = 1_048_576;

/** 413 for a zip bomb, 415 for what is no workbook. */
export async function guardWorkbook(file: Buffer): Promise<void> {
  const entries = entriesOf(file);
  const names = new Set(entries.map(({ name }) => name));
  if (!names.has('[Content_Types].xml') || !names.has('xl/workbook.xml')) throw noWorkbook();
  if (entries.reduce((sum, { inflated }) => sum + inflated, 0) > maxInflated) throw inflatesTooMuch();
  for (const entry of entries) {
    if (entry.inflated > ratioMatters && entry.inflated > maxRatio * entry.bytes.length) throw inflatesTooMuch();
    await checkEntry(entry);
  }
}

interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly bytes: Buffer;
  /** As its header says. */
  readonly inflated: number;
}

const endOfDirectory = 0x06054b50;
const directoryEntry = 0x02014b50;
const localHeader = 0x04034b50;
const encrypted = 1;
const stored = 0;
const deflated = 8;

function entriesOf(file: Buffer): ZipEntry[] {
  try {
    const { count, offset } = directoryOf(file);
    if (count > maxEntries) throw fileTooLarge(`a workbook may have ${maxEntries} parts`);
    const entries: ZipEntry[] = [];
    for (let at = offset; entries.length < count; ) {
      entries.push(entryAt(file, at));
      at += 46 + file.readUInt16LE(at + 28) + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
    }
    return entries;
  } catch (error) {
    // A read beyond the end: the directory is not what it should be.
    if (error instanceof RangeError || (isError(error) && error.name === 'RangeError')) throw noWorkbook();
    throw error;
  }
}

/** The last signature of its kind, as every reader looks for it. */
function directoryOf(file: Buffer): { count: number; offset: number } {
  const longestComment = 65_535;
  for (let at = file.length - 22; at >= Math.max(0, file.length - 22 - longestComment); at--) {
    if (file.readUInt32LE(at) === endOfDirectory)
      return { count: file.readUInt16LE(at + 10), offset: file.readUInt32LE(at + 16) };
  }
  throw noWorkbook();
}

function entryAt(file: Buffer, at: number): ZipEntry {
  const flags = file.readUInt16LE(at + 8);
  const method = file.readUInt16LE(at + 10);
  const size = file.readUInt32LE(at + 20);
  const local = file.readUInt32LE(at + 42);
  const isReadable = (flags & encrypted) === 0 && (method === stored || method === deflated);
  if (file.readUInt32LE(at) !== directoryEntry || file.readUInt32LE(local) !== localHeader || !isReadable)
    throw noWorkbook();
  const begin = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
  if (begin + size > file.length) throw noWorkbook();
  return {
    name: file.toString('utf8', at + 46, at + 46 + file.readUInt16LE(at + 28)),
    deflated: method === deflated,
    bytes: file.subarray(begin, begin + size),
    inflated: file.readUInt32LE(at + 24),
  };
}

/** Inflated piece by piece, beside the event loop, and no further than its header says. */
async function checkEntry({ name, deflated, bytes, inflated }: ZipEntry): Promise<void> {
  const source = Readable.from([bytes]);
  const pieces: AsyncIterable<Buffer> = deflated ? source.pipe(createInflateRaw({ chunkSize: 65_536 })) : source;
  const isXml = /\.(xml|rels)$/i.test(name);
  let size = 0;
  let tail = '';
  try {
    for await (const piece of pieces) {
      size += piece.length;
      if (size > inflated) throw inflatesTooMuch();
      if (isXml) tail = withoutDoctype(tail, piece);
    }
  } catch (error) {
    if (isError(error) && 'code' in error && String(error.code).startsWith('Z_')) throw noWorkbook();
    throw error;
  }
  if (size !== inflated) throw noWorkbook();
}

/** A document type may define entities, and workbooks have none. Gives the end, where the next piece may go on. */
function withoutDoctype(tail: string, piece: Buffer): string {
  const text = tail + piece.toString('latin1');
  if (text.includes('<!DOCTYPE') || text.includes('<!ENTITY')) throw noWorkbook();
  return text.slice(-10);
}

const noWorkbook = () => unsupportedFile('this is no XLSX workbook, or it is damaged');
const inflatesTooMuch = () => fileTooLarge('the workbook would unpack to more than is allowed');
