// What a change makes of a mailing's row: which values it is to have, whether it starts, whether its audience is planned anew.
// No I/O; the statement that writes it stands beside it, because the two list the same columns.
import { badInputs, type FieldFault } from '../../shared/errors.js';
import { type MailingChanges, spanFaults } from './mailing.inputs.js';
import type { LockedMailing } from './mailing.lock.js';
import { statusAt } from './mailing-states.js';

/** As the row is to be, and what has to be done for it. */
export interface ChangedMailing extends Omit<LockedMailing, 'now'> {
  readonly starts: boolean;
  /** Those who joined the audience are planned, those who left it cancelled; where nobody was planned yet that is nothing. */
  readonly replans: boolean;
}

export function changed(
  before: LockedMailing,
  changes: MailingChanges,
  openEnded: boolean | undefined,
): ChangedMailing {
  const { now, ...row } = before;
  const { startsAt = row.startsAt, endsAt = row.endsAt, filter, window, rateLimit } = changes;
  const movesStart = startsAt.getTime() !== row.startsAt.getTime();
  const faults: FieldFault[] = [];
  if (movesStart && row.startsAt <= now)
    faults.push({ path: 'startsAt', code: 'PASSED', message: 'the start has passed and cannot change any more' });
  if (movesStart || endsAt.getTime() !== row.endsAt.getTime()) faults.push(...spanFaults({ startsAt, endsAt }, now));
  if (faults.length > 0) throw badInputs(faults);
  const audience = filter === undefined ? row : (filter ?? { operatorCodes: [], tags: [] });
  const starts = row.status === 'SCHEDULED' && statusAt({ startsAt }, now) === 'RUNNING';
  return {
    ...row,
    startsAt,
    endsAt,
    operatorCodes: audience.operatorCodes,
    tags: audience.tags,
    openEnded: openEnded ?? (changes.endsAt === undefined && row.openEnded),
    ...(window === undefined ? {} : windowColumns(window)),
    rateLimit: rateLimit === undefined ? row.rateLimit : rateLimit,
    status: starts ? 'RUNNING' : row.status,
    starts,
    replans: !isSameAudience(row, audience),
  };
}

export const updateParams = (before: LockedMailing, after: ChangedMailing): unknown[] => [
  before.id,
  after.operatorCodes,
  after.tags,
  after.startsAt,
  after.endsAt,
  after.openEnded,
  after.windowFrom,
  after.windowTo,
  after.windowDays,
  after.rateLimit,
  before.rateLimit !== after.rateLimit,
  after.status,
  after.starts,
  after.replans,
];

/** A new limit begins with an empty bucket; what joined and left a new audience is found from its first client on. */
export const updateSql = `
  update mailing set operator_codes = $2, tags = $3, starts_at = $4, ends_at = $5, open_ended = $6, window_from = $7, window_to = $8,
    window_days = $9, rate_limit = $10, rate_tokens = case when $11 then 0 else rate_tokens end,
    rate_at = case when $11 then now() else rate_at end, status = $12,
    started_at = case when $13 then now() else started_at end,
    plan_cursor = case when $14 then 0 else plan_cursor end, planned_at = case when $14 then null else planned_at end,
    prune_cursor = case when $14 then 0 else prune_cursor end
  where id = $1`;

const windowColumns = (window: MailingChanges['window']) => ({
  windowFrom: window?.from ?? null,
  windowTo: window?.to ?? null,
  windowDays: window?.days ? [...window.days] : null,
});

type Audience = Pick<LockedMailing, 'operatorCodes' | 'tags'>;

const isSameAudience = (a: Audience, b: Audience): boolean =>
  isSameSet(a.operatorCodes, b.operatorCodes) && isSameSet(a.tags, b.tags);

const isSameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((value) => b.includes(value));
