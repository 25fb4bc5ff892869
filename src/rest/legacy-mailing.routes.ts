// Mailings and messages as the old mailing server had them: its routes, in the spellings that it advertised and in those that it answered to.
import { z } from 'zod';
import { createLegacyMailingInput, updateLegacyMailingInput } from '../domain/mailings/legacy-mailing.inputs.js';
import {
  legacyMailing,
  legacyMailingDetail,
  legacyMessage,
  legacyOverview,
  presentMailing,
  presentMailingDetail,
  presentMessage,
  presentOverview,
} from './legacy-mailing.shapes.js';
import { bodyTypes, params, reading, sentence, wholeList, writing } from './legacy-route.js';
import { one, type RestRoute } from './route.js';

/** As the old server told them. */
const advertised = [
  '/api/',
  '/api/clients',
  '/api/mails/<int:pk>',
  '/api/mails/full',
  '/api/messages',
  '/api/create/client/',
  '/api/delete/client/<int:pk>',
  '/api/update/client/<int:pk>',
  '/api/create/api/mailing',
  '/api/delete/api/mailing/<int:pk>',
  '/api/update/mailing/<int:pk>',
];

const listRoutes = (id: string, path: string): RestRoute =>
  one({
    ...reading,
    id,
    path,
    summary: 'The routes of the old mailing server',
    response: z.array(z.string()).meta({ id: 'LegacyRoutes', description: 'The routes as the old server told them.' }),
    says: 'As it advertised them.',
    run: async () => advertised,
  });

const createMailing = (id: string, path: string): RestRoute =>
  one({
    ...writing,
    id,
    method: 'POST',
    path,
    summary: 'Makes a mailing',
    body: createLegacyMailingInput,
    bodyTypes,
    idempotent: true,
    response: legacyMailing,
    says: 'The mailing.',
    run: async ({ legacyMailings }, { body, idempotencyKey }) =>
      presentMailing(await legacyMailings.createMailing(body, idempotencyKey)),
  });

const deleteMailing = (id: string, path: string): RestRoute =>
  sentence({
    ...writing,
    id,
    method: 'DELETE',
    path,
    summary: 'Deletes a mailing; one that goes on is cancelled first',
    params,
    sentence: 'MailSender was deleted.',
    run: ({ legacyMailings }, { pk }) => legacyMailings.deleteMailing(pk),
  });

export const legacyMailingRoutes: readonly RestRoute[] = [
  listRoutes('listLegacyRoutes', '/api'),
  listRoutes('listLegacyRoutesAgain', '/api/routes'),
  wholeList({
    ...reading,
    path: '/api/messages',
    id: 'listLegacyMessages',
    summary: 'All messages',
    response: z.array(legacyMessage),
    pages: ({ legacyMailings }) => legacyMailings.messages(),
    present: (_viewer, message) => presentMessage(message),
  }),
  one({
    ...reading,
    path: '/api/mails/full',
    id: 'getLegacyOverview',
    summary: 'How many mailings and messages there are, and of each mailing how many were sent',
    response: legacyOverview,
    says: 'Deleted mailings count.',
    run: async ({ legacyMailings }) => presentOverview(await legacyMailings.figures()),
  }),
  one({
    ...reading,
    path: '/api/mails/{pk}',
    id: 'getLegacyMailing',
    summary: 'A mailing with the statistics of its messages',
    params,
    response: legacyMailingDetail,
    says: 'The mailing.',
    run: async ({ mailings }, { params: { pk } }) => presentMailingDetail(await mailings.get(pk)),
  }),
  createMailing('createLegacyMailing', '/api/create/mailing'),
  createMailing('createLegacyMailingAgain', '/api/create/api/mailing'),
  one({
    ...writing,
    method: 'PUT',
    path: '/api/update/mailing/{pk}',
    id: 'updateLegacyMailing',
    summary: 'Changes a mailing; what is left out stays, and null takes the end or the window away',
    params,
    body: updateLegacyMailingInput,
    bodyTypes,
    response: legacyMailing,
    says: 'The mailing.',
    run: async ({ legacyMailings }, { params: { pk }, body }) =>
      presentMailing(await legacyMailings.updateMailing(pk, body)),
  }),
  deleteMailing('deleteLegacyMailing', '/api/delete/mailing/{pk}'),
  deleteMailing('deleteLegacyMailingAgain', '/api/delete/api/mailing/{pk}'),
];
