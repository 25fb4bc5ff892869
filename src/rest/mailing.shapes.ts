// Mailings and messages as REST shows them.
import { z } from 'zod';
import { phoneFor } from '../auth/masking.js';
import { counterNames, type MailingRow, type MessageRow } from '../domain/mailings/mailing.rows.js';
import type { Services } from '../domain/services.js';
import { mailingStatuses, messageStatuses, uncertainPolicies, weekdays } from '../entities/mailing.enums.js';
import { moment } from './operation.js';

export const mailingShape = z
  .object({
    id: z.string(),
    text: z.string(),
    filter: z.object({ operatorCodes: z.array(z.string()), tags: z.array(z.string()) }),
    startsAt: moment,
    endsAt: moment,
    window: z
      .object({
        from: z.string().describe('HH:MM'),
        to: z.string().describe('HH:MM; earlier than from: it crosses midnight.'),
        days: z.array(z.enum(weekdays)).nullable(),
      })
      .nullable()
      .describe("Times of each client's own day; any where null."),
    status: z.enum(mailingStatuses),
    rateLimit: z.int().nullable().describe('Messages a second.'),
    onUncertain: z.enum(uncertainPolicies),
    createdAt: moment,
    startedAt: moment.nullable(),
    finishedAt: moment.nullable(),
  })
  .meta({ id: 'Mailing', description: 'What is sent to whom, within which span.' });

export const mailingStatsShape = z
  .object({
    ...(Object.fromEntries(counterNames.map((name) => [name, z.int()])) as Record<
      (typeof counterNames)[number],
      z.ZodInt
    >),
    perSecond: z.number(),
    etaAt: moment.nullable(),
  })
  .meta({
    id: 'MailingStats',
    description: 'planned = queued + sending + sent + failed + expired + cancelled + suppressed + uncertain.',
  });

export const mailingOverviewShape = z
  .object({
    mailings: z.int(),
    byMailingStatus: z.array(z.object({ status: z.enum(mailingStatuses), count: z.int() })),
    messages: z.int(),
    byMessageStatus: z.array(z.object({ status: z.enum(messageStatuses), count: z.int() })),
  })
  .meta({ id: 'MailingOverview', description: 'All mailings together; deleted ones keep counting.' });

export const messageShape = z
  .object({
    id: z.string(),
    mailingId: z.string(),
    clientId: z.string(),
    phone: z.string().describe('For a VIEWER all but the last four digits are hidden.'),
    text: z.string().describe('As it was, or will be, sent.'),
    textVersion: z.int(),
    status: z.enum(messageStatuses),
    createdAt: moment,
    sentAt: moment.nullable(),
    attempts: z.int(),
    nextAttemptAt: moment.nullable(),
    lastError: z.string().nullable(),
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
