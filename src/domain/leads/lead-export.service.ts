// The leads of a list as a file, open for whom the log then knows to have taken them. Read some at a time and sent on as they
// come: a million of them take no more memory than a page.
import type { Viewer } from '../../auth/viewer.js';
import type { LeadOrder } from '../../entities/lead.enums.js';
import { byteOrderMark, csvLine } from '../../shared/csv.js';
import { workbook } from '../../shared/xlsx.js';
import { parseInput } from '../input.js';
import type { Work } from '../work.js';
import { type LeadFilter, type LeadQuery, leadQueryInput } from './lead.inputs.js';
import { type LeadRow, leadColumns, openLead, type StoredLead } from './lead.rows.js';
import { leadCondition, searchedFields } from './lead-conditions.js';
import { demandSight, emailShown, phoneShown } from './lead-sight.js';
import { type LeadStore, readKeyState } from './lead-store.js';

export const leadFileKinds = ['csv', 'xlsx'] as const;
export type LeadFileKind = (typeof leadFileKinds)[number];

export interface LeadFile {
  readonly name: string;
  readonly content: AsyncIterable<string | Buffer>;
}

interface Selection {
  readonly filter: LeadFilter | null | undefined;
  readonly orderBy: LeadOrder | null | undefined;
}

export class LeadExportService {
  constructor(
    private readonly work: Work,
    private readonly ports: { readonly leadStore: LeadStore },
  ) {}

  /** Known to the audit log before the first line of it is read. */
  async file(kind: LeadFileKind, query: LeadQuery): Promise<LeadFile> {
    const { filter, orderBy } = parseInput(leadQueryInput, query);
    const { viewer } = this.work;
    demandSight(viewer, filter);
    const detail = { format: kind, searched: searchedFields(filter) };
    await this.work.write(async (tx) => tx.audit('exportLeads', null, detail));
    const lines = linesOf(this.#leads({ filter, orderBy }), viewer);
    return {
      name: `leads-${this.work.now().toISOString().slice(0, 10)}.${kind}`,
      content: kind === 'csv' ? csvOf(lines) : workbook({ name: 'leads', header, rows: rowsOf(lines) }),
    };
  }

  /** In the list's order. What the indexes are called and keyed with may change while a long file is on its way. */
  async *#leads({ filter, orderBy }: Selection): AsyncGenerator<LeadRow[]> {
    const { cipher } = this.ports.leadStore;
    const [beyond, order] = orderBy === 'OLDEST' ? ['>', 'asc'] : ['<', 'desc'];
    for (let last: string | undefined; ; ) {
      const { where, params } = leadCondition(filter, await readKeyState(this.work), cipher);
      if (last !== undefined) where.push(`l.id ${beyond} $${params.push(last)}`);
      const found = await this.work.rows<StoredLead>(
        `select ${leadColumns} from lead l ${where.length > 0 ? `where ${where.join(' and ')}` : ''}
         order by l.id ${order} limit ${leadsAtOnce}`,
        params,
      );
      yield found.map((lead) => openLead(cipher, lead));
      last = found.at(-1)?.id;
      if (found.length < leadsAtOnce) return;
    }
  }
}

/** Opening one takes some 60 µs (measured), in which nobody else is answered. */
const leadsAtOnce = 200;

const header = ['id', 'name', 'email', 'phone', 'ip_address', 'status', 'source', 'note', 'client_id', 'created_at'];

type Line = readonly (string | null)[];

const lineOf = (lead: LeadRow, viewer: Viewer): Line => [
  lead.id,
  lead.name,
  emailShown(viewer, lead),
  phoneShown(viewer, lead),
  lead.ipAddress,
  lead.status,
  lead.source,
  lead.note,
  lead.clientId,
  lead.createdAt.toISOString(),
];

async function* linesOf(pages: AsyncIterable<LeadRow[]>, viewer: Viewer): AsyncGenerator<Line[]> {
  for await (const page of pages) yield page.map((lead) => lineOf(lead, viewer));
}

async function* csvOf(pages: AsyncIterable<Line[]>): AsyncGenerator<string> {
  yield byteOrderMark + csvLine(header);
  for await (const page of pages) yield page.map(csvLine).join('');
}

async function* rowsOf(pages: AsyncIterable<Line[]>): AsyncGenerator<Line> {
  for await (const page of pages) yield* page;
}
