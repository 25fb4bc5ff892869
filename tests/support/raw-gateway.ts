// A message gateway made of bare sockets, for answers that no HTTP server would give: cut off, dripping, garbage, none at all.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawRequest {
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer = (socket: Socket, request: RawRequest) => void;

export class RawGateway implements AsyncDisposable {
  readonly requests: RawRequest[] = [];
  readonly sockets = new Set<Socket>();
  /** Connections that were ever opened. */
  opened = 0;
  answer: Answer = ok;
  /** Instead of reading, when it is set. */
  greet: ((socket: Socket) => void) | undefined;
  readonly #server = createServer({ pauseOnConnect: true }, (socket) => this.#serve(socket));

  static async listen(host = '127.0.0.1', port = 0): Promise<RawGateway> {
    const gateway = new RawGateway();
    gateway.#server.listen(port, host);
    await once(gateway.#server, 'listening');
    return gateway;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.opened++;
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
    if (this.greet) this.greet(socket);
    else this.#read(socket);
  }

  #read(socket: Socket): void {
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let read = parse(received); read; read = parse(received)) {
        received = received.subarray(read.length);
        this.requests.push(read.request);
        this.answer(socket, read.request);
      }
    });
    socket.resume();
  }
}

export function response(status: number | string, body = '', headers: Readonly<Record<string, string>> = {}): string {
  const all = { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status}${typeof status === 'number' ? ' Status' : ''}\r\n${lines.join('')}\r\n${body}`;
}

export const says =
  (status: number | string, body = '', headers: Readonly<Record<string, string>> = {}): Answer =>
  (socket) =>
    socket.write(response(status, body, headers));

export const okBody = '{"code":0,"message":"OK"}';
export const ok: Answer = says(200, okBody);
export const hang: Answer = () => undefined;

/** One byte after the other, for ever: no pause is long. */
export function drip(status: number): Answer {
  return (socket) => {
    socket.write(response(status, '', { 'content-length': '1000000' }));
    const timer = setInterval(() => socket.write(' '), 10);
    socket.on('close', () => clearInterval(timer));
  };
}

/** For ever, as fast as it is read. */
export function flood(beginning: string, piece: string): Answer {
  return (socket) => {
    socket.write(beginning);
    const block = piece.repeat(Math.ceil(65_536 / piece.length));
    const pour = (): void => {
      if (!socket.destroyed) socket.write(block, () => setImmediate(pour));
    };
    pour();
  };
}

export function plain(text: string): Answer {
  return (socket) => void socket.write(text);
}

export function goodbye(text: string): Answer {
  return (socket) => void socket.end(text);
}

/** Reset in the middle of the body. */
export function torn(status: number): Answer {
  return (socket) => {
    socket.write(response(status, okBody, { 'content-length': '99' }));
    setTimeout(() => socket.resetAndDestroy(), 20);
  };
}

export function inPieces(text: string): Answer {
  return (socket) => {
    const letters = [...text];
    const timer = setInterval(() => {
      const letter = letters.shift();
      if (letter === undefined) clearInterval(timer);
      else socket.write(letter);
    }, 1);
    socket.on('close', () => clearInterval(timer));
  };
}

export const afterEarlyHints: Answer = (socket) => {
  socket.write('HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n');
  setTimeout(() => socket.write(response(200, okBody)), 20);
};

export const drippingHeaders: Answer = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\n');
  const timer = setInterval(() => socket.write('x: y\r\n'), 10);
  socket.on('close', () => clearInterval(timer));
};

function parse(received: Buffer): { readonly request: RawRequest; readonly length: number } | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [line = '', ...fields] = received.subarray(0, headEnd).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  );
  const length = headEnd + 4 + Number(headers['content-length'] ?? 0);
  if (received.length < length) return undefined;
  return { request: { line, headers, body: received.subarray(headEnd + 4, length).toString() }, length };
}
