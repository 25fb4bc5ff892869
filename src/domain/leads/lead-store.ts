// Where a lead goes: under which id, and with which indexes. What a process keeps in mind of it between two leads; the database
// says so where that is outdated.
import { errorCodeOf, toFailure } from '../../shared/errors.js';
import { type Group, Together } from '../../shared/together.js';
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

/** With what it clashes. */
export type LeadClash = 'DUPLICATE_EMAIL' | 'DUPLICATE_PHONE' | 'DUPLICATE_IP';

export type Stored =
  | { readonly id: string; readonly createdAt: Date; readonly reasons: null }
  | { readonly reasons: readonly LeadClash[] };

/** How a statement is run: in a transaction, or as one. */
export type RunStore = Rows['rows'];

export class LeadStore {
  #state: LeadKeyState | undefined;
  #ids: string[] = [];
  #idsUntil = 0;
  readonly #crowd = new Together<Comer, Stored>(storedAtOnce, (leads) => this.#storeCrowd(leads));

  constructor(readonly cipher: LeadCipher) {}

  /** By the same means all of it: who holds a connection and waits for another one may wait for ever. */
  async store(lead: LeadToStore, run: RunStore): Promise<Stored> {
    return this.#storeOne(await this.#seal(lead, run), run);
  }

  /** As a transaction that is shared with all who come at the same moment. */
  async storeTogether(lead: LeadToStore, tell: RunStore): Promise<Stored> {
    return this.#crowd.join({ ...(await this.#seal(lead, tell)), tell });
  }

  /** Whoever can't be stored with the others, because somebody would have to wait, goes alone, and keeps nobody waiting. */
  async #storeCrowd(leads: Group<Comer>): Promise<(Stored | Promise<Stored>)[]> {
    const told = await this.#try(leads, { run: leads[0].tell, waits: false }).catch((error: unknown) => {
      // After a lost connection they may be stored. A conflict or a lock timeout was rolled back: each tries alone.
      if (toFailure(error).code === 'UNAVAILABLE' && !isConflict(error)) throw error;
      return new Map<string, Stored>();
    });
    return leads.map((lead) => told.get(lead.id) ?? this.#storeOne(lead, lead.tell));
  }

  async #storeOne(lead: SealedLead, run: RunStore): Promise<Stored> {
    for (;;) {
      const told = (await this.#try([lead], { run, waits: true })).get(lead.id);
      if (told) return told;
    }
  }

  /** Who is missing may try again: the keys have changed, or what was in the way is gone. */
  async #try(leads: readonly SealedLead[], { run, waits }: Trying): Promise<Map<string, Stored>> {
    this.#state ??= await readKeyState({ rows: run });
    const rows = await run<StoreRow>(storeSql, [
      this.#state.version,
      waits,
      ...columnsOf(leads, this.#state, this.cipher),
    ]);
    if (rows.length === 0) this.#state = undefined;
    return new Map(
      rows.flatMap(({ id, createdAt, reasons }): [string, Stored][] => {
        if (createdAt) return [[id, { id, createdAt, reasons: null }]];
        return reasons?.length ? [[id, { reasons }]] : [];
      }),
    );
  }

  /** The id is sealed with the lead, so it is had before. */
  async #seal(lead: LeadToStore, run: RunStore): Promise<SealedLead> {
    const id = await this.#nextId({ rows: run });
    return { id, lead, sealed: this.cipher.seal(id, lead.contact) };
  }

  /** Some at a time, and for a moment only, so that ids follow time. */
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

/** One statement must not take long, however many come. */
const storedAtOnce = 50;
const idsAtOnce = 20;
const idsKeptMs = 1_000;

export async function readKeyState(db: Rows): Promise<LeadKeyState> {
  const [state] = await db.rows<LeadKeyState>(
    'select version, active, kid, phase, next_kid as "nextKid" from lead_keys',
  );
  if (!state) throw new Error('there is no lead_keys row');
  return state;
}

/** SQLSTATE class 40 and lock timeouts: another transaction was in the way. */
const isConflict = (error: unknown): boolean => /^(?:40|55P03)/.test(errorCodeOf(error) ?? '');

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

interface SealedLead {
  readonly id: string;
  readonly lead: LeadToStore;
  readonly sealed: SealedContact;
}

interface Comer extends SealedLead {
  readonly tell: RunStore;
}

interface Trying {
  readonly run: RunStore;
  /** For whose transaction it has to be known first. */
  readonly waits: boolean;
}

interface StoreRow {
  readonly id: string;
  readonly createdAt: Date | null;
  readonly reasons: LeadClash[] | null;
}

/** What store_leads() is given of a lead: its id to its source, and both sets of indexes. */
const columnCount = 7 + 2 * indexColumns('a').length;
const storeSql = `select * from store_leads($1, $2, ${Array.from({ length: columnCount }, (_, place) => `$${place + 3}`).join(', ')})`;

function columnsOf(leads: readonly SealedLead[], state: LeadKeyState, cipher: LeadCipher): unknown[] {
  const rows = leads.map(({ id, lead, sealed: { sealedKey, email, phone } }) => {
    const { a, b } = indexesBySet(state, cipher, lead.contact);
    return [id, lead.name, sealedKey, email, phone, lead.ipAddress, lead.source, ...a, ...b];
  });
  return Array.from({ length: columnCount }, (_, column) => rows.map((row) => row[column]));
}
