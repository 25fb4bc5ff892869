// What a file is before its first row counts: its columns, how many rows it has, and what of it is not read. No I/O.
import { type Columns, columnsOf, hasUnreadCells, type ImportField } from './columns.js';
import { isBlank, type SheetLine } from './sheet-line.js';

export interface Problem {
  readonly row: number;
  /** Empty where it is the row as a whole. */
  readonly field: string;
  /** What stood there; null where that is not what is wrong. */
  readonly value: string | null;
  readonly message: string;
}

export class FirstLook {
  columns: Columns | undefined;
  readonly problems: Problem[] = [];
  #lines = 0;
  #hasUnreadCells = false;

  constructor(private readonly fields: readonly ImportField[]) {}

  get rows(): number {
    return this.columns?.hasHeader ? this.#lines - 1 : this.#lines;
  }

  add({ number, cells }: SheetLine): void {
    if (isBlank({ number, cells })) return;
    this.#lines++;
    if (!this.columns) {
      this.columns = columnsOf(cells, this.fields);
      for (const { name, message } of this.columns.unread) this.#tell(number, name, message);
    }
    if (this.#hasUnreadCells || !hasUnreadCells(cells, this.columns)) return;
    this.#hasUnreadCells = true;
    this.#tell(number, '', 'only the first cell is read, here and in other rows: no line names the columns');
  }

  #tell(row: number, field: string, message: string): void {
    this.problems.push({ row, field, value: null, message });
  }
}
