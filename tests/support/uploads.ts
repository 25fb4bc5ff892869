// Files sent to the REST API as a browser sends them, and waited for until they have been read.
import { until } from './program.js';
import type { Client } from './server.js';

export interface SeenImport {
  readonly id: string;
  readonly kind: string;
  readonly fileName: string;
  readonly total: number | null;
  readonly processed: number;
  readonly created: number;
  readonly updated: number;
  readonly rejected: number;
  readonly problems: readonly { row: number; field: string | null; message: string }[];
  readonly problemsUrl: string | null;
  readonly finishedAt: string | null;
  readonly error: string | null;
}

export type FileContent = string | Uint8Array<ArrayBuffer>;

export interface Sending {
  readonly to?: 'clients' | 'suppressions';
  readonly name?: string;
  readonly headers?: Record<string, string>;
}

export function send(as: Client, content: FileContent, { to = 'clients', name, headers }: Sending = {}) {
  const form = new FormData();
  form.append('file', new Blob([content]), name ?? 'people.csv');
  return as.fetch(`/api/v1/${to}/import`, { method: 'POST', body: form, headers: headers ?? {} });
}

/** Sent, accepted, read to its end. */
export async function imported(as: Client, content: FileContent, sending?: Sending): Promise<SeenImport> {
  const answer = await send(as, content, sending);
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
  return finished(as, ((await answer.json()) as SeenImport).id);
}

export async function finished(as: Client, id: string, withinMs = 60_000): Promise<SeenImport> {
  let seen = await importOf(as, id);
  await until(
    async () => {
      seen = await importOf(as, id);
      return seen.finishedAt !== null;
    },
    withinMs,
    `import ${id} read`,
  );
  return seen;
}

export async function importOf(as: Client, id: string): Promise<SeenImport> {
  return (await as.fetch(`/api/v1/imports/${id}`)).json() as Promise<SeenImport>;
}

/** A form with one file, written as it is made: for what is too large, or breaks off. */
export async function stream(
  as: Client,
  url: string,
  pieces: Iterable<FileContent> | AsyncIterable<FileContent>,
): Promise<Response> {
  const boundary = 'a-boundary';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="big.csv"\r\nContent-Type: text/csv\r\n\r\n`;
  const body = new ReadableStream({
    async start(controller) {
      const encoder = new TextEncoder();
      controller.enqueue(encoder.encode(head));
      for await (const piece of pieces) {
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
        await new Promise(setImmediate);
      }
      controller.enqueue(encoder.encode(`\r\n--${boundary}--\r\n`));
      controller.close();
    },
  });
  return as.fetch(url, {
    method: 'POST',
    body,
    duplex: 'half',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  } as RequestInit);
}
