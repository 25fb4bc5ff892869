// Rows that are written a moment later, in batches, and each of them once: their ids are reserved before. A batch whose answer was
// lost is tried again with the same ids, so that what had been committed after all changes nothing.
import type { Rows } from './live/event-log.js';

export interface WrittenOnceOptions<Item> {
  readonly db: Rows;
  /** With a serial column `id`. */
  readonly table: string;
  /** What is to be written next; empty where there is nothing. Asked only when the batch before is known to be written. */
  readonly next: () => readonly Item[];
  /** Inserts with `on conflict (id) do nothing`. */
  readonly insert: (ids: readonly string[], items: readonly Item[]) => Promise<unknown>;
}

export class WrittenOnce<Item> {
  #items: readonly Item[] = [];
  #ids: readonly string[] = [];

  constructor(private readonly options: WrittenOnceOptions<Item>) {}

  /** All there is. Not twice at the same time. Where it rejects, the next call goes on with the same batch. */
  async write(): Promise<void> {
    for (;;) {
      if (this.#items.length === 0) this.#items = this.options.next();
      if (this.#items.length === 0) return;
      if (this.#ids.length === 0) this.#ids = await this.#reserve(this.#items.length);
      await this.options.insert(this.#ids, this.#items);
      this.#items = [];
      this.#ids = [];
    }
  }

  async #reserve(count: number): Promise<string[]> {
    const rows = await this.options.db.rows<{ id: string }>(
      `select nextval(pg_get_serial_sequence($1, 'id')) as id from generate_series(1, $2::int)`,
      [this.options.table, count],
    );
    return rows.map(({ id }) => id);
  }
}
