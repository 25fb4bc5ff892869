// Mailings and messages as REST shows them.
import { z } from 'zod';
import { phoneFor } from '../auth/masking.js';
import type { MailingCounters, MailingRow, MessageRow } from '../domain/mailings/mailing.rows.js';
import type { Services } from '../domain/services.js';
import { mailingStatuses, messageStatuses, uncertainPolicies, weekdays } from '../entities/mailing.enums.js';
import { moment } from './operation.js';

export const mailingShape = z
  .object({
    id: z.string().describe('Decimal id.'),
    text: z.string().describe('What messages not yet sent will say.'),
    filter: z
      .object({
        operatorCodes: z.array(z.string()).describe('One of these; any where empty.'),
        tags: z.array(z.string()).describe('One of these; any where empty.'),
      })
      .describe('Who is meant.'),
    startsAt: moment.describe('Nothing is sent before.'),
    endsAt: moment.describe('Nothing is sent after.'),
    window: z
      .object({
        from: z.string().describe('HH:MM'),
        to: z.string().describe('HH:MM; earlier than from: it crosses midnight.'),
        days: z.array(z.enum(weekdays)).nullable().describe('On which it opens; any where null.'),
      })
      .nullable()
      .describe("Times of each client's own day; any where null."),
    status: z.enum(mailingStatuses).describe('How far it is.'),
    rateLimit: z.int().nullable().describe('Messages a second, over all workers; no limit where null.'),
    onUncertain: z.enum(uncertainPolicies).describe('What becomes of a message whose answer was lost.'),
    createdAt: moment.describe('When it was made.'),
    startedAt: moment.nullable().describe('When it first ran.'),
    finishedAt: moment.nullable().describe('When it was completed, cancelled or came to its end.'),
  })
  .meta({ id: 'Mailing', description: 'What is sent to whom, within which span.' });

const counters: Readonly<Record<keyof MailingCounters, z.ZodInt>> = {
  planned: z.int().describe('Messages so far; the audience is planned from the start on.'),
  queued: z.int().describe('Waiting.'),
  sending: z.int().describe('Under way.'),
  sent: z.int().describe('Taken by the gateway.'),
  failed: z.int().describe('Refused for good.'),
  expired: z.int().describe('Not sent before the end.'),
  cancelled: z.int().describe('Taken back before they were sent.'),
  suppressed: z.int().describe('To numbers that must not be contacted.'),
  uncertain: z.int().describe('Whose answer was lost, where the mailing holds such messages.'),
  attempts: z.int().describe('Requests that were begun.'),
};

export const mailingStatsShape = z
  .object({
    ...counters,
    perSecond: z.number().describe('Speed now.'),
    etaAt: moment.nullable().describe('When the last one will be sent at this speed; null where nothing goes on.'),
  })
  .meta({
    id: 'MailingStats',
    description: 'planned = queued + sending + sent + failed + expired + cancelled + suppressed + uncertain.',
  });

const howMany = z.int().describe('How many there are.');

export const mailingOverviewShape = z
  .object({
    mailings: z.int().describe('Mailings ever made.'),
    byMailingStatus: z
      .array(z.object({ status: z.enum(mailingStatuses).describe('Which.'), count: howMany }))
      .describe('Each status once.'),
    messages: z.int().describe('Messages ever planned.'),
    byMessageStatus: z
      .array(z.object({ status: z.enum(messageStatuses).describe('Which.'), count: howMany }))
      .describe('Each status once.'),
  })
  .meta({ id: 'MailingOverview', description: 'All mailings together; deleted ones keep counting.' });

export const messageShape = z
  .object({
    id: z.string().describe("Decimal id, the gateway's message id over all attempts."),
    mailingId: z.string().describe('Which mailing; a deleted one too.'),
    clientId: z.string().describe('To whom; a deleted one too.'),
    phone: z.string().describe('For a VIEWER all but the last four digits are hidden.'),
    text: z.string().describe('As it was, or will be, sent.'),
    textVersion: z.int().describe("Which of the mailing's texts that is, from 1 on."),
    status: z.enum(messageStatuses).describe('What became of it.'),
    createdAt: moment.describe('When it was planned.'),
    sentAt: moment.nullable().describe('When the gateway took it.'),
    attempts: z.int().describe('Requests that were begun.'),
    nextAttemptAt: moment.nullable().describe('Not tried before; null where it is not waiting.'),
    lastError: z.string().nullable().describe('Why the last attempt did not succeed.'),
  })
  .meta({ id: 'Message', description: 'One mailing to one client.' });

export const presentMailing = ({ operatorCodes, tags, ...mailing }: MailingRow) => ({
  ...mailing,
  filter: { operatorCodes, tags },
});

export const presentMessage = ({ work }: Services, message: MessageRow): MessageRow => ({
  ...message,
  phone: phoneFor(work.viewer, message.phone),
});
