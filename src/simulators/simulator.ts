// What lives in the local world: something behind the first segment of its paths, with a page of its own.
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface Simulator {
  /** `gateway` for /gateway/… */
  readonly name: string;
  /** `path` begins with the slash after the name, and has no query. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): void;
  close(): void;
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

/** Calls back with the whole body, or with undefined where it is larger than `limit`; never for one that breaks off. */
export function readBody(request: IncomingMessage, limit: number, done: (body: string | undefined) => void): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (text: string) => {
    if (body.length <= limit) body += text;
  });
  request.on('end', () => done(body.length > limit ? undefined : body));
}

/** Undefined for what is no JSON. */
export function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
