// Messages: what became of each.
import { z } from 'zod';
import { type MessageStatus, messageStatuses } from '../../entities/mailing.enums.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Work } from '../work.js';
import { isUnderWay, isWaiting, type MessageRow, messageColumns, messageTables } from './mailing.rows.js';

export interface MessageFilter {
  readonly mailingId?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly status?: readonly MessageStatus[] | null | undefined;
}

const statusInput = z.strictObject({ status: z.array(z.enum(messageStatuses)).nullish() });

export class MessageService {
  constructor(private readonly work: Work) {}

  /** Of one mailing in the order in which they were planned, otherwise the newest mailing first. */
  async list(filter: MessageFilter, args: PageArgs): Promise<Page<MessageRow>> {
    const { status } = parseInput(statusInput, { status: filter.status });
    const { mailingId, clientId } = filter;
    const params: unknown[] = [];
    const where: string[] = [];
    for (const [column, id] of [
      ['m.mailing_id', mailingId],
      ['m.client_id', clientId],
    ] as const) {
      if (id == null) continue;
      params.push(isId(id) ? id : null);
      where.push(`${column} = $${params.length}`);
    }
    if (status && status.length > 0) where.push(statusCondition(status));
    if (mailingId != null && status?.length === 1 && status[0] === 'QUEUED') where.push(notBeforeFirstWaiting);
    const page = await pageOf<MessageRow>(
      this.work,
      {
        select: messageColumns,
        from: messageTables,
        where,
        params,
        // The primary key: a message's id alone is in no index.
        key: [
          ['m.mailing_id', 'bigint'],
          ['m.id', 'bigint'],
        ],
        direction: mailingId == null ? 'desc' : 'asc',
      },
      args,
    );
    return clientId == null ? { ...page, count: () => this.#count(mailingId ?? null, status ?? []) } : page;
  }

  /** From the mailings' counters, which are right at every moment; counting a million rows is not quick. */
  async #count(mailingId: string | null, status: readonly MessageStatus[]): Promise<number> {
    if (mailingId !== null && !isId(mailingId)) return 0;
    const counters = status.length > 0 ? [...new Set(status)].map((one) => one.toLowerCase()) : ['planned'];
    const [row] = await this.work.rows<{ count: number }>(
      `select coalesce(sum(${counters.join(' + ')}), 0)::float8 as count from mailing where $1::bigint is null or id = $1`,
      [mailingId],
    );
    return row?.count ?? 0;
  }
}

const ends = ['FAILED', 'EXPIRED', 'CANCELLED', 'SUPPRESSED', 'UNCERTAIN'] as const;

/** Each as an index holds it, where one does: what is under way, or went wrong, is found however many others were sent. */
function statusCondition(status: readonly MessageStatus[]): string {
  const conditions: string[] = [];
  if (status.includes('QUEUED')) conditions.push(isWaiting);
  if (status.includes('SENDING')) conditions.push(`(${leased} and ${isUnderWay})`);
  if (status.includes('SENT')) conditions.push(`m.status = 'SENT'`);
  const left = ends.filter((one) => status.includes(one)).map((one) => `'${one}'`);
  if (left.length > 0) conditions.push(`m.left_as in (${left.join(', ')})`);
  return `(${conditions.join(' or ')})`;
}

/** Of one mailing, $1: those that are done are not read again and again to find the first that waits. */
const notBeforeFirstWaiting = `m.id >= least(
  (select 1 + min(coalesce(one.claimed_to[z.zone], 0)) from mailing one join mailing_zone z on z.mailing_id = one.id where one.id = $1),
  (select min(id) from message where mailing_id = $1 and next_at < 'infinity'))`;

const leased = '(m.mailing_id, m.id) in (select l.mailing_id, unnest(l.ids) from message_lease l)';
