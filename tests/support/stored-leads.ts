// Leads for tests that read them: put in without a door, as many as are wanted.
import type { TestServer } from './server.js';

export interface StoredLead {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly ipAddress: string;
  readonly source: string | null;
}

let people = 0;

/** Somebody whom nobody knows yet, at an address that nobody had before. */
export function somebody(fields: Partial<StoredLead> = {}): StoredLead {
  const n = ++people;
  return {
    name: `Person ${n}`,
    email: `person-${n}@example.com`,
    phone: `+7900${String(n).padStart(7, '0')}`,
    ipAddress: `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`,
    source: null,
    ...fields,
  };
}

/** Gives their ids. */
export async function storeLeads({ app, database }: TestServer, leads: readonly StoredLead[]): Promise<string[]> {
  const ids: string[] = [];
  for (const { name, email, phone, ipAddress, source } of leads) {
    const lead = { name, contact: { email, phone }, ipAddress, source };
    const stored = await app.parts.leadStore.store(lead, (sql, params) => database.query(sql, params));
    if (stored.reasons !== null) throw new Error(stored.reasons.join());
    ids.push(stored.id);
  }
  return ids;
}
