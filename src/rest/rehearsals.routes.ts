// What a mailing would do, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { createMailingInput } from '../domain/mailings/mailing.inputs.js';
import { moment } from './operation.js';
import { one, type RestRoute } from './route.js';

const rehearsal = z
  .object({
    recipients: z.int().describe('Those who match the filter and may be contacted.'),
    suppressed: z.int().describe('Those who match it, too, but must not be contacted.'),
    segments: z.int().describe('SMS segments of the text.'),
    finishesAt: moment.nullable().describe('When the last message goes out; null where some would miss.'),
    willMiss: z.int().describe('Those whom it would not reach before its end.'),
    reasons: z
      .array(z.object({ key: z.string().describe('Why.'), count: z.int().describe('How many.') }))
      .describe('WINDOW_NEVER_OPENS, RATE_LIMIT, WINDOW_TOO_SHORT, CAPACITY; they add up to willMiss.'),
    curve: z
      .array(z.object({ at: moment.describe('When.'), done: z.int().describe('Messages that have gone out by then.') }))
      .describe('At most 60 points.'),
    advice: z.string().nullable().describe('The smallest change that would reach those who miss.'),
  })
  .meta({
    id: 'Rehearsal',
    description: 'What a mailing would do: an estimate, with the workers as fast as they were in the last minutes.',
  });

export const rehearsalRoutes: readonly RestRoute[] = [
  one({
    policy: 'mailingsWrite',
    tag: 'Mailings',
    method: 'POST',
    path: '/api/v1/mailings/rehearse',
    id: 'rehearseMailing',
    summary: 'What a mailing would do; nothing is stored or sent',
    body: createMailingInput,
    status: 200,
    response: rehearsal,
    says: 'When it would finish, whom it would miss and why, and what would help.',
    run: async ({ rehearsals }, { body }) => {
      const { reasons, curve, ...told } = await rehearsals.rehearse(body);
      return { ...told, reasons: [...reasons], curve: [...curve] };
    },
  }),
];
