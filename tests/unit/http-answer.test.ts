// Answers of HTTP/1.1 as RFC 9112 frames them, in whatever pieces they come; and what is none.
import fc from 'fast-check';
import { AnswerReader, Unreadable } from '../../src/shared/http-answer.js';

interface Seen {
  readonly whole: boolean;
  readonly status: number;
  readonly body: string;
  readonly idleMs: number;
}

/** `cuts` are places at which the bytes come apart; each piece is overwritten as soon as the next one is asked for. */
function read(text: string, cuts: readonly number[] = []): Seen {
  const bytes = Buffer.from(text, 'latin1');
  const reader = new AnswerReader(65_536);
  let whole = false;
  const places = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (let i = 1; i < places.length && !whole; i++) {
    const piece = Buffer.from(bytes.subarray(places[i - 1], places[i]));
    whole = reader.read(piece);
    if (!whole) piece.fill('!');
  }
  const { status, idleMs } = reader;
  return { whole: whole || reader.isWholeAtEnd, status, body: reader.body.toString('latin1'), idleMs };
}

const body = fc.string({ maxLength: 200, unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)) });
const pieces = fc.array(fc.nat(2_000), { maxLength: 12 });
const chunk = (text: string): string => `${text.length.toString(16)};ext="x"\r\n${text}\r\n`;
const framings: Readonly<Record<string, (text: string, parts: readonly string[]) => [wire: string, idleMs: number]>> = {
  'a length': (text) => [`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`, 4_000],
  'a length after interim answers': (text) => [
    `HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 100 \r\n\r\nHTTP/1.1 200 OK\r\ncontent-length:${text.length}\r\n\r\n${text}`,
    4_000,
  ],
  chunks: (_, parts) => [
    `HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\nkeep-alive: timeout=3\r\n\r\n${parts.filter(Boolean).map(chunk).join('')}0\r\nx: y\r\n\r\n`,
    2_000,
  ],
  'the end of the connection': (text) => [`HTTP/1.0 200 OK\r\n\r\n${text}`, 0],
};

it.each(Object.entries(framings))('reads a body framed by %s, however it comes', (_name, frame) => {
  fc.assert(
    fc.property(body, body, pieces, (left, right, cuts) => {
      const [wire, idleMs] = frame(left + right, [left, right]);
      expect(read(wire, cuts)).toEqual({ whole: true, status: 200, body: left + right, idleMs });
    }),
    { numRuns: 500 },
  );
});

it('takes one answer after the other, and trusts no connection that says more than it was asked', () => {
  const reader = new AnswerReader(65_536);
  const ok = 'HTTP/1.1 204 No Content\r\n\r\n';
  for (let round = 0; round < 3; round++) {
    expect([reader.read(Buffer.from(ok)), reader.status, reader.idleMs]).toEqual([true, 204, 4_000]);
    reader.reset();
  }
  expect([reader.read(Buffer.from(`${ok}HTTP`)), reader.idleMs]).toEqual([true, 0]);
});

const head = (line: string): string => `HTTP/1.1 200 OK\r\n${line}\r\n\r\n`;

it.each([
  ['another protocol', 'SSH-2.0'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['switching protocols unasked', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['a field without a name', head(': x')],
  ['a folded field', head('a: x\r\n y')],
  ['two lengths', head('content-length: 1\r\ncontent-length: 2')],
  ['a length and chunks', head('content-length: 1\r\ntransfer-encoding: chunked')],
  ['a negative length', head('content-length: -1')],
  ['another coding', head('transfer-encoding: gzip, chunked')],
  ['a chunk without a size', `${head('transfer-encoding: chunked')}\r\n`],
  ['a chunk of more digits than any', `${head('transfer-encoding: chunked')}fffffffff\r\n`],
  ['a chunk that is longer than it says', `${head('transfer-encoding: chunked')}1\r\nxyz\r\n`],
  ['a chunk line without end', head('transfer-encoding: chunked') + '0'.repeat(300)],
  ['interim answers without end', 'HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n'.repeat(1_000)],
  ['trailers without end', `${head('transfer-encoding: chunked')}2\r\n{}\r\n0\r\n${'x: y\r\n'.repeat(10_000)}`],
  [
    'chunks that are mostly extension',
    head('transfer-encoding: chunked') + `1;${'e'.repeat(200)}\r\nx\r\n`.repeat(1_000),
  ],
  ['a head of 20,000 bytes in one piece', head(`x: ${'x'.repeat(20_000)}`)],
  ['a head without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(20_000)}`],
])('refuses %s', (_name, wire) => {
  expect(() => read(wire)).toThrow(Unreadable);
});

it('reads a body that comes in chunks of one byte, to its longest', () => {
  const wire = `${head('transfer-encoding: chunked')}${'1\r\nx\r\n'.repeat(65_536)}0\r\n\r\n`;
  expect(read(wire)).toMatchObject({ whole: true, body: 'x'.repeat(65_536) });
});

it('keeps no more than 64 KiB of a body', () => {
  expect(() => read(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(65_537)}`)).toThrow('answer too long');
  expect(read(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(65_536)}`).body).toHaveLength(65_536);
});

it('says of anything at all whether it is an answer', () => {
  const words = [
    'HTTP/1.1 200 OK',
    '\r\n',
    '\r\n\r\n',
    'content-length: 3',
    'transfer-encoding: chunked',
    '3',
    'abc',
    ':',
    '0',
    ' ',
  ];
  const noise = fc.array(fc.oneof(fc.constantFrom(...words), body), { maxLength: 20 }).map((all) => all.join(''));
  fc.assert(
    fc.property(noise, pieces, (wire, cuts) => {
      try {
        read(wire, cuts);
      } catch (error) {
        expect(error).toBeInstanceOf(Unreadable);
      }
    }),
    { numRuns: 5_000 },
  );
});
