// Reads what was uploaded, row by row and in batches: each batch is one transaction with its counts and its problems, so that
// whoever goes on after a death starts behind it and counts nothing twice.
import type { ImportKind } from '../../entities/mailing.enums.js';
import { toFailure } from '../../shared/errors.js';
import { plainText } from '../../shared/shown-text.js';
import type { Transaction, Work } from '../work.js';
import { type Columns, fieldsOf, type ImportField } from './columns.js';
import { csvLines, encodingOf } from './csv-rows.js';
import { isWorkbook, maxRows } from './file-inspector.js';
import { FirstLook, type Problem } from './first-look.js';
import { type ImportServices, type KindOfImport, kindOf } from './import-kinds.js';
import { isBlank, type SheetLine } from './sheet-line.js';
import { storedFile } from './stored-file.js';
import { Unreadable } from './unreadable.js';
import { xlsxLines } from './xlsx-rows.js';

interface Unread {
  readonly id: string;
  readonly kind: ImportKind;
  readonly processed: number;
}

type Lines = () => AsyncIterable<SheetLine>;

interface Table {
  readonly lines: Lines;
  readonly columns: Columns;
  readonly total: number;
  /** Of the file as a whole: what is not read of it. */
  readonly problems: readonly Problem[];
}

const batchSize = 1_000;
const longestValue = 200;

export class ImportReader {
  constructor(
    private readonly work: Work,
    private readonly services: ImportServices,
  ) {}

  /** One import after the other, the oldest first. */
  async continue(signal: AbortSignal): Promise<void> {
    const failures: unknown[] = [];
    for (let last = '0'; !signal.aborted; ) {
      const [unread] = await this.work.rows<Unread>(
        `select id, kind, processed from import where id > $1 and received_at is not null and finished_at is null
         order by id limit 1`,
        [last],
      );
      if (!unread) break;
      // The others don't wait for one that has to be tried again.
      await this.#read(unread, signal).catch((error: unknown) => failures.push(error));
      last = unread.id;
    }
    if (failures.length > 0) throw failures[0];
  }

