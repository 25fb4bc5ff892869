// Mailings: made, changed, deleted, looked at. What makes them go on and stop is mailing-control.service.ts; audiences are
// planned and messages sent elsewhere, for which this only changes rows and nudges.
import { z } from 'zod';
import type { Keys } from '../../auth/keys.js';
import { actorOf } from '../../auth/viewer.js';
import {
  type MailingStatus,
  type MessageStatus,
  mailingOrders,
  mailingStatuses,
  messageStatuses,
} from '../../entities/mailing.enums.js';
import { notFound } from '../../shared/errors.js';
import { once } from '../idempotency.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Transaction, Work } from '../work.js';
import {
  type CreateMailingInput,
  createMailingInput,
  demandSpan,
  momentField,
  type NewMailing,
  readableSpanFaults,
  type UpdateMailingInput,
  updateMailingInput,
} from './mailing.inputs.js';
import { type LockedMailing, lockMailing, readMailing } from './mailing.lock.js';
import { type MailingRow, mailingColumns, mailingsById, mailingTables } from './mailing.rows.js';
import { type ChangedMailing, changed, updateParams, updateSql } from './mailing-changes.js';
import { type MailingStats, statsOf } from './mailing-stats.js';
import { retimeZones } from './zones.js';

export interface MailingPorts {
  readonly keys: Keys;
}

export interface CreateOptions {
  readonly idempotencyKey?: string | null | undefined;
  /** The end lies far away because none was given. */
  readonly openEnded?: boolean;
}

export interface MailingOverview {
  mailings: number;
  byMailingStatus: { status: MailingStatus; count: number }[];
  messages: number;
  byMessageStatus: { status: MessageStatus; count: number }[];
}

export const mailingFilter = z.strictObject({
  status: z.array(z.enum(mailingStatuses)).nullish(),
  startsAt: z.strictObject({ from: momentField.nullish(), to: momentField.nullish() }).nullish(),
  search: z
    .string()
    .max(200, 'expected at most 200 characters')
    .regex(/^[^\0]*$/, 'must not hold NUL')
    .nullish(),
});

const mailingQueryInput = z.strictObject({ filter: mailingFilter.nullish(), orderBy: z.enum(mailingOrders).nullish() });

export type MailingFilterInput = z.input<typeof mailingFilter>;
export type MailingQuery = z.input<typeof mailingQueryInput>;

export class MailingService {
  constructor(
    private readonly work: Work,
    private readonly ports: MailingPorts,
  ) {}

  /** Within its span it starts at once. */
  create(input: CreateMailingInput, { idempotencyKey, openEnded = false }: CreateOptions = {}): Promise<MailingRow> {
    const wanted = parseInput(createMailingInput, input, () => readableSpanFaults(input, this.work.now()));
    const call = {
      actor: actorOf(this.work.viewer),
      operation: 'createMailing',
      key: idempotencyKey,
      input: { ...wanted, openEnded },
    };
    return this.work.write(async (tx) => {
      const { row } = await once<MailingRow>(tx, this.ports.keys, call, {
        create: () => this.#insert(tx, wanted, openEnded),
        find: (id) => readMailing(tx, id),
      });
      return row;
    });
  }

