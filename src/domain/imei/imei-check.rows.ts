// IMEI checks as they are read: who asked, and what the exchange that they share has brought.
import type { Door } from '../../entities/account.enums.js';
import type { ImeiCheckStatus } from '../../entities/imei.enums.js';
import type { Rows } from '../live/event-log.js';
import type { Device } from './device.js';
import type { DeviceChange } from './device-changes.js';

/** As JSON keeps it. */
export type StoredDevice = Omit<Device, 'purchasedAt'> & { readonly purchasedAt: string | null };

/** Under which code an exchange fails. */
export type ImeiFailureCode = 'UPSTREAM_FAILED' | 'UNAVAILABLE';

export interface ImeiCheckRow {
  id: string;
  imei: string;
  tac: string;
  status: ImeiCheckStatus;
  provider: string;
  serviceId: number;
  serviceTitle: string | null;
  device: Device | null;
  /** The provider's check object as text, unchanged to the byte. */
  rawText: string | null;
  cost: string | null;
  cached: boolean;
  ageSeconds: number;
  via: Door;
  requestedBy: string;
  error: string | null;
  /** Under which code those were told who waited for an answer that never came. */
  failure: ImeiFailureCode | null;
  createdAt: Date;
  completedAt: Date | null;
  changes: DeviceChange[];
}

export type StoredCheck = Omit<ImeiCheckRow, 'device'> & { readonly device: StoredDevice | null };

/** From `checkTables`. What was known before brings no news. */
export const checkColumns = `c.id, c.imei, left(c.imei, 8) as tac, c.status, e.provider, e.service_id as "serviceId",
  e.service_title as "serviceTitle", e.device, e.raw as "rawText", c.cost, c.cached, c.age_seconds as "ageSeconds", c.via,
  c.requested_by as "requestedBy", c.error, e.failure, c.created_at as "createdAt", c.completed_at as "completedAt",
  coalesce(case when e.ended_at >= c.created_at then e.changes end, '[]') as changes`;

export const checkTables = 'imei_check c join imei_exchange e on e.id = c.exchange_id';

export async function checksById(db: Rows, ids: readonly string[]): Promise<Map<string, ImeiCheckRow>> {
  const rows = await db.rows<StoredCheck>(`select ${checkColumns} from ${checkTables} where c.id = any($1::bigint[])`, [
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, openCheck(row)]));
}

export const openCheck = (row: StoredCheck): ImeiCheckRow => ({
  ...row,
  device: row.device && storedDevice(row.device),
});

export const storedDevice = ({ purchasedAt, ...device }: StoredDevice): Device => ({
  ...device,
  purchasedAt: purchasedAt === null ? null : new Date(purchasedAt),
});
