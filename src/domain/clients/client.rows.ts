// Clients as they are read.
import type { Rows } from '../live/event-log.js';

export interface ClientRow {
  id: string;
  phone: string;
  operatorCode: string;
  tag: string;
  timezone: string;
  name: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** From `client c`. */
export const clientColumns = `c.id, c.phone, c.operator_code as "operatorCode", c.tag, c.timezone, c.name,
  c.created_at as "createdAt", c.updated_at as "updatedAt"`;

/** Hidden ones too. */
export async function clientsById(db: Rows, ids: readonly string[]): Promise<Map<string, ClientRow>> {
  const rows = await db.rows<ClientRow>(`select ${clientColumns} from client c where c.id = any($1::bigint[])`, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}
