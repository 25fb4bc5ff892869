// Leads: taken in from anybody, once for each e-mail, phone and address; read, changed and erased by staff.
import type { Keys } from '../../auth/keys.js';
import { seesPhones } from '../../auth/masking.js';
import { may } from '../../auth/policies.js';
import { actorOf, isSignedIn } from '../../auth/viewer.js';
import { conflict, Failure, notFound } from '../../shared/errors.js';
import type { ReadAudit, Reading } from '../accounts/read-audit.js';
import { once } from '../idempotency.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Work } from '../work.js';
import {
  type CreateLeadInput,
  createLeadInput,
  type LeadQuery,
  leadQueryInput,
  type NewLead,
  type UpdateLeadInput,
  updateLeadInput,
} from './lead.inputs.js';
import { type LeadRow, leadColumns, leadsById, openLead, type StoredLead } from './lead.rows.js';
import { changeLead, clashesOf } from './lead-changes.js';
import { leadCondition, searchedFields } from './lead-conditions.js';
import type { LeadJournal } from './lead-journal.js';
import type { LeadLimits } from './lead-limits.js';
import { demandSight } from './lead-sight.js';
import { type LeadClash, type LeadStore, type LeadToStore, readKeyState, type Stored } from './lead-store.js';

export interface LeadPorts {
  readonly keys: Keys;
  readonly leadStore: LeadStore;
  readonly leadJournal: LeadJournal;
  readonly leadLimits: LeadLimits;
  readonly leadReads: ReadAudit;
}

export class LeadService {
  constructor(
    private readonly work: Work,
    private readonly ports: LeadPorts,
  ) {}

