// Reads one answer of HTTP/1.1 after the other from the bytes of a connection, as RFC 9112 frames them, and refuses whatever it does
// not say. No I/O. Gateways repeat themselves: a head that is the last one to the byte is not read again.

import { notUnderstood, tooLong } from './provider-exchange.js';

const longestHead = 16_384;
const longestChunkLine = 256;
/** What frames a byte of the body at most: a chunk of one byte takes five, and an extension may stand beside its size. */
const framingPerByte = 8;
/** How long an idle connection is trusted where the other side does not say; it may be about to close it. */
export const trustedIdleMs = 4_000;

export class Unreadable extends Error {
  constructor(message = notUnderstood) {
    super(message);
  }
}

interface Head {
  /** As they came, with the empty line. */
  readonly bytes: Buffer;
  readonly status: number;
  readonly framing: 'none' | 'length' | 'chunks' | 'end';
  readonly length: number;
  readonly retryAfter: string | undefined;
  /** Milliseconds that the connection may be idle afterwards; 0 where it is not to be used again. */
  readonly idleMs: number;
}

type Stage = 'head' | 'length' | 'chunk line' | 'chunk' | 'chunk end' | 'trailers' | 'end' | 'whole';

export class AnswerReader {
  #stage: Stage = 'head';
  #head: Head | undefined;
  #rest: Buffer = nothing;
  #pieces: Buffer[] = [];
  #size = 0;
  /** Bytes of heads, interim ones too, of chunk lines and of trailers. */
  #framing = 0;
  /** So many of the pieces, the first ones, are ours. */
  #copied = 0;
  /** Bytes that the body, or the chunk, still has to come. */
  #left = 0;

  /** `longestBody` in bytes; of a longer one the beginning can be read. */
  constructor(private readonly longestBody: number) {}

  /** 0 until it is known. */
  get status(): number {
    return this.#head?.status ?? 0;
  }

  get retryAfter(): string | undefined {
    return this.#head?.retryAfter;
  }

  /** Of an answer that has just become whole, bytes of the last chunk. */
  get body(): Buffer {
    const [first = nothing] = this.#pieces;
    return this.#pieces.length > 1 ? Buffer.concat(this.#pieces, this.#size) : first;
  }

  /** How long the connection may be idle after it; 0 where it is not to be used again. */
  get idleMs(): number {
    return this.#rest.length > 0 ? 0 : (this.#head?.idleMs ?? 0);
  }

  reset(): void {
    this.#stage = 'head';
    this.#head = undefined;
    this.#rest = nothing;
    this.#pieces = [];
    this.#size = this.#framing = this.#copied = 0;
  }

  /** Whether the answer is whole. Throws Unreadable. A chunk is others' afterwards: what is needed of it later is copied. */
  read(chunk: Buffer): boolean {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#stage !== 'whole') {
      const left = this.#step(bytes);
      if (!left) break;
      bytes = left;
    }
    this.#rest = bytes.length === 0 ? nothing : Buffer.from(bytes);
    if (this.#stage === 'whole') return true;
    for (; this.#copied < this.#pieces.length; this.#copied++)
      this.#pieces[this.#copied] = Buffer.from(this.#pieces[this.#copied] ?? nothing);
    return false;
  }

  /** The end of the connection is the end of the answer. */
  get isWholeAtEnd(): boolean {
    return this.#stage === 'end';
  }

  /** What is left after it, or nothing where more is needed. */
  #step(bytes: Buffer): Buffer | undefined {
    switch (this.#stage) {
      case 'head':
        return this.#readHead(bytes);
      case 'length':
        return this.#readBytes(bytes, 'whole');
      case 'chunk line':
        return this.#readLine(bytes, (line) => this.#beginChunk(line));
      case 'chunk':
        return this.#readBytes(bytes, 'chunk end');
      case 'chunk end':
        return this.#readLine(bytes, (line) => this.#goOn(line === '', 'chunk line'));
      case 'trailers':
        return this.#readLine(bytes, (line) => this.#goOn(true, line === '' ? 'whole' : 'trailers'));
      default:
        if (bytes.length === 0) return undefined;
        this.#keep(bytes);
        return nothing;
    }
  }

