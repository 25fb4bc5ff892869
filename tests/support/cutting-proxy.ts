// Stands between the product and PostgreSQL, and can lose the answer of a statement: it is done and committed there, and who asked
// sees the connection break.

import type { AddressInfo } from 'node:net';
import { createConnection, createServer, type Socket } from 'node:net';

export interface CuttingProxy {
  /** Of the same database, by way of it. */
  readonly url: string;
  /** The answer of the next statement that has this text is lost. Resolves once it is. */
  cutAfter(text: string): Promise<void>;
  close(): void;
}

export async function cuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let armed: { readonly text: string; readonly done: () => void } | undefined;
  const server = createServer((client) => {
    const upstream = createConnection(Number(target.port), target.hostname);
    let lost: (() => void) | undefined;
    client.on('data', (bytes) => {
      if (armed && bytes.includes(armed.text)) {
        lost = armed.done;
        armed = undefined;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (!lost) return void client.write(bytes);
      client.destroy();
      lost();
    });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.end();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cutAfter: (text) => new Promise((done) => (armed = { text, done })),
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
