// Leads as they are read: stored sealed, shown open.
import type { LeadStatus } from '../../entities/lead.enums.js';
import type { Rows } from '../live/event-log.js';
import type { LeadCipher } from './lead-cipher.js';

interface LeadBase {
  id: string;
  name: string;
  ipAddress: string;
  status: LeadStatus;
  source: string | null;
  note: string | null;
  clientId: string | null;
  createdAt: Date;
}

export interface StoredLead extends LeadBase {
  sealedKey: string;
  email: string;
  phone: string;
}

/** Null for what can't be read any more: touched, moved, or sealed with a key that is not configured. */
export interface LeadRow extends LeadBase {
  email: string | null;
  phone: string | null;
}

/** From `lead l`. */
export const leadColumns = `l.id, l.name, l.sealed_key as "sealedKey", l.email, l.phone, host(l.ip_address) as "ipAddress", l.status,
  l.source, l.note, l.client_id as "clientId", l.created_at as "createdAt"`;

export function openLead(cipher: LeadCipher, { sealedKey, ...row }: StoredLead): LeadRow {
  const { email = null, phone = null } = cipher.open(row.id, { sealedKey, email: row.email, phone: row.phone });
  return { ...row, email, phone };
}

export async function leadsById(db: Rows, cipher: LeadCipher, ids: readonly string[]): Promise<Map<string, LeadRow>> {
  const rows = await db.rows<StoredLead>(`select ${leadColumns} from lead l where l.id = any($1::bigint[])`, [ids]);
  return new Map(rows.map((row) => [row.id, openLead(cipher, row)]));
}