  async #read(unread: Unread, signal: AbortSignal): Promise<void> {
    try {
      const table = await this.#open(unread, signal);
      await this.#tell(unread.id, table);
      await this.#takeIn(unread, table, signal);
      await this.#finish(unread.id, null);
    } catch (error) {
      // Somebody else goes on with it, or the next tick does.
      if (error instanceof Overtaken || signal.aborted) return;
      // The next tick goes on from where this one stood.
      if (toFailure(error).code === 'UNAVAILABLE') throw error;
      if (!(error instanceof Unreadable)) this.work.log.error({ err: error, import: unread.id }, 'an import failed');
      await this.#finish(unread.id, error instanceof Unreadable ? error.message : ourFault);
    }
  }

  /** The whole file is looked at before its first row counts: one that can't be read to its end changes nothing. */
  async #open({ id, kind }: Unread, signal: AbortSignal): Promise<Table> {
    const lines = await this.#linesOf(id, signal);
    const look = new FirstLook(kindOf(kind).fields);
    for await (const line of lines()) look.add(line);
    const { columns, rows: total, problems } = look;
    if (!columns) throw new Unreadable('The file has no rows.');
    if (total > maxRows) throw new Unreadable('The file has more than 1,000,000 rows: send it in parts.');
    return { lines, columns, total, problems };
  }

  async #tell(id: string, { total, problems }: Table): Promise<void> {
    await this.work.write(async (tx) => {
      await tx.rows('update import set total = $2 where id = $1 and finished_at is null', [id, total]);
      await noteProblems(tx, id, problems);
    });
  }

  async #linesOf(id: string, signal: AbortSignal): Promise<Lines> {
    const file = storedFile(this.work, id);
    const first = await file.pieces().next();
    if (first.value && isWorkbook(first.value)) {
      const workbook = await file.whole();
      return () => xlsxLines(workbook, signal);
    }
    const pieces = () => file.pieces(signal);
    const encoding = await encodingOf(pieces);
    return () => csvLines(pieces, encoding);
  }

  async #takeIn(unread: Unread, { lines, columns }: Table, signal: AbortSignal): Promise<void> {
    let skip = unread.processed + (columns.hasHeader ? 1 : 0);
    let done = unread.processed;
    let batch: SheetLine[] = [];
    const settle = async (): Promise<void> => {
      signal.throwIfAborted();
      await this.#takeInBatch({ ...unread, processed: done }, batch, columns);
      done += batch.length;
      batch = [];
    };
    for await (const line of lines()) {
      if (isBlank(line) || skip-- > 0) continue;
      batch.push(line);
      if (batch.length === batchSize) await settle();
    }
    if (batch.length > 0) await settle();
  }

  async #takeInBatch(
    { id, kind: name, processed }: Unread,
    lines: readonly SheetLine[],
    columns: Columns,
  ): Promise<void> {
    const kind = kindOf(name);
    const { rows, problems, rejected } = parseLines(kind, lines, columns);
    await this.work.write(async (tx) => {
      await this.#hold(tx, id, processed);
      const { created, updated } = await kind.takeIn(this.services, tx, rows);
      await noteProblems(tx, id, problems);
      await tx.rows(
        `update import set processed = processed + $2, created = created + $3, updated = updated + $4, rejected = rejected + $5
         where id = $1`,
        [id, lines.length, created, updated, rejected],
      );
      tx.publish({ topic: 'import', subject: id, kind: 'READ' });
    });
  }

  /** Whoever reads the same import at the same time finds it further than expected, and leaves. */
  async #hold(tx: Transaction, id: string, processed: number): Promise<void> {
    const [held] = await tx.rows<{ processed: number }>(
      'select processed from import where id = $1 and finished_at is null for no key update',
      [id],
    );
    if (held?.processed !== processed) throw new Overtaken();
  }

  async #finish(id: string, error: string | null): Promise<void> {
    await this.work.write(async (tx) => {
      await tx.rows('update import set finished_at = now(), error = $2 where id = $1 and finished_at is null', [
        id,
        error,
      ]);
      await tx.rows('delete from import_part where import_id = $1', [id]);
      tx.publish({ topic: 'import', subject: id, kind: 'FINISHED' });
    });
  }
}

class Overtaken extends Error {}

const ourFault = 'Something went wrong on our side: what was read so far is kept, send the file again.';

function parseLines(
  kind: KindOfImport,
  lines: readonly SheetLine[],
  columns: Columns,
): { rows: unknown[]; problems: Problem[]; rejected: number } {
  const rows: unknown[] = [];
  const problems: Problem[] = [];
  for (const { number, cells } of lines) {
    const parsed = kind.row.safeParse(fieldsOf(cells, columns));
    if (parsed.success) rows.push(parsed.data);
    else
      for (const { path, message } of parsed.error.issues)
        problems.push({ row: number, field: path.join('.'), value: valueAt(cells, columns, path[0]), message });
  }
  return { rows, problems, rejected: lines.length - rows.length };
}

/** As the file has it, to be found again there. */
function valueAt(cells: readonly string[], { places }: Columns, field: unknown): string | null {
  const place = places.get(field as ImportField);
  return place === undefined ? null : plainText(cells[place] ?? '', longestValue);
}

async function noteProblems(tx: Transaction, importId: string, problems: readonly Problem[]): Promise<void> {
  if (problems.length === 0) return;
  await tx.rows(
    `insert into import_problem (import_id, row_number, field, value, message)
     select $1, * from unnest($2::int[], $3::text[], $4::text[], $5::text[]) on conflict do nothing`,
    [
      importId,
      problems.map(({ row }) => row),
      problems.map(({ field }) => field),
      problems.map(({ value }) => value),
      problems.map(({ message }) => message),
    ],
  );
}
