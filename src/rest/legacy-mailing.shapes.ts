// The JSON of the old mailing server: its names, its order of keys, ids as numbers, moments without a fraction that is zero. No I/O.
import { z } from 'zod';
import { phoneFor } from '../auth/masking.js';
import type { Viewer } from '../auth/viewer.js';
import type { ClientRow } from '../domain/clients/client.rows.js';
import type { ListedMessage, MailingFigures } from '../domain/mailings/legacy-mailings.service.js';
import { legacyTerms } from '../domain/mailings/legacy-terms.js';
import type { MailingRow } from '../domain/mailings/mailing.rows.js';
import { type MessageStatus, messageStatuses } from '../entities/mailing.enums.js';
import { isoTime } from '../shared/iso-time.js';

const id = z.int().describe('Its id.');
const count = z.int().describe('How many.');
const moment = z.string().meta({ format: 'date-time' });
const clock = z.string().nullable().describe('HH:MM:00 of the local time; null: any time.');

export const legacyClient = z
  .object({
    id,
    number: z.string().describe('7XXXXXXXXXX; for a VIEWER all but the last four digits are hidden.'),
    operator_code: z.string().describe('Three digits.'),
    tag: z.string().describe('By which mailings choose them; may be empty.'),
    timezone: z.string().describe('IANA name.'),
  })
  .meta({ id: 'LegacyClient', description: 'A client as the old server had it.' });

const mailing = {
  id,
  start_time: clock,
  end_time: clock,
  start_day: moment.describe('When it starts.'),
  end_day: moment.nullable().describe('Null where it was left out.'),
  body: z.string().describe('The text.'),
  tag: z.string().describe('Of its clients; any where it is empty.'),
  operator_code: z.string().describe('Of its clients; any where it is empty.'),
};

export const legacyMailing = z
  .object(mailing)
  .meta({ id: 'LegacyMailing', description: 'A mailing as the old server had it.' });

const threeCounts = { 'Total messages': count, Sent: count, 'No sent': count };
const byStatus = z.object(
  Object.fromEntries(messageStatuses.map((status) => [status, count])) as Record<MessageStatus, typeof count>,
);

export const legacyMailingDetail = z
  .object({
    ...mailing,
    statistics: z
      .object({ ...threeCounts, by_status: byStatus.describe('Messages by status.') })
      .describe('Of its messages.'),
  })
  .meta({ id: 'LegacyMailingDetail', description: 'A mailing with its figures.' });

export const legacyMessage = z
  .object({
    id,
    created: moment.describe('When it was planned.'),
    status: z.enum(['sent', 'no sent']).describe('Whether the gateway took it.'),
    mail_sender: id.describe('Id of its mailing.'),
    client: id.describe('Id of its client.'),
  })
  .meta({ id: 'LegacyMessage', description: 'One mailing to one client.' });

export const legacyOverview = z
  .object({
    'Total number of mailings': count,
    'The number of messages sent': count,
    'Total sent messages': z.record(z.string(), z.object(threeCounts)).describe('By the id of the mailing.'),
  })
  .meta({ id: 'LegacyOverview', description: 'All mailings and messages together.' });

export const presentClient = (viewer: Viewer, client: ClientRow): z.output<typeof legacyClient> => ({
  id: Number(client.id),
  number: phoneFor(viewer, client.phone),
  operator_code: client.operatorCode,
  tag: client.tag,
  timezone: client.timezone,
});

export function presentMailing(row: MailingRow): z.output<typeof legacyMailing> {
  const { start_time, end_time, start_day, end_day, body, tag, operator_code } = legacyTerms(row);
  return {
    id: Number(row.id),
    start_time: withSeconds(start_time),
    end_time: withSeconds(end_time),
    start_day: plainTime(start_day),
    end_day: end_day && plainTime(end_day),
    body,
    tag,
    operator_code,
  };
}

export const presentMailingDetail = (row: MailingRow): z.output<typeof legacyMailingDetail> => ({
  ...presentMailing(row),
  statistics: { ...countsOf(row), by_status: countsByStatus(row) },
});

export const presentMessage = (message: ListedMessage): z.output<typeof legacyMessage> => ({
  id: Number(message.id),
  created: plainTime(message.createdAt),
  status: message.status === 'SENT' ? 'sent' : 'no sent',
  mail_sender: Number(message.mailingId),
  client: Number(message.clientId),
});

export const presentOverview = (figures: readonly MailingFigures[]): z.output<typeof legacyOverview> => ({
  'Total number of mailings': figures.length,
  'The number of messages sent': figures.reduce((sum, { sent }) => sum + sent, 0),
  'Total sent messages': Object.fromEntries(figures.map((one) => [one.id, countsOf(one)])),
});

const countsOf = ({ planned, sent }: Omit<MailingFigures, 'id'>) => ({
  'Total messages': planned,
  Sent: sent,
  'No sent': planned - sent,
});

const countsByStatus = (row: MailingRow): z.output<typeof byStatus> => ({
  QUEUED: row.queued,
  SENDING: row.sending,
  SENT: row.sent,
  FAILED: row.failed,
  EXPIRED: row.expired,
  CANCELLED: row.cancelled,
  SUPPRESSED: row.suppressed,
  UNCERTAIN: row.uncertain,
});

const withSeconds = (time: string | null): string | null => time && `${time}:00`;
const plainTime = (at: Date): string => isoTime(at).replace('.000Z', 'Z');
