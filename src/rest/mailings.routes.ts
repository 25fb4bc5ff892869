// Mailings, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { createMailingInput, updateMailingInput } from '../domain/mailings/mailing.inputs.js';
import type { MailingRow } from '../domain/mailings/mailing.rows.js';
import { retryInput } from '../domain/mailings/mailing-control.service.js';
import type { Services } from '../domain/services.js';
import { mailingOrders, mailingStatuses } from '../entities/mailing.enums.js';
import { mailingOverviewShape, mailingShape, mailingStatsShape, presentMailing } from './mailing.shapes.js';
import { idParams, moment } from './operation.js';
import { oneOrMoreOf, pageQuery } from './page.js';
import { list, none, one, type RestRoute } from './route.js';

const read = { policy: 'mailingsRead', tag: 'Mailings' } as const;
const write = { policy: 'mailingsWrite', tag: 'Mailings' } as const;
const all = '/api/v1/mailings';
const single = '/api/v1/mailings/{id}';

const mailingQuery = pageQuery.extend({
  status: oneOrMoreOf(mailingStatuses).optional().describe('One of these; may be given more than once.'),
  startsFrom: moment.optional().describe('Those that start no earlier.'),
  startsBefore: moment.optional().describe('Those that start before.'),
  search: z.string().optional().describe('Part of the text.'),
  orderBy: z.enum(mailingOrders).optional().describe('NEWEST where left out.'),
});

const control = (
  verb: 'pause' | 'resume' | 'cancel',
  summary: string,
  run: (services: Services, id: string) => Promise<MailingRow>,
): RestRoute =>
  one({
    ...write,
    method: 'POST',
    path: `${single}/${verb}`,
    id: `${verb}Mailing`,
    summary,
    params: idParams,
    status: 200,
    response: mailingShape,
    says: 'The mailing as it is now.',
    run: async (services, { params }) => presentMailing(await run(services, params.id)),
  });

export const mailingRoutes: readonly RestRoute[] = [
  list({
    ...read,
    method: 'GET',
    path: all,
    id: 'listMailings',
    summary: 'Mailings that are not deleted',
    query: mailingQuery,
    item: mailingShape,
    says: 'In the order that was asked for.',
    run: async ({ mailings }, { query: { limit, after, orderBy, startsFrom, startsBefore, ...filter } }) => {
      const startsAt = { from: startsFrom, to: startsBefore };
      const page = await mailings.list({ filter: { ...filter, startsAt }, orderBy }, { first: limit, after });
      return { ...page, nodes: page.nodes.map(presentMailing) };
    },
  }),
  one({
    ...write,
    method: 'POST',
    path: all,
    id: 'createMailing',
    summary: 'A new mailing; within its span it starts at once',
    body: createMailingInput,
    idempotent: true,
    status: 201,
    location: ({ id }) => `${all}/${id}`,
    response: mailingShape,
    says: 'The mailing.',
    run: async ({ mailings }, { body, idempotencyKey }) =>
      presentMailing(await mailings.create(body, { idempotencyKey })),
  }),
  one({
    ...read,
    method: 'GET',
    path: `${all}/stats`,
    id: 'getMailingOverview',
    summary: 'All mailings and messages by status; deleted ones keep counting',
    status: 200,
    response: mailingOverviewShape,
    says: 'The figures.',
    run: ({ mailings }) => mailings.overview(),
  }),
  one({
    ...read,
    method: 'GET',
    path: single,
    id: 'getMailing',
    summary: 'One mailing',
    params: idParams,
    status: 200,
    response: mailingShape,
    says: 'The mailing.',
    run: async ({ mailings }, { params }) => presentMailing(await mailings.get(params.id)),
  }),
  one({
    ...write,
    method: 'PATCH',
    path: single,
    id: 'updateMailing',
    summary:
      'Changes a mailing that is not finished: an absent key leaves the value, null clears filter, window and rateLimit',
    params: idParams,
    body: updateMailingInput,
    status: 200,
    response: mailingShape,
    says: 'The mailing as it is now.',
    run: async ({ mailings }, { params, body }) => presentMailing(await mailings.update(params.id, body)),
  }),
  none({
    ...write,
    method: 'DELETE',
    path: single,
    id: 'deleteMailing',
    summary: 'Hides a mailing that does not run',
    params: idParams,
    says: 'It is in no list any more; statistics keep counting it.',
    run: ({ mailings }, { params }) => mailings.delete(params.id),
  }),
  control('pause', 'Holds a SCHEDULED or RUNNING mailing', ({ mailingControl }, id) => mailingControl.pause(id)),
  control('resume', 'Lets a PAUSED mailing go on', ({ mailingControl }, id) => mailingControl.resume(id)),
  control('cancel', 'Stops a mailing for good', ({ mailingControl }, id) => mailingControl.cancel(id)),
  one({
    ...write,
    method: 'POST',
    path: `${single}/retry`,
    id: 'retryMailing',
    summary: 'Queues failed and uncertain messages again; nothing that was sent is touched',
    params: idParams,
    body: retryInput,
    status: 200,
    response: mailingShape,
    says: 'The mailing as it is now.',
    run: async ({ mailingControl }, { params, body }) => presentMailing(await mailingControl.retry(params.id, body)),
  }),
  one({
    ...read,
    method: 'GET',
    path: `${single}/stats`,
    id: 'getMailingStats',
    summary: 'The figures of one mailing',
    params: idParams,
    status: 200,
    response: mailingStatsShape,
    says: 'They add up at every moment.',
    run: async ({ mailings }, { params }) => mailings.stats(await mailings.get(params.id)),
  }),
];