  #readHead(bytes: Buffer): Buffer | undefined {
    const head = findHead(bytes);
    if (!head) {
      if (bytes.length > longestHead || !promisesHead(bytes)) throw new Unreadable();
      return undefined;
    }
    this.#frame(head.bytes.length);
    const rest = bytes.subarray(head.bytes.length);
    if (head.status < 200) return rest; // an interim answer: the real one follows
    this.#head = head;
    this.#left = head.length;
    this.#stage = stageAfter(head);
    return rest;
  }

  #readBytes(bytes: Buffer, then: Stage): Buffer | undefined {
    if (bytes.length === 0) return undefined;
    const taken = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#keep(taken);
    this.#left -= taken.length;
    if (this.#left === 0) this.#stage = then;
    return taken === bytes ? nothing : bytes.subarray(taken.length);
  }

  #readLine(bytes: Buffer, take: (line: string) => void): Buffer | undefined {
    const end = bytes.indexOf('\r\n');
    if (end < 0 ? bytes.length > longestChunkLine : end > longestChunkLine) throw new Unreadable();
    if (end < 0) return undefined;
    this.#frame(end + 2);
    take(bytes.toString('latin1', 0, end));
    return bytes.subarray(end + 2);
  }

  #beginChunk(line: string): void {
    const [, size] = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
    this.#left = Number.parseInt(size ?? '', 16);
    this.#goOn(size !== undefined, this.#left === 0 ? 'trailers' : 'chunk');
  }

  #goOn(isAsAgreed: boolean, then: Stage): void {
    if (!isAsAgreed) throw new Unreadable();
    this.#stage = then;
  }

  #frame(bytes: number): void {
    this.#framing += bytes;
    if (this.#framing > longestHead + framingPerByte * this.#size) throw new Unreadable();
  }

  #keep(bytes: Buffer): void {
    this.#size += bytes.length;
    this.#pieces.push(bytes);
    if (this.#size > this.longestBody) throw new Unreadable(tooLong);
  }
}

const nothing = Buffer.alloc(0);
const headEnd = Buffer.from('\r\n\r\n');
const promise = Buffer.from('HTTP/1.');

const promisesHead = (bytes: Buffer): boolean => startsWith(promise, bytes.subarray(0, promise.length));

const startsWith = (bytes: Buffer, start: Buffer): boolean =>
  bytes.length >= start.length && start.compare(bytes, 0, start.length) === 0;

function stageAfter({ framing, length }: Head): Stage {
  if (framing === 'none' || (framing === 'length' && length === 0)) return 'whole';
  return framing === 'chunks' ? 'chunk line' : framing;
}

let lastHead: Head | undefined;

function findHead(bytes: Buffer): Head | undefined {
  if (lastHead && startsWith(bytes, lastHead.bytes)) return lastHead;
  const end = bytes.indexOf(headEnd);
  if (end < 0) return undefined;
  if (end > longestHead) throw new Unreadable();
  const fields = parseHead(bytes.toString('latin1', 0, end));
  lastHead = { bytes: Buffer.from(bytes.subarray(0, end + headEnd.length)), ...fields };
  return lastHead;
}

function parseHead(text: string): Omit<Head, 'bytes'> {
  const [line = '', ...lines] = text.split('\r\n');
  const [, minor, code] = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(line) ?? [];
  const fields = new Map<string, string>();
  for (const field of lines) {
    const [, name, padded] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):(.*)$/.exec(field) ?? [];
    if (name === undefined || padded === undefined) throw new Unreadable();
    const key = name.toLowerCase();
    const value = withoutPadding(padded);
    const before = fields.get(key);
    if (before !== undefined && before !== value && framingFields.has(key)) throw new Unreadable();
    if (before === undefined) fields.set(key, value);
  }
  const status = Number(code);
  if (minor === undefined || status < 100 || status === 101) throw new Unreadable();
  return {
    status,
    ...framingOf(status, fields),
    retryAfter: fields.get('retry-after'),
    idleMs: idleMsOf(minor, fields),
  };
}

/** Of spaces and tabs alone; a pattern would try each run of them from each of its places. */
function withoutPadding(text: string): string {
  let begin = 0;
  let end = text.length;
  while (begin < end && isPadding(text.charCodeAt(begin))) begin++;
  while (end > begin && isPadding(text.charCodeAt(end - 1))) end--;
  return text.slice(begin, end);
}

const isPadding = (code: number): boolean => code === 0x20 || code === 0x09;

const framingFields = new Set(['content-length', 'transfer-encoding']);

function framingOf(status: number, fields: ReadonlyMap<string, string>): Pick<Head, 'framing' | 'length'> {
  const length = fields.get('content-length');
  const coding = fields.get('transfer-encoding');
  if (status === 204 || status === 304) return { framing: 'none', length: 0 };
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked' || length !== undefined) throw new Unreadable();
    return { framing: 'chunks', length: 0 };
  }
  if (length === undefined) return { framing: 'end', length: 0 };
  if (!/^\d{1,15}$/.test(length)) throw new Unreadable();
  return { framing: 'length', length: Number(length) };
}

function idleMsOf(minor: string, fields: ReadonlyMap<string, string>): number {
  const options = (fields.get('connection') ?? '').toLowerCase();
  if (options.includes('close') || (minor === '0' && !options.includes('keep-alive'))) return 0;
  const [, seconds] = /(?:^|[,;\s])timeout=(\d{1,6})/i.exec(fields.get('keep-alive') ?? '') ?? [];
  // A second less than it says: it counts from when it has sent, we from when we have read.
  return seconds === undefined ? trustedIdleMs : Math.min(trustedIdleMs, Math.max(0, Number(seconds) * 1_000 - 1_000));
}
