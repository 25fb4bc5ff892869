// A mailing's row, locked: whoever changes a mailing or its messages takes this first, so that no claim overlaps with a pause
// and the counters add up.
import type { Weekday } from '../../entities/mailing.enums.js';
import { notFound } from '../../shared/errors.js';
import { isId } from '../ids.js';
import type { Rows } from '../live/event-log.js';
import type { Transaction } from '../work.js';
import { type MailingRow, mailingColumns, mailingTables } from './mailing.rows.js';
import { demandOperation, type MailingOperation, type MailingState } from './mailing-states.js';

export interface LockedMailing extends MailingState {
  readonly id: string;
  readonly operatorCodes: string[];
  readonly tags: string[];
  readonly openEnded: boolean;
  readonly windowFrom: number | null;
  readonly windowTo: number | null;
  readonly windowDays: Weekday[] | null;
  readonly rateLimit: number | null;
  readonly startedAt: Date | null;
  /** By the database's clock, under the lock. */
  readonly now: Date;
}

/** NOT_FOUND where it is not there or hidden, CONFLICT where its state does not allow the operation. */
export async function lockMailing(tx: Transaction, id: string, operation: MailingOperation): Promise<LockedMailing> {
  const [mailing] = isId(id) ? await tx.rows<LockedMailing>(lockSql, [id]) : [];
  if (!mailing) throw notFound('The mailing');
  demandOperation(operation, mailing, mailing.now);
  return mailing;
}

/** Ascending, so that two who lock several never wait for each other. */
export async function lockMailings(tx: Transaction, ids: readonly string[]): Promise<void> {
  await tx.rows('select id from mailing where id = any($1::bigint[]) order by id for no key update', [ids]);
}

/** Hidden ones too: whoever refers to them finds them. */
export async function readMailing(db: Rows, id: string): Promise<MailingRow> {
  const [mailing] = await db.rows<MailingRow>(`select ${mailingColumns} from ${mailingTables} where g.id = $1`, [id]);
  if (!mailing) throw notFound('The mailing');
  return mailing;
}

const lockSql = `
  select id, status, operator_codes as "operatorCodes", tags, starts_at as "startsAt", ends_at as "endsAt",
    open_ended as "openEnded", window_from as "windowFrom", window_to as "windowTo", window_days as "windowDays",
    rate_limit as "rateLimit", started_at as "startedAt", clock_timestamp() as now
  from mailing where id = $1 and hidden_at is null for no key update`;
