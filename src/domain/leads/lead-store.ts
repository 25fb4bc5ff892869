// Where a lead goes: under which id, and with which indexes. What a process keeps in mind of it between two leads; the database
// says so where that is outdated.
import type { Rows } from '../live/event-log.js';
import type { Contact, ContactIndexes, LeadCipher, SealedContact } from './lead-cipher.js';

export interface LeadKeyState {
  readonly version: number;
  readonly active: IndexSet;
  readonly kid: string;
  readonly phase: 'STABLE' | 'FILLING' | 'CLEARING';
  readonly nextKid: string | null;
}

export type IndexSet = 'a' | 'b';

export interface LeadToStore {
  readonly name: string;
  readonly contact: Contact;
  readonly ipAddress: string;
  readonly source: string | null;
}

/** Reasons: with what it clashes. */
export type Stored =
  | { readonly id: string; readonly createdAt: Date; readonly reasons: null }
  | { readonly reasons: readonly string[] };

/** How a statement is run: in a transaction, or as one. */
export type RunStore = <Row extends object>(sql: string, params: readonly unknown[]) => Promise<Row[]>;

export class LeadStore {
  #state: LeadKeyState | undefined;
  #ids: string[] = [];
  #idsUntil = 0;

  constructor(readonly cipher: LeadCipher) {}

  async store(lead: LeadToStore, run: RunStore): Promise<Stored> {
    // By the same means, too: who holds a connection and waits for another one may wait for ever.
    const db: Rows = { rows: (sql, params = []) => run(sql, params) };
    const id = await this.#nextId(db);
    const sealed = this.cipher.seal(id, lead.contact);
    for (;;) {
      this.#state ??= await readKeyState(db);
      const state = this.#state;
      const [row] = await run<StoreRow>(storeSql, storeParams({ id, lead, sealed, state, cipher: this.cipher }));
      if (row?.state === 'OUTDATED') this.#state = undefined;
      else if (row?.createdAt) return { id, createdAt: row.createdAt, reasons: null };
      else return { reasons: row?.reasons ?? [] };
    }
  }

  /** The id is sealed with the lead, so it is had before. Some at a time, and for a moment only, so that ids follow time. */
  async #nextId(db: Rows): Promise<string> {
    if (this.#ids.length === 0 || performance.now() > this.#idsUntil) {
      const rows = await db.rows<{ id: string }>(
        `select nextval('lead_id_seq') as id from generate_series(1, ${idsAtOnce})`,
      );
      this.#ids = rows.map(({ id }) => id);
      this.#idsUntil = performance.now() + idsKeptMs;
    }
    return this.#ids.shift() ?? this.#nextId(db);
  }
}

const idsAtOnce = 20;
const idsKeptMs = 1_000;

export async function readKeyState(db: Rows): Promise<LeadKeyState> {
  const [state] = await db.rows<LeadKeyState>(
    'select version, active, kid, phase, next_kid as "nextKid" from lead_keys',
  );
  if (!state) throw new Error('there is no lead_keys row');
  return state;
}

/** The columns of a set, in the order in which everybody names them. */
export const indexColumns = (set: IndexSet): string[] => [
  `email_${set}`,
  `phone_${set}`,
  `domain_${set}`,
  `last_four_${set}`,
];

/** Of the set that counts, and of the one that is being filled; null in a set that nobody reads. */
export function indexesBySet(
  { active, kid, phase, nextKid }: LeadKeyState,
  cipher: LeadCipher,
  contact: Contact,
): Record<IndexSet, (Buffer | null)[]> {
  const other: IndexSet = active === 'a' ? 'b' : 'a';
  const next = phase === 'FILLING' && nextKid !== null ? listed(cipher.indexes(nextKid, contact)) : none;
  return { [active]: listed(cipher.indexes(kid, contact)), [other]: next } as Record<IndexSet, (Buffer | null)[]>;
}

const listed = ({ email, phone, domain, lastFour }: ContactIndexes): Buffer[] => [email, phone, domain, lastFour];
const none: null[] = [null, null, null, null];

interface StoreRow {
  readonly state: 'OUTDATED' | 'STORED' | 'DUPLICATE';
  readonly createdAt: Date | null;
  readonly reasons: string[] | null;
}

const storeSql = 'select * from store_lead($1, $2, $3, $4, $5, $6, $7::inet, $8, $9::bytea[])';

interface Storing {
  readonly id: string;
  readonly lead: LeadToStore;
  readonly sealed: SealedContact;
  readonly state: LeadKeyState;
  readonly cipher: LeadCipher;
}

function storeParams({ id, lead, sealed, state, cipher }: Storing): unknown[] {
  const { a, b } = indexesBySet(state, cipher, lead.contact);
  const { sealedKey, email, phone } = sealed;
  return [state.version, id, lead.name, sealedKey, email, phone, lead.ipAddress, lead.source, [...a, ...b]];
}
