// Takes an uploaded file in: its bytes go into PostgreSQL piece by piece as they come, so that it is never held as a whole and
// any worker may read it. What breaks off or is refused leaves nothing behind.
import { createHash } from 'node:crypto';
import type { Keys } from '../../auth/keys.js';
import { actorOf } from '../../auth/viewer.js';
import type { ImportKind } from '../../entities/mailing.enums.js';
import { badInput, notFound } from '../../shared/errors.js';
import { neutralName, plainText } from '../../shared/shown-text.js';
import { once } from '../idempotency.js';
import type { Transaction, Work } from '../work.js';
import { FileInspector } from './file-inspector.js';
import { type ImportRow, importColumns } from './import.rows.js';
import { kindOf } from './import-kinds.js';
import { storedFile } from './stored-file.js';
import { guardWorkbook } from './xlsx-guard.js';

export interface UploadedFile {
  readonly name: string;
  readonly bytes: AsyncIterable<Buffer>;
}

interface Received {
  readonly id: string;
  readonly kind: ImportKind;
  readonly digest: string;
  readonly idempotencyKey: string | null | undefined;
}

const pieceBytes = 262_144;
const longestName = 200;
const longestPath = 2_000;

export class ImportReceiver {
  constructor(
    private readonly work: Work,
    private readonly keys: Keys,
  ) {}

  async receive(kind: ImportKind, file: UploadedFile, idempotencyKey?: string | null): Promise<ImportRow> {
    const id = await this.#begin(kind, file.name);
    try {
      const digest = await this.#store(id, file);
      return await this.#finish({ id, kind, digest, idempotencyKey });
    } catch (error) {
      await this.#discard(id);
      throw error;
    }
  }

  /** Nobody sees it before its last byte is there; housekeeping finds what a dead process left. */
  async #begin(kind: ImportKind, fileName: string): Promise<string> {
    const [row] = await this.work.rows<{ id: string }>(
      'insert into import (kind, file_name, actor) values ($1, $2, $3) returning id',
      [kind, shownName(fileName), actorOf(this.work.viewer)],
    );
    if (!row) throw new Error('an insert without a row');
    return row.id;
  }

  async #store(id: string, { bytes }: UploadedFile): Promise<string> {
    const inspector = new FileInspector();
    const hash = createHash('sha256');
    let part = 0;
    for await (const piece of inPieces(bytes)) {
      inspector.add(piece);
      hash.update(piece);
      await this.work.rows('insert into import_part (import_id, part, bytes) values ($1, $2, $3)', [id, part++, piece]);
    }
    if (!inspector.format) throw badInput('file', 'EMPTY', 'the file is empty');
    if (inspector.format === 'XLSX') await guardWorkbook(await storedFile(this.work, id).whole());
    return hash.digest('hex');
  }

  #finish({ id, kind, digest, idempotencyKey: key }: Received): Promise<ImportRow> {
    const call = { actor: actorOf(this.work.viewer), operation: kindOf(kind).action, key, input: { digest } };
    return this.work.write(async (tx) => {
      const { row, repeated } = await once<ImportRow>(tx, this.keys, call, {
        create: () => received(tx, id, kind),
        find: (first) => importOf(tx, first),
      });
      if (repeated) await tx.rows('delete from import where id = $1', [id]);
      return row;
    });
  }

  async #discard(id: string): Promise<void> {
    await this.work
      .rows('delete from import where id = $1', [id])
      .catch((error: unknown) => this.work.log.warn({ err: error, import: id }, 'an upload waits for housekeeping'));
  }
}

async function received(tx: Transaction, id: string, kind: ImportKind): Promise<ImportRow> {
  const [row] = await tx.rows<ImportRow>(
    `update import i set received_at = now() where i.id = $1 returning ${importColumns}`,
    [id],
  );
  if (!row) throw notFound('The import');
  tx.publish({ topic: 'import', subject: id, kind: 'RECEIVED' });
  tx.audit(kindOf(kind).action, `import:${id}`);
  tx.nudge('continueImports', {});
  return row;
}

async function importOf(tx: Transaction, id: string): Promise<ImportRow> {
  const [row] = await tx.rows<ImportRow>(`select ${importColumns} from import i where i.id = $1`, [id]);
  if (!row) throw notFound('The import');
  return row;
}

/** All but the last of the same size, and the first as long as the whole file where that is short. */
export async function* inPieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < pieceBytes) continue;
    const whole = Buffer.concat(waiting);
    const full = whole.length - (whole.length % pieceBytes);
    for (let at = 0; at < full; at += pieceBytes) yield whole.subarray(at, at + pieceBytes);
    waiting = [whole.subarray(full)];
    length = whole.length - full;
  }
  if (length > 0) yield Buffer.concat(waiting);
}

/** Without a path, and without what would spoil a terminal or a table, or say who is in the file. */
function shownName(name: string): string {
  const last = name.slice(-longestPath).split(/[\\/]/).at(-1) ?? '';
  return neutralName(plainText(last, longestName)) || 'file';
}
