// Clients as the old mailing server had them.
import { z } from 'zod';
import { createLegacyClientInput, updateLegacyClientInput } from '../domain/mailings/legacy-mailing.inputs.js';
import { legacyClient, presentClient } from './legacy-mailing.shapes.js';
import { bodyTypes, params, reading, sentence, wholeList, writing } from './legacy-route.js';
import { one, type RestRoute } from './route.js';

export const legacyClientRoutes: readonly RestRoute[] = [
  wholeList({
    ...reading,
    path: '/api/clients',
    id: 'listLegacyClients',
    summary: 'The whole directory',
    response: z.array(legacyClient),
    pages: ({ legacyMailings }) => legacyMailings.clients(),
    present: presentClient,
  }),
  one({
    ...writing,
    method: 'POST',
    path: '/api/create/client',
    id: 'createLegacyClient',
    summary: 'Adds a client',
    body: createLegacyClientInput,
    bodyTypes,
    idempotent: true,
    response: legacyClient,
    says: 'The client.',
    run: async ({ legacyMailings, work }, { body, idempotencyKey }) =>
      presentClient(work.viewer, await legacyMailings.createClient(body, idempotencyKey)),
  }),
  one({
    ...writing,
    method: 'PUT',
    path: '/api/update/client/{pk}',
    id: 'updateLegacyClient',
    summary: 'Changes a client; what is left out stays',
    params,
    body: updateLegacyClientInput,
    bodyTypes,
    response: legacyClient,
    says: 'The client.',
    run: async ({ legacyMailings, work }, { params: { pk }, body }) =>
      presentClient(work.viewer, await legacyMailings.updateClient(pk, body)),
  }),
  sentence({
    ...writing,
    method: 'DELETE',
    path: '/api/delete/client/{pk}',
    id: 'deleteLegacyClient',
    summary: 'Deletes a client',
    params,
    sentence: 'Client deleted.',
    run: ({ clients }, { pk }) => clients.delete(pk),
  }),
];
