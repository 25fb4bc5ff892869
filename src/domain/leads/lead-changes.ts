// A change of a lead's row. A new e-mail or number is sealed with the row's own key, and indexed as a new lead's would be.
import { badInput, notFound } from '../../shared/errors.js';
import { violates } from '../constraints.js';
import { isId } from '../ids.js';
import type { Transaction } from '../work.js';
import type { UpdatedLead } from './lead.inputs.js';
import { leadColumns, type StoredLead } from './lead.rows.js';
import type { Contact, LeadCipher } from './lead-cipher.js';
import { indexColumns, indexesBySet, type LeadClash, readKeyState } from './lead-store.js';

/** Held by whoever stores, against who changes the keys: the migrations' store_leads() takes it too. */
export const leadKeysLock = 7_301_007;

interface Change {
  readonly id: string;
  readonly changes: UpdatedLead;
}

type Assignment = readonly [column: string, value: unknown];

export async function changeLead(tx: Transaction, cipher: LeadCipher, { id, changes }: Change): Promise<void> {
  const { name, status, note, email, phone } = changes;
  if (email !== undefined || phone !== undefined)
    await tx.rows('select pg_advisory_xact_lock_shared($1)', [leadKeysLock]);
  const before = await lockLead(tx, id);
  const plain = Object.entries({ name, status, note }).filter(([, value]) => value !== undefined);
  const sealed = email === undefined && phone === undefined ? [] : await resealed(tx, cipher, { before, email, phone });
  const assignments: Assignment[] = [...plain, ...sealed];
  const set = assignments.map(([column], place) => `, ${column} = $${place + 2}`).join('');
  await tx.rows(`update lead set updated_at = now()${set} where id = $1`, [
    id,
    ...assignments.map(([, value]) => value),
  ]);
}

/** With which constraint a change met, by the names that everybody is told. */
export function clashesOf(error: unknown): LeadClash[] {
  const clashes: readonly (readonly [LeadClash, readonly string[]])[] = [
    ['DUPLICATE_EMAIL', ['lead_email_a_unique', 'lead_email_b_unique']],
    ['DUPLICATE_PHONE', ['lead_phone_a_unique', 'lead_phone_b_unique']],
  ];
  return clashes.flatMap(([reason, names]) => (names.some((name) => violates(error, name)) ? [reason] : []));
}

export async function lockLead(tx: Transaction, id: string): Promise<StoredLead> {
  const [lead] = isId(id)
    ? await tx.rows<StoredLead>(`select ${leadColumns} from lead l where l.id = $1 for no key update`, [id])
    : [];
  if (!lead) throw notFound('The lead');
  return lead;
}

interface Resealing extends Partial<Record<keyof Contact, string | undefined>> {
  readonly before: StoredLead;
}

async function resealed(tx: Transaction, cipher: LeadCipher, { before, ...given }: Resealing): Promise<Assignment[]> {
  const open = cipher.open(before.id, before);
  const { email = open.email, phone = open.phone } = given;
  if (email === undefined)
    throw badInput('email', 'UNREADABLE', 'the stored one can’t be read any more; give it again');
  if (phone === undefined)
    throw badInput('phone', 'UNREADABLE', 'the stored one can’t be read any more; give it again');
  const contact = { email, phone };
  const { sealedKey, ...sealed } =
    cipher.sealAgain(before.id, before.sealedKey, contact) ?? cipher.seal(before.id, contact);
  const { a, b } = indexesBySet(await readKeyState(tx), cipher, contact);
  const names = [...indexColumns('a'), ...indexColumns('b')];
  return [
    ['sealed_key', sealedKey],
    ['email', sealed.email],
    ['phone', sealed.phone],
    ...[...a, ...b].map((digest, place): Assignment => [names[place] ?? '', digest]),
  ];
}
