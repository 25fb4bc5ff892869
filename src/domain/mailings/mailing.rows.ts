// Mailings and messages as they are read: column lists with their property names, and what is derived from them.
import type { MailingStatus, MessageStatus, UncertainPolicy, Weekday } from '../../entities/mailing.enums.js';
import type { ClientRow } from '../clients/client.rows.js';
import type { Rows } from '../live/event-log.js';

export interface LocalWindowRow {
  /** HH:MM, 24 h. */
  from: string;
  to: string;
  /** Any day where it is null; of a window that crosses midnight the day on which it opens. */
  days: Weekday[] | null;
}

/** planned = queued + sending + sent + failed + expired + cancelled + suppressed + uncertain, at every moment. */
export interface MailingCounters {
  planned: number;
  queued: number;
  sending: number;
  sent: number;
  failed: number;
  expired: number;
  cancelled: number;
  suppressed: number;
  uncertain: number;
  attempts: number;
}

export interface MailingRow extends MailingCounters {
  id: string;
  text: string;
  textVersion: number;
  operatorCodes: string[];
  tags: string[];
  startsAt: Date;
  endsAt: Date;
  openEnded: boolean;
  window: LocalWindowRow | null;
  status: MailingStatus;
  rateLimit: number | null;
  onUncertain: UncertainPolicy;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** When the first of its zones opens, where none is open; null where one is, or none ever will be. */
  opensAt: Date | null;
  /** Messages a second as it was at `speedAt`; it fades from there. */
  speed: number;
  speedAt: Date | null;
}

export interface MessageRow {
  id: string;
  mailingId: string;
  clientId: string;
  phone: string;
  /** Of the version it was sent with; of the present one while it is not. */
  text: string;
  textVersion: number;
  status: MessageStatus;
  createdAt: Date;
  sentAt: Date | null;
  attempts: number;
  nextAttemptAt: Date | null;
  lastError: string | null;
}

/** With what it belongs to, loaded once for a whole batch of events: a query for each would make every reader too slow. */
export interface MessageInEvent extends MessageRow {
  mailing: MailingRow;
  client: ClientRow;
}

export const counterNames = [
  'planned',
  'queued',
  'sending',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
  'uncertain',
  'attempts',
] as const satisfies readonly (keyof MailingCounters)[];

const clock = (minutes: string): string =>
  `lpad((${minutes} / 60)::text, 2, '0') || ':' || lpad((${minutes} % 60)::text, 2, '0')`;

/** From `mailing g join mailing_text t on t.mailing_id = g.id and t.version = g.text_version`. */
export const mailingColumns = `g.id, t.text, g.text_version as "textVersion", g.operator_codes as "operatorCodes", g.tags,
  g.starts_at as "startsAt", g.ends_at as "endsAt", g.open_ended as "openEnded",
  case when g.window_from is not null then jsonb_build_object('from', ${clock('g.window_from')}, 'to', ${clock('g.window_to')},
    'days', g.window_days) end as "window",
  g.status, g.rate_limit as "rateLimit", g.on_uncertain as "onUncertain", g.created_at as "createdAt",
  g.started_at as "startedAt", g.finished_at as "finishedAt", g.speed, g.speed_at as "speedAt",
  (select case when not bool_or(z.opens_at <= now() and (z.closes_at is null or z.closes_at > now())) then
    min(z.opens_at) filter (where z.opens_at > now()) end from mailing_zone z where z.mailing_id = g.id) as "opensAt",
  ${counterNames.map((name) => `g.${name}`).join(', ')}`;

export const mailingTables = 'mailing g join mailing_text t on t.mailing_id = g.id and t.version = g.text_version';

/** Hidden ones too. */
export async function mailingsById(db: Rows, ids: readonly string[]): Promise<Map<string, MailingRow>> {
  const rows = await db.rows<MailingRow>(`select ${mailingColumns} from ${mailingTables} where g.id = any($1)`, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * From `message m join mailing g on g.id = m.mailing_id`. What waits, waits for its moment (next_at) or, where it has none, for its
 * turn, which is past once the zone's mark has passed its id. Under way out of turn is a moment that never comes.
 */
export const isWaiting = `(m.status = 'QUEUED' and case when m.next_at is null then m.id > coalesce(g.claimed_to[m.zone], 0)
  else m.next_at < 'infinity' end)`;
export const isUnderWay = `(m.status = 'QUEUED' and case when m.next_at is null then m.id <= coalesce(g.claimed_to[m.zone], 0)
  else m.next_at = 'infinity' end)`;
/** Of a message that is named by a lease: that lease's alone. */
export const isLeased = `m.status = 'QUEUED' and coalesce(m.next_at, 'infinity') = 'infinity'`;

export const messageStatus = `case when ${isUnderWay} then 'SENDING' else m.status end`;

/** From `messageTables`. */
export const messageColumns = `m.id, m.mailing_id as "mailingId", m.client_id as "clientId", m.phone, t.text, t.version as "textVersion",
  ${messageStatus} as status, m.created_at as "createdAt", m.sent_at as "sentAt", m.attempts + ${isUnderWay}::int as attempts,
  case when ${isWaiting} then coalesce(m.next_at, m.created_at) end as "nextAttemptAt", m.last_error as "lastError"`;

export const messageTables = `message m join mailing g on g.id = m.mailing_id
  join mailing_text t on t.mailing_id = g.id and t.version = coalesce(m.text_version, g.text_version)`;

/** Seconds in which the speed fades to 1/e of itself when nothing more is sent. */
export const speedFadesIn = 5;

/** Messages a second, now. */
export function perSecond({ speed, speedAt }: Pick<MailingRow, 'speed' | 'speedAt'>, now: Date): number {
  if (!speedAt) return 0;
  const faded = speed * Math.exp(-Math.max(0, now.getTime() - speedAt.getTime()) / 1_000 / speedFadesIn);
  return faded < 0.01 ? 0 : Math.round(faded * 100) / 100;
}
