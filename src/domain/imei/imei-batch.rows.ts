// Batches of IMEI checks as they are read.
import type { ImeiBatchStatus } from '../../entities/imei.enums.js';
import { notFound } from '../../shared/errors.js';
import type { Rows } from '../live/event-log.js';

export interface StoredImeiBatch {
  id: string;
  status: ImeiBatchStatus;
  /** USD. */
  costLimit: string | null;
  total: number;
  /** successful + unsuccessful + failed; at the end total = done + skipped. */
  done: number;
  successful: number;
  unsuccessful: number;
  failed: number;
  skipped: number;
  cost: string;
  requestedBy: string;
  createdAt: Date;
  finishedAt: Date | null;
}

/** From `imei_batch b`; what is still being received is nobody's yet. */
export const batchColumns = `b.id, b.status, b.cost_limit as "costLimit", b.total,
  b.successful + b.unsuccessful + b.failed as done, b.successful, b.unsuccessful, b.failed, b.skipped, b.cost,
  b.requested_by as "requestedBy", b.created_at as "createdAt", b.finished_at as "finishedAt"`;

export async function batchesById(db: Rows, ids: readonly string[]): Promise<Map<string, StoredImeiBatch>> {
  const rows = await db.rows<StoredImeiBatch>(
    `select ${batchColumns} from imei_batch b where b.id = any($1::bigint[]) and b.received_at is not null`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export async function batchById(db: Rows, id: string): Promise<StoredImeiBatch> {
  const batch = (await batchesById(db, [id])).get(id);
  if (!batch) throw notFound('The batch');
  return batch;
}
