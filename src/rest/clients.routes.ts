// The directory, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { phoneFor } from '../auth/masking.js';
import { createClientInput, updateClientInput } from '../domain/clients/client.inputs.js';
import type { ClientRow } from '../domain/clients/client.rows.js';
import type { Services } from '../domain/services.js';
import { clientOrders } from '../entities/mailing.enums.js';
import { idParams, moment } from './operation.js';
import { oneOrMore, pageQuery } from './page.js';
import { list, none, one, type RestRoute } from './route.js';

const client = z
  .object({
    id: z.string().describe('Decimal id.'),
    phone: z.string().describe('7XXXXXXXXXX; for a VIEWER all but the last four digits are hidden.'),
    operatorCode: z.string().describe('Three digits.'),
    tag: z.string().describe('By which mailings choose them; may be empty.'),
    timezone: z.string().describe('IANA name.'),
    name: z.string().nullable().describe('Where it is known.'),
    localTime: z.string().describe('HH:MM, what their clock shows now.'),
    createdAt: moment.describe('When they were added.'),
    updatedAt: moment.describe('When they last changed.'),
  })
  .meta({ id: 'Client', description: 'A person who can be reached.' });

const present = ({ clients, work }: Services, row: ClientRow) => ({
  ...row,
  phone: phoneFor(work.viewer, row.phone),
  localTime: clients.localTime(row),
});

const read = { policy: 'mailingsRead', tag: 'Clients' } as const;
const write = { policy: 'mailingsWrite', tag: 'Clients' } as const;
const all = '/api/v1/clients';
const single = '/api/v1/clients/{id}';

const clientQuery = pageQuery.extend({
  operatorCodes: oneOrMore.optional().describe('One of these; may be given more than once.'),
  tags: oneOrMore.optional().describe('One of these; may be given more than once.'),
  search: z
    .string()
    .optional()
    .describe('Part of a name, a tag or a number; a VIEWER finds numbers by exactly their last four digits.'),
  orderBy: z.enum(clientOrders).optional().describe('NEWEST where left out.'),
});

export const clientRoutes: readonly RestRoute[] = [
  list({
    ...read,
    method: 'GET',
    path: all,
    id: 'listClients',
    summary: 'The directory of people who can be reached',
    query: clientQuery,
    item: client,
    says: 'In the order that was asked for.',
    run: async (services, { query: { limit, after, orderBy, ...filter } }) => {
      const page = await services.clients.list({ filter, orderBy }, { first: limit, after });
      return { ...page, nodes: page.nodes.map((row) => present(services, row)) };
    },
  }),
  one({
    ...write,
    method: 'POST',
    path: all,
    id: 'createClient',
    summary: 'Adds a person, or brings back one who was deleted',
    body: createClientInput,
    idempotent: true,
    status: 201,
    location: ({ id }) => `${all}/${id}`,
    response: client,
    says: 'The client.',
    run: async (services, { body, idempotencyKey }) =>
      present(services, await services.clients.create(body, idempotencyKey)),
  }),
  one({
    ...read,
    method: 'GET',
    path: single,
    id: 'getClient',
    summary: 'One person of the directory',
    params: idParams,
    status: 200,
    response: client,
    says: 'The client.',
    run: async (services, { params }) => present(services, await services.clients.get(params.id)),
  }),
  one({
    ...write,
    method: 'PATCH',
    path: single,
    id: 'updateClient',
    summary: 'Changes a person: an absent key leaves the value, null clears it where it may be empty',
    params: idParams,
    body: updateClientInput,
    status: 200,
    response: client,
    says: 'The client as it is now; queued messages follow to a new number or zone.',
    run: async (services, { params, body }) => present(services, await services.clients.update(params.id, body)),
  }),
  none({
    ...write,
    method: 'DELETE',
    path: single,
    id: 'deleteClient',
    summary: 'Takes a person out of the directory',
    params: idParams,
    says: 'Their queued messages are cancelled; what was sent stays told.',
    run: ({ clients }, { params }) => clients.delete(params.id),
  }),
];
