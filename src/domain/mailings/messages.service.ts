// Messages: what became of each, and a test message that belongs to no mailing.
import { z } from 'zod';
import { type MessageStatus, messageStatuses } from '../../entities/mailing.enums.js';
import type { MessageGateway, Outcome } from '../../gateways/messages/port.js';
import { conflict, Failure } from '../../shared/errors.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Work } from '../work.js';
import { mailingTextField } from './mailing.inputs.js';
import { type MessageRow, messageColumns, messageTables } from './mailing.rows.js';

export interface MessagePorts {
  /** Undefined where none is configured and no simulator runs. */
  readonly messageGateway: MessageGateway | undefined;
  /** Bound on one whole exchange. */
  readonly messageTimeoutMs: number;
}

export interface MessageFilter {
  readonly mailingId?: string | null | undefined;
  readonly clientId?: string | null | undefined;
  readonly status?: readonly MessageStatus[] | null | undefined;
}

export const testMessageInput = z.object({
  phone: z.string().regex(/^7\d{10}$/, 'expected 7XXXXXXXXXX, 11 digits'),
  text: mailingTextField,
});

const statusInput = z.object({ status: z.array(z.enum(messageStatuses)).nullish() });

export class MessageService {
  constructor(
    private readonly work: Work,
    private readonly ports: MessagePorts,
  ) {}

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

  /** Asks the gateway once, and says so where it did not take it. */
  async sendTest(input: z.input<typeof testMessageInput>): Promise<void> {
    const { phone, text } = parseInput(testMessageInput, input);
    const { messageGateway, messageTimeoutMs } = this.ports;
    if (!messageGateway) throw new Failure('UNAVAILABLE', 'No message gateway is configured.');
    const id = await this.work.write(async (tx) => {
      const [next] = await tx.rows<{ id: string; suppressed: boolean }>(
        `select nextval('message_id_seq') as id,
           exists (select from suppression where phone = $1 and channel = 'MESSAGE') as suppressed`,
        [phone],
      );
      if (!next) throw new Error('a sequence without a next value');
      if (next.suppressed) throw conflict('This number must not be contacted by message.', 'SUPPRESSED');
      tx.audit('sendTestMessage', `message:${next.id}`);
      return next.id;
    });
    refuseUnlessAccepted(await messageGateway.send({ id, phone, text }, messageTimeoutMs));
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

/** As partial indexes hold them: a group alone is found in its index, however many others were sent. */
const indexed: readonly (readonly MessageStatus[])[] = [
  ['QUEUED'],
  ['SENDING'],
  ['FAILED', 'EXPIRED', 'CANCELLED', 'SUPPRESSED', 'UNCERTAIN'],
  ['SENT'],
];

/** Words, not parameters: the planner has to see that they are what an index holds. */
function statusCondition(status: readonly MessageStatus[]): string {
  const groups = indexed.map((group) => group.filter((one) => status.includes(one))).filter(({ length }) => length > 0);
  return `(${groups.map((group) => `m.status in (${group.map((one) => `'${one}'`).join(', ')})`).join(' or ')})`;
}

function refuseUnlessAccepted({ kind }: Outcome): void {
  switch (kind) {
    case 'accepted':
      return;
    case 'unsent':
      throw new Failure('UNAVAILABLE', 'The message gateway cannot be reached; nothing was sent.', { retryAfter: 5 });
    case 'denied':
      throw new Failure('UPSTREAM_FAILED', 'The message gateway does not accept our token.');
    case 'rejected':
      throw new Failure('UPSTREAM_FAILED', 'The message gateway rejects this message.');
    case 'refused':
      throw new Failure('UPSTREAM_FAILED', 'The message gateway did not take the message; try again later.');
    case 'lost':
      throw new Failure(
        'UPSTREAM_FAILED',
        'The message gateway gave no answer that can be read: it may have been sent.',
      );
  }
}
