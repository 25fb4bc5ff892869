// Do not contact, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { phoneFor } from '../auth/masking.js';
import { suppressInput } from '../domain/clients/suppression.inputs.js';
import type { SuppressionRow } from '../domain/clients/suppression.rows.js';
import type { Services } from '../domain/services.js';
import { channels, suppressionSources } from '../entities/mailing.enums.js';
import { idParams, moment } from './operation.js';
import { pageQuery } from './page.js';
import { list, none, one, type RestRoute } from './route.js';

const suppression = z
  .object({
    id: z.string().describe('Decimal id.'),
    phone: z.string().describe('Digits without the plus; for a VIEWER all but the last four are hidden.'),
    channel: z.enum(channels).describe('How they must not be contacted.'),
    source: z.enum(suppressionSources).describe('Who or what asked for it.'),
    note: z.string().nullable().describe('Why, for people.'),
    createdAt: moment.describe('Since when.'),
  })
  .meta({ id: 'Suppression', description: 'A number that must not be contacted on a channel.' });

const present = ({ work }: Services, row: SuppressionRow): SuppressionRow => ({
  ...row,
  phone: phoneFor(work.viewer, row.phone),
});
const presentAll = (services: Services, rows: readonly SuppressionRow[]): SuppressionRow[] =>
  rows.map((row) => present(services, row));

const read = { policy: 'mailingsRead', tag: 'Suppressions' } as const;
const write = { policy: 'mailingsWrite', tag: 'Suppressions' } as const;
const all = '/api/v1/suppressions';
const single = '/api/v1/suppressions/{id}';

export const suppressionRoutes: readonly RestRoute[] = [
  list({
    ...read,
    method: 'GET',
    path: all,
    id: 'listSuppressions',
    summary: 'Numbers that must not be contacted',
    query: pageQuery.extend({
      phone: z.string().optional().describe('In any spelling, or its last four digits; a VIEWER asks by those only.'),
      channel: z.enum(channels).optional().describe('All where left out.'),
    }),
    item: suppression,
    says: 'Newest first.',
    run: async (services, { query: { limit, after, ...filter } }) => {
      const page = await services.suppressions.list(filter, { first: limit, after });
      return { ...page, nodes: presentAll(services, page.nodes) };
    },
  }),
  one({
    ...write,
    method: 'POST',
    path: all,
    id: 'suppressNumber',
    summary: 'Never contact a number on these channels; what is known stays, but for a new note',
    body: suppressInput,
    idempotent: true,
    status: 201,
    location: ([first]) => (first ? `${all}/${first.id}` : all),
    response: z.array(suppression),
    says: 'One row for each channel; Location names the first.',
    run: async (services, { body, idempotencyKey }) =>
      presentAll(services, await services.suppressions.suppress(body, idempotencyKey)),
  }),
  one({
    ...read,
    id: 'getSuppression',
    method: 'GET',
    path: single,
    summary: 'One number that must not be contacted, on one channel',
    params: idParams,
    status: 200,
    response: suppression,
    says: 'The suppression.',
    run: async (services, { params }) => present(services, await services.suppressions.get(params.id)),
  }),
  none({
    ...write,
    method: 'DELETE',
    path: single,
    id: 'unsuppressNumber',
    summary: 'Lets a number be contacted again',
    params: idParams,
    says: 'The number may be contacted on that channel.',
    run: ({ suppressions }, { params }) => suppressions.unsuppress(params.id),
  }),
];