  async update(id: string, input: UpdateMailingInput, openEnded?: boolean): Promise<MailingRow> {
    const changes = parseInput(updateMailingInput, input, () => readableSpanFaults(input, this.work.now()));
    return this.work.write(async (tx) => {
      const before = await lockMailing(tx, id, 'update');
      const after = changed(before, changes, openEnded);
      await tx.rows(updateSql, updateParams(before, after));
      if (changes.text !== undefined) await tx.rows(newTextSql, [id, changes.text]);
      if (changes.window !== undefined) await retimeZones(tx, id);
      nudgeMoments(tx, before, after);
      tx.publish({ topic: 'mailing', subject: id, kind: 'UPDATED' });
      const names = Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : [field]));
      tx.audit('updateMailing', `mailing:${id}`, { changed: names });
      return readMailing(tx, id);
    });
  }

  /** Hidden, not erased: its messages and figures stay. One that has not started never will. */
  async delete(id: string): Promise<void> {
    await this.work.write(async (tx) => {
      await lockMailing(tx, id, 'delete');
      await tx.rows(
        `update mailing set hidden_at = now(), finished_at = coalesce(finished_at, now()),
           status = case when status = 'SCHEDULED' then 'CANCELLED' else status end where id = $1`,
        [id],
      );
      tx.publish({ topic: 'mailing', subject: id, kind: 'DELETED' });
      tx.audit('deleteMailing', `mailing:${id}`);
    });
  }

  /** Null where it is not there, or no longer. */
  async find(id: string): Promise<MailingRow | null> {
    if (!isId(id)) return null;
    const [mailing] = await this.work.rows<MailingRow>(
      `select ${mailingColumns} from ${mailingTables} where g.id = $1 and g.hidden_at is null`,
      [id],
    );
    return mailing ?? null;
  }

  async get(id: string): Promise<MailingRow> {
    const mailing = await this.find(id);
    if (!mailing) throw notFound('The mailing');
    return mailing;
  }

  /** Hidden ones too: their events are still told. */
  async demandKnown(id: string): Promise<void> {
    if (!(await this.byIds([id])).has(id)) throw notFound('The mailing');
  }

  /** Hidden ones too. */
  byIds(ids: readonly string[]): Promise<Map<string, MailingRow>> {
    return mailingsById(this.work, ids.filter(isId));
  }

  async list(query: MailingQuery, args: PageArgs): Promise<Page<MailingRow>> {
    const { filter, orderBy } = parseInput(mailingQueryInput, query);
    const { status, startsAt, search } = filter ?? {};
    const params: unknown[] = [];
    const where = ['g.hidden_at is null'];
    const restrict = (condition: (param: string) => string, value: unknown): void => {
      params.push(value);
      where.push(condition(`$${params.length}`));
    };
    if (status && status.length > 0) restrict((param) => `g.status = any(${param})`, status);
    if (startsAt?.from) restrict((param) => `g.starts_at >= ${param}`, startsAt.from);
    if (startsAt?.to) restrict((param) => `g.starts_at < ${param}`, startsAt.to);
    if (search) restrict((param) => `strpos(lower(t.text), lower(${param})) > 0`, search);
    const byStart = orderBy === 'STARTS_AT';
    return pageOf<MailingRow>(
      this.work,
      {
        select: mailingColumns,
        from: mailingTables,
        where,
        params,
        key: [...(byStart ? ([['g.starts_at', 'timestamptz']] as const) : []), ['g.id', 'bigint']],
        direction: byStart ? 'asc' : 'desc',
      },
      args,
    );
  }

  stats(mailing: MailingRow): MailingStats {
    return statsOf(mailing, this.work.now());
  }

  /** From the counters, hidden mailings included. */
  async overview(): Promise<MailingOverview> {
    const sums = messageStatuses.map((status) => `coalesce(sum(${status.toLowerCase()}), 0)::float8 as "${status}"`);
    const rows = await this.work.rows<{ status: MailingStatus; count: number } & Record<MessageStatus, number>>(
      `select status, count(*)::int as count, ${sums.join(', ')} from mailing group by status`,
    );
    const byMailingStatus = mailingStatuses.map((status) => ({
      status,
      count: rows.find((row) => row.status === status)?.count ?? 0,
    }));
    const byMessageStatus = messageStatuses.map((status) => ({
      status,
      count: rows.reduce((sum, row) => sum + row[status], 0),
    }));
    return { mailings: total(byMailingStatus), byMailingStatus, messages: total(byMessageStatus), byMessageStatus };
  }

  async #insert(tx: Transaction, wanted: NewMailing, openEnded: boolean): Promise<MailingRow> {
    const { text, filter, startsAt, endsAt, window, rateLimit, onUncertain } = wanted;
    demandSpan({ startsAt, endsAt }, this.work.now());
    const [added] = await tx.rows<{ id: string }>(insertSql, [
      text,
      filter?.operatorCodes ?? [],
      filter?.tags ?? [],
      startsAt ?? null,
      endsAt,
      openEnded,
      window?.from ?? null,
      window?.to ?? null,
      window?.days ?? null,
      rateLimit ?? null,
      onUncertain ?? 'RETRY',
    ]);
    if (!added) throw new Error('an insert without a row');
    const { id } = added;
    const mailing = await readMailing(tx, id);
    if (mailing.status === 'RUNNING') tx.nudge('planMailings', {});
    else tx.nudge('startMailing', { mailingId: id }, mailing.startsAt);
    tx.nudge('endMailing', { mailingId: id }, endsAt);
    tx.publish({ topic: 'mailing', subject: id, kind: 'CREATED' });
    tx.audit('createMailing', `mailing:${id}`);
    return mailing;
  }
}

const total = (counts: readonly { count: number }[]): number => counts.reduce((sum, { count }) => sum + count, 0);

function nudgeMoments(tx: Transaction, before: LockedMailing, after: ChangedMailing): void {
  const mailingId = before.id;
  const isMoved = (moment: 'startsAt' | 'endsAt'): boolean => before[moment].getTime() !== after[moment].getTime();
  if (isMoved('startsAt') && !after.starts) tx.nudge('startMailing', { mailingId }, after.startsAt);
  if (isMoved('endsAt')) tx.nudge('endMailing', { mailingId }, after.endsAt);
  if (after.starts || after.replans) tx.nudge('planMailings', {});
}

const insertSql = `
  with added as (
    insert into mailing (operator_codes, tags, starts_at, ends_at, open_ended, window_from, window_to, window_days,
      rate_limit, on_uncertain, status, started_at)
    select $2::text[], $3::text[], coalesce($4::timestamptz, now()), $5::timestamptz, $6::boolean, $7::smallint, $8::smallint,
      $9::text[], $10::int, $11, case when $4 > now() then 'SCHEDULED' else 'RUNNING' end,
      case when $4 > now() then null else now() end
    returning id
  )
  insert into mailing_text (mailing_id, version, text) select id, 1, $1 from added returning mailing_id as id`;

const newTextSql = `
  with added as (
    insert into mailing_text (mailing_id, version, text)
    select g.id, g.text_version + 1, $2::text
    from mailing g join mailing_text t on t.mailing_id = g.id and t.version = g.text_version
    where g.id = $1 and t.text <> $2::text
    returning version
  )
  update mailing set text_version = added.version from added where id = $1`;
