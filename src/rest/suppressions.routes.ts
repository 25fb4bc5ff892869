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
    id: z.string(),
    phone: z.string().describe('Digits without the plus; for a VIEWER all but the last four are hidden.'),
    channel: z.enum(channels),
    source: z.enum(suppressionSources),
    note: z.string().nullable(),
    createdAt: moment,
  })
  .meta({ id: 'Suppression', description: 'A number that must not be contacted on a channel.' });

const presentAll = ({ work }: Services, rows: readonly SuppressionRow[]): SuppressionRow[] =>
  rows.map((row) => ({ ...row, phone: phoneFor(work.viewer, row.phone) }));

const read = { policy: 'mailingsRead', tag: 'Suppressions' } as const;
const write = { policy: 'mailingsWrite', tag: 'Suppressions' } as const;
const all = '/api/v1/suppressions';

export const suppressionRoutes: readonly RestRoute[] = [
  list({
    ...read,
    method: 'GET',
    path: all,
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
    summary: 'Never contact a number on these channels; what is known stays, but for a new note',
    body: suppressInput,
    idempotent: true,
    status: 201,
    response: z.array(suppression),
    says: 'One row for each channel.',
    run: async (services, { body, idempotencyKey }) =>
      presentAll(services, await services.suppressions.suppress(body, idempotencyKey)),
  }),
  none({
    ...write,
    method: 'DELETE',
    path: '/api/v1/suppressions/{id}',
    summary: 'Lets a number be contacted again',
    params: idParams,
    says: 'The number may be contacted on that channel.',
    run: ({ suppressions }, { params }) => suppressions.unsuppress(params.id),
  }),
];
