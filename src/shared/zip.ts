// A zip archive as it is being made: each part is deflated beside the event loop and sent on at once, its sizes told behind it.
// Without Zip64: what outgrows 4 GB breaks off.
import { pipeline, Readable } from 'node:stream';
import { crc32, createDeflateRaw } from 'node:zlib';

export interface ZipPart {
  readonly name: string;
  readonly text: Iterable<string> | AsyncIterable<string>;
}

/** The text of a part is read to its end before the next part is asked for. */
export async function* zipped(parts: Iterable<ZipPart> | AsyncIterable<ZipPart>): AsyncGenerator<Buffer> {
  const entries: Entry[] = [];
  let offset = 0;
  for await (const { name, text } of parts) {
    const entry: Entry = { name: Buffer.from(name), offset, checksum: 0, packed: 0, size: 0 };
    entries.push(entry);
    for await (const piece of partOf(entry, text)) {
      offset += piece.length;
      yield piece;
    }
  }
  const directory = Buffer.concat(entries.map(directoryEntry));
  yield Buffer.concat([directory, endOfDirectory(entries.length, { size: directory.length, offset })]);
}

/** What is known of a part only once it has been read. */
interface Entry {
  readonly name: Buffer;
  readonly offset: number;
  checksum: number;
  packed: number;
  size: number;
}

async function* partOf(entry: Entry, text: ZipPart['text']): AsyncGenerator<Buffer> {
  yield numbers(
    [4, 0x04034b50],
    ...format,
    [2, 0],
    [2, firstDay],
    [4, 0],
    [4, 0],
    [4, 0],
    [2, entry.name.length],
    [2, 0],
  );
  yield entry.name;
  const deflated = createDeflateRaw();
  // Whoever fails takes the other one along, and the reader below is told.
  pipeline(Readable.from(measured(entry, text)), deflated, () => undefined);
  for await (const piece of deflated as AsyncIterable<Buffer>) {
    entry.packed += piece.length;
    yield piece;
  }
  yield numbers([4, 0x08074b50], [4, entry.checksum], [4, entry.packed], [4, entry.size]);
}

async function* measured(entry: Entry, text: ZipPart['text']): AsyncGenerator<Buffer> {
  for await (const some of text) {
    const bytes = Buffer.from(some);
    entry.checksum = crc32(bytes, entry.checksum);
    entry.size += bytes.length;
    yield bytes;
  }
}

function directoryEntry({ name, offset, checksum, packed, size }: Entry): Buffer {
  const sizes: Field[] = [
    [4, checksum],
    [4, packed],
    [4, size],
  ];
  const rest: Field[] = [
    [2, name.length],
    [2, 0],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, 0],
    [4, offset],
  ];
  return Buffer.concat([numbers([4, 0x02014b50], [2, 20], ...format, [2, 0], [2, firstDay], ...sizes, ...rest), name]);
}

const endOfDirectory = (count: number, { size, offset }: { size: number; offset: number }): Buffer =>
  numbers([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]);

type Field = readonly [bytes: 2 | 4, value: number];

/** Version 2.0; sizes follow, names are UTF-8; deflated. */
const format: readonly Field[] = [
  [2, 20],
  [2, 0x0808],
  [2, 8],
];
/** 1980-01-01: the same content is the same archive. */
const firstDay = 0x21;

function numbers(...fields: readonly Field[]): Buffer {
  const buffer = Buffer.alloc(fields.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of fields) at = buffer.writeUIntLE(value, at, bytes);
  return buffer;
}
