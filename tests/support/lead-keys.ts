// Leads under keys of a test's own: stored many at a time, looked for as staff does, and the rotation that brings them to
// another key.
import { randomBytes } from 'node:crypto';
import { type EncryptionKey, Keys } from '../../src/auth/keys.js';
import { LeadCipher } from '../../src/domain/leads/lead-cipher.js';
import type { TestDatabase } from './database.js';
import type { Client } from './server.js';

export const newKey = (kid: string): EncryptionKey => ({ kid, key: randomBytes(32) });

/** The first one writes. */
export const settingOf = (...keys: readonly EncryptionKey[]): { ENCRYPTION_KEYS: string } => ({
  ENCRYPTION_KEYS: keys.map(({ kid, key }) => `${kid}:${key.toString('base64')}`).join(),
});

interface Planting {
  readonly key: EncryptionKey;
  readonly count: number;
}

/** Under a key that counts already; e-mails and numbers by their place: emailOf(0), phoneOf(0), … */
export async function plantLeads(database: TestDatabase, { key, count }: Planting): Promise<void> {
  const cipher = new LeadCipher(new Keys([key]));
  const ids = await database.query<{ id: string }>(
    `select nextval('lead_id_seq') as id from generate_series(1, $1::int)`,
    [count],
  );
  const leads = ids.map(({ id }, n) => {
    const contact = { email: emailOf(n), phone: phoneOf(n) };
    const { sealedKey, ...sealed } = cipher.seal(id, contact);
    const { email, phone, domain, lastFour } = cipher.indexes(key.kid, contact);
    const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
    return [id, sealedKey, sealed.email, sealed.phone, address, email, phone, domain, lastFour];
  });
  await database.query(
    `insert into lead (id, name, sealed_key, email, phone, ip_address, email_a, phone_a, domain_a, last_four_a)
     select id, 'Planted', key, email, phone, address, email_a, phone_a, domain_a, last_four_a
     from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::inet[], $6::bytea[], $7::bytea[], $8::bytea[], $9::bytea[])
       as l (id, key, email, phone, address, email_a, phone_a, domain_a, last_four_a)`,
    Array.from({ length: 9 }, (_, column) => leads.map((lead) => lead[column])),
  );
}

export const emailOf = (n: number): string => `planted-${n}@example.org`;
export const phoneOf = (n: number): string => `+7911${String(n).padStart(7, '0')}`;

export interface SeenRotation {
  readonly keyId: string;
  readonly total: number;
  readonly done: number;
  readonly finishedAt: string | null;
}

const fields = 'keyId total done finishedAt';

export async function rotate(as: Client): Promise<SeenRotation> {
  const { data, errors } = await as.graphql<{ rotateLeadKeys: SeenRotation }>(
    `mutation { rotateLeadKeys { ${fields} } }`,
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.rotateLeadKeys;
}

export async function rotationOf(as: Client): Promise<SeenRotation | null> {
  const { data, errors } = await as.graphql<{ leadKeyRotation: SeenRotation | null }>(
    `{ leadKeyRotation { ${fields} } }`,
  );
  if (!data) throw new Error(JSON.stringify(errors));
  return data.leadKeyRotation;
}

export interface FoundLead {
  readonly id: string;
  readonly email: string;
  readonly phone: string;
}

export async function findLeads(as: Client, filter: object): Promise<FoundLead[]> {
  const { data, errors } = await as.graphql<{ leads: { nodes: FoundLead[] } }>(
    'query ($filter: LeadFilter) { leads(filter: $filter, first: 100) { nodes { id email phone } } }',
    { filter },
  );
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return data.leads.nodes;
}

export interface KeyUse {
  readonly phase: string;
  readonly kid: string;
  /** Which keys the leads' own keys are sealed with. */
  readonly sealedWith: string[] | null;
  readonly indexedA: number;
  readonly indexedB: number;
}

/** What the tables hold of it, which no door tells. */
export async function keyUse(database: TestDatabase): Promise<KeyUse> {
  const [use] = await database.query<KeyUse>(
    `select k.phase, k.kid, l.* from lead_keys k, (
       select array_agg(distinct split_part(sealed_key, '.', 2)) as "sealedWith",
         (count(*) filter (where num_nulls(email_a, phone_a, domain_a, last_four_a) = 0))::int as "indexedA",
         (count(*) filter (where num_nulls(email_b, phone_b, domain_b, last_four_b) = 0))::int as "indexedB" from lead) l`,
  );
  if (!use) throw new Error('there is no lead_keys row');
  return use;
}