  async list(query: LeadQuery, args: PageArgs): Promise<Page<LeadRow>> {
    const { filter, orderBy } = parseInput(leadQueryInput, query);
    demandSight(this.work.viewer, filter);
    const { leadStore } = this.ports;
    const condition = leadCondition(filter, await readKeyState(this.work), leadStore.cipher);
    const page = await pageOf<StoredLead>(
      this.work,
      {
        select: leadColumns,
        from: 'lead l',
        ...condition,
        key: [['l.id', 'bigint']],
        direction: orderBy === 'OLDEST' ? 'asc' : 'desc',
      },
      args,
    );
    this.#shown({ searched: searchedFields(filter) });
    const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: openLead(leadStore.cipher, node) }));
    return { ...page, edges, nodes: edges.map(({ node }) => node) };
  }

  async find(id: string): Promise<LeadRow | undefined> {
    return isId(id) ? (await this.byIds([id])).get(id) : undefined;
  }

  async get(id: string): Promise<LeadRow> {
    const lead = await this.find(id);
    if (!lead) throw notFound('The lead');
    return lead;
  }

  async byIds(ids: readonly string[]): Promise<Map<string, LeadRow>> {
    const leads = await leadsById(this.work, this.ports.leadStore.cipher, ids);
    if (leads.size > 0) this.#shown({ subjects: [...leads.keys()].map((id) => `lead:${id}`) });
    return leads;
  }

  /** From now on the viewer is shown leads as they come. */
  streamed(): void {
    this.#shown({ stream: true });
  }

  /** Everybody may, as often as the limits allow: the journal says how it ended. */
  async create(input: CreateLeadInput, idempotencyKey?: string | null): Promise<LeadRow> {
    const { viewer } = this.work;
    const { leadLimits, leadJournal } = this.ports;
    try {
      if (!may(viewer, 'leadsWrite')) await leadLimits.admit(viewer);
      return await this.#take(parseInput(createLeadInput, input), idempotencyKey);
    } catch (error) {
      const told = await this.#toTell(error);
      if (told instanceof Failure && told.code === 'BAD_USER_INPUT') leadJournal.note('INVALID');
      if (told instanceof Failure && told.code === 'RATE_LIMITED') leadJournal.note('LIMITED');
      if (told instanceof Failure && told.code === 'CONFLICT') leadJournal.note('DUPLICATE', told.reasons);
      throw told;
    }
  }

  async update(id: string, input: UpdateLeadInput): Promise<LeadRow> {
    const changes = parseInput(updateLeadInput, input);
    const updated = this.work.write(async (tx) => {
      await changeLead(tx, this.ports.leadStore.cipher, { id, changes });
      tx.publish({ topic: 'lead', subject: id, kind: 'UPDATED' });
      const changed = Object.entries(changes).flatMap(([name, value]) => (value === undefined ? [] : [name]));
      tx.audit('updateLead', `lead:${id}`, { changed });
      const after = (await leadsById(tx, this.ports.leadStore.cipher, [id])).get(id);
      if (!after) throw notFound('The lead');
      return after;
    });
    return updated.catch((error: unknown) => {
      const reasons = clashesOf(error);
      throw reasons.length > 0 ? duplicate(reasons) : error;
    });
  }

  /** With its row goes its key: what is left of it anywhere can't be read any more. */
  async delete(id: string): Promise<void> {
    if (!isId(id)) throw notFound('The lead');
    await this.work.write(async (tx) => {
      const gone = await tx.rows('delete from lead where id = $1 returning id', [id]);
      if (gone.length === 0) throw notFound('The lead');
      tx.publish({ topic: 'lead', subject: id, kind: 'DELETED' });
      tx.audit('deleteLead', `lead:${id}`);
    });
  }

  async #take(wanted: NewLead, key: string | null | undefined): Promise<LeadRow> {
    const { viewer } = this.work;
    const { leadStore, keys } = this.ports;
    const ipAddress = wanted.ipAddress && this.#mayChooseAddress() ? wanted.ipAddress : viewer.origin.address;
    const lead = { ...wanted, ipAddress };
    if (key == null && !isSignedIn(viewer)) {
      return stored(lead, await leadStore.storeTogether(toStore(lead), (sql, params) => this.work.tell(sql, params)));
    }
    const call = { actor: actorOf(viewer), operation: 'createLead', key, input: lead };
    return this.work.write(async (tx) => {
      const { row } = await once<LeadRow>(tx, keys, call, {
        create: async () => {
          const row = stored(lead, await leadStore.store(toStore(lead), (sql, params) => tx.rows(sql, params)));
          if (isSignedIn(viewer)) tx.audit('createLead', `lead:${row.id}`);
          return row;
        },
        find: async (id) => {
          const row = (await leadsById(tx, leadStore.cipher, [id])).get(id);
          if (!row) throw notFound('The lead');
          // What staff made of it since is told to those who read leads.
          return may(viewer, 'leadsRead') ? row : stored(lead, { id, createdAt: row.createdAt, reasons: null });
        },
      });
      return row;
    });
  }

  /** A conflict says whether an e-mail or a number is known, so a caller who may not write leads at will is told few of them. */
  async #toTell(error: unknown): Promise<unknown> {
    const { viewer } = this.work;
    const isConflict = error instanceof Failure && error.code === 'CONFLICT';
    if (!isConflict || may(viewer, 'leadsWrite')) return error;
    if (isSignedIn(viewer))
      await this.work.write(async (tx) => tx.audit('createLead', null, { refused: error.reasons }));
    return this.ports.leadLimits.admitConflict(viewer).then(
      () => error,
      (refusal: unknown) => refusal,
    );
  }

  /** Who sees them masked is shown nobody's data. */
  #shown(reading: Reading): void {
    const { viewer } = this.work;
    if (isSignedIn(viewer) && seesPhones(viewer)) this.ports.leadReads.note(this.work, reading);
  }

  /** From anybody else it is not believed: it is theirs to write, and would keep others out. */
  #mayChooseAddress(): boolean {
    const { viewer } = this.work;
    return may(viewer, 'leadsWrite') || (viewer.identity.kind === 'nobody' && viewer.origin.loopback);
  }
}

const duplicateTexts: Readonly<Record<LeadClash, string>> = {
  DUPLICATE_EMAIL: 'this e-mail address is known',
  DUPLICATE_PHONE: 'this phone number is known',
  DUPLICATE_IP: 'from this address somebody left their data before',
};

/** Told with what it clashes, never with whom. */
function duplicate(reasons: readonly LeadClash[]): Failure {
  const text = reasons.map((reason) => duplicateTexts[reason]).join('; ');
  return conflict(`Not taken: ${text}.`, ...reasons);
}

const toStore = ({ name, email, phone, ipAddress, source = null }: NewLead & { ipAddress: string }): LeadToStore => {
  return { name, contact: { email, phone }, ipAddress, source };
};

function stored(lead: NewLead & { ipAddress: string }, outcome: Stored): LeadRow {
  if (outcome.reasons !== null) throw duplicate(outcome.reasons);
  const { id, createdAt } = outcome;
  const { name, email, phone, ipAddress, source = null } = lead;
  return { id, name, email, phone, ipAddress, source, createdAt, status: 'NEW', note: null, clientId: null };
}
