// A mailing in the words of the old mailing server, and what its clients' words make of one. No I/O.
import { badInput } from '../../shared/errors.js';
import type { LegacyMailingFields, NewLegacyMailing } from './legacy-mailing.inputs.js';
import type { CreateMailingInput, UpdateMailingInput } from './mailing.inputs.js';
import type { LocalWindowRow, MailingRow } from './mailing.rows.js';

export interface LegacyTerms {
  start_day: Date;
  /** Null where the end was left out. */
  end_day: Date | null;
  /** HH:MM. */
  start_time: string | null;
  end_time: string | null;
  body: string;
  tag: string;
  operator_code: string;
}

/** Several tags or codes, which other doors allow, are told with commas between. */
export const legacyTerms = (mailing: MailingRow): LegacyTerms => ({
  start_day: mailing.startsAt,
  end_day: mailing.openEnded ? null : mailing.endsAt,
  start_time: mailing.window?.from ?? null,
  end_time: mailing.window?.to ?? null,
  body: mailing.text,
  tag: told(mailing.tags),
  operator_code: told(mailing.operatorCodes),
});

export interface Wanted<Input> {
  readonly input: Input;
  readonly openEnded: boolean;
}

export function newMailing(fields: NewLegacyMailing, now: Date): Wanted<CreateMailingInput> {
  const { start_day: startsAt, end_day: endsAt, start_time: from, end_time: to, body: text } = fields;
  const input = {
    text,
    filter: { tags: oneOrAny(fields.tag ?? ''), operatorCodes: oneOrAny(fields.operator_code ?? '') },
    startsAt,
    endsAt: endsAt ?? farFrom(startsAt, now),
    window: windowOf(from, to),
  };
  return { input, openEnded: endsAt == null };
}

/** What is sent back as it was read changes nothing, also where the old words tell less than the mailing has. */
export function changesOf(fields: LegacyMailingFields, mailing: MailingRow, now: Date): Wanted<UpdateMailingInput> {
  const { start_day: startsAt, end_day: endsAt, body: text } = fields;
  const openEnded = endsAt === undefined ? mailing.openEnded : endsAt === null;
  const start = startsAt ?? mailing.startsAt;
  const isOpenAlready = mailing.openEnded && start < mailing.endsAt;
  const end = openEnded && !isOpenAlready ? farFrom(start, now) : endsAt;
  const input = {
    ...(text === undefined ? {} : { text }),
    ...(startsAt ? { startsAt } : {}),
    ...(end ? { endsAt: end } : {}),
    ...filterChange(fields, mailing),
    ...windowChange(fields, mailing),
  };
  return { input, openEnded };
}

function filterChange(fields: LegacyMailingFields, mailing: MailingRow): Pick<UpdateMailingInput, 'filter'> {
  const tags = changed(fields.tag, mailing.tags);
  const operatorCodes = changed(fields.operator_code, mailing.operatorCodes);
  if (!tags && !operatorCodes) return {};
  return { filter: { tags: tags ?? mailing.tags, operatorCodes: operatorCodes ?? mailing.operatorCodes } };
}

function windowChange(fields: LegacyMailingFields, { window }: MailingRow): Pick<UpdateMailingInput, 'window'> {
  const from = fields.start_time === undefined ? window?.from : fields.start_time;
  const to = fields.end_time === undefined ? window?.to : fields.end_time;
  const isSame = (from ?? null) === (window?.from ?? null) && (to ?? null) === (window?.to ?? null);
  return isSame ? {} : { window: windowOf(from, to, window?.days) };
}

type Clock = string | null | undefined;

function windowOf(from: Clock, to: Clock, days: LocalWindowRow['days'] = null): LocalWindowRow | null {
  if (!from && !to) return null;
  if (!from) throw badInput('start_time', 'REQUIRED', 'This field is required where end_time is given.');
  if (!to) throw badInput('end_time', 'REQUIRED', 'This field is required where start_time is given.');
  return { from, to, days };
}

const told = (values: readonly string[]): string => values.join(',');
const oneOrAny = (value: string): string[] => (value === '' ? [] : [value]);
const changed = (value: string | undefined, before: readonly string[]): string[] | undefined =>
  value === undefined || value === told(before) ? undefined : oneOrAny(value);

const openYears = 10;

/** Ten years on, by the day: the same request, sent again under its idempotency key, means the same end. */
function farFrom(startsAt: Date | null | undefined, now: Date): Date {
  const start = startsAt && startsAt > now ? startsAt : now;
  return new Date(Date.UTC(start.getUTCFullYear() + openYears, start.getUTCMonth(), start.getUTCDate() + 1));
}
