// What became of messages, and a test message, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { testMessageInput } from '../domain/mailings/test-messages.service.js';
import { messageStatuses } from '../entities/mailing.enums.js';
import { messageShape, presentMessage } from './mailing.shapes.js';
import { idParams } from './operation.js';
import { oneOrMoreOf, pageQuery } from './page.js';
import { list, one, type RestRoute } from './route.js';

export const messageRoutes: readonly RestRoute[] = [
  list({
    policy: 'mailingsRead',
    tag: 'Mailings',
    method: 'GET',
    path: '/api/v1/mailings/{id}/messages',
    id: 'listMessages',
    summary: 'What became of the messages of a mailing',
    params: idParams,
    query: pageQuery.extend({
      status: oneOrMoreOf(messageStatuses).optional().describe('One of these; may be given more than once.'),
    }),
    item: messageShape,
    says: 'In the order in which they were planned.',
    run: async (services, { params, query: { limit, after, status } }) => {
      await services.mailings.demandKnown(params.id);
      const page = await services.messages.list({ mailingId: params.id, status }, { first: limit, after });
      return { ...page, nodes: page.nodes.map((row) => presentMessage(services, row)) };
    },
  }),
  one({
    policy: 'mailingsWrite',
    tag: 'Mailings',
    method: 'POST',
    path: '/api/v1/messages/test',
    id: 'sendTestMessage',
    summary: 'Sends one message to see whether the gateway takes it',
    body: testMessageInput,
    idempotent: true,
    status: 200,
    response: z
      .object({ sent: z.literal(true).describe('The gateway took it.') })
      .meta({ id: 'TestMessage', description: 'A message that was sent for a test.' }),
    says: 'It took it.',
    run: async ({ testMessages }, { body, idempotencyKey }) => {
      await testMessages.send(body, idempotencyKey);
      return { sent: true as const };
    },
  }),
];
