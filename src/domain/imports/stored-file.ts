// The bytes of an upload as they wait in PostgreSQL, one piece at a time.
import type { Work } from '../work.js';

export interface StoredFile {
  pieces(signal?: AbortSignal): AsyncGenerator<Buffer>;
  /** For what is small: a workbook. */
  whole(): Promise<Buffer>;
}

export function storedFile(work: Work, importId: string): StoredFile {
  return {
    pieces: (signal) => pieces(work, importId, signal),
    whole: async () => {
      const all: Buffer[] = [];
      for await (const piece of pieces(work, importId)) all.push(piece);
      return Buffer.concat(all);
    },
  };
}

async function* pieces(work: Work, importId: string, signal?: AbortSignal): AsyncGenerator<Buffer> {
  for (let part = 0; ; part++) {
    signal?.throwIfAborted();
    const [row] = await work.rows<{ bytes: Buffer }>(
      'select bytes from import_part where import_id = $1 and part = $2',
      [importId, part],
    );
    if (!row) return;
    yield row.bytes;
  }
}
