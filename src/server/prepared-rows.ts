// Statements that are run again and again: each text is parsed and planned once for each connection.
import type { Pool } from 'pg';
import type { Rows } from '../domain/live/event-log.js';

/** `prefix` keeps apart the names of those who share a pool. */
export function preparedRows(pool: Pool, prefix: string): Rows {
  const names = new Map<string, string>();
  return {
    async rows<Row extends object>(text: string, params: readonly unknown[] = []) {
      const name = names.get(text) ?? `${prefix}${names.size}`;
      names.set(text, name);
      const { rows } = await pool.query<Row>({ name, text, values: [...params] });
      return rows;
    },
  };
}
