// How a simulator's answer reaches whoever asks: at once, later, byte by byte.
import type { ServerResponse } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
}

export function sendReply(response: ServerResponse, reply: Reply, latencyMs: number): void {
  if (latencyMs > 0) setTimeout(() => send(response, reply), latencyMs).unref();
  else send(response, reply);
}

function send(response: ServerResponse, { status, body, retryAfter }: Reply): void {
  // Whoever asked may have had no more patience.
  if (response.closed) return;
  response.writeHead(status, {
    ...headOf(body),
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
  });
  response.end(body);
}

export function drip(response: ServerResponse, { status, body }: Reply): void {
  const bytes = Buffer.from(body);
  let sent = 0;
  response.writeHead(status, headOf(body));
  const timer = setInterval(() => {
    response.write(bytes.subarray(sent, ++sent));
    if (sent === bytes.length) response.end();
  }, 1_000);
  response.once('close', () => clearInterval(timer));
}

const headOf = (body: string) => ({
  'content-type': 'application/json',
  'content-length': Buffer.byteLength(body),
});
