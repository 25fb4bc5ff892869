// API tokens, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { createApiTokenInput } from '../domain/accounts/api-tokens.service.js';
import { scopes } from '../entities/account.enums.js';
import { idParams, moment } from './operation.js';
import { pageQuery, slice } from './page.js';
import { list, none, one, type RestRoute } from './route.js';

const apiToken = z
  .object({
    id: z.string(),
    ownerId: z.string(),
    name: z.string(),
    prefix: z.string().describe('The first letters of the secret, by which its owner knows it again.'),
    scopes: z.array(z.enum(scopes)),
    createdAt: moment,
    lastUsedAt: moment.nullable(),
    expiresAt: moment.nullable(),
    revokedAt: moment.nullable(),
  })
  .meta({ id: 'ApiToken', description: 'A token for a program, never more than its owner.' });

const issued = z
  .object({
    secret: z.string().nullable().describe('Shown once, here; null where an Idempotency-Key asks again.'),
    token: apiToken,
  })
  .meta({ id: 'IssuedApiToken' });

const about = { path: '/api/v1/tokens', policy: 'ownAccount', tag: 'Access' } as const;

export const tokenRoutes: readonly RestRoute[] = [
  list({
    ...about,
    method: 'GET',
    summary: "One's own API tokens, or another person's for an ADMIN",
    query: pageQuery.extend({ userId: z.string().max(40).optional() }),
    item: apiToken,
    says: 'Newest first.',
    run: async ({ apiTokens }, { query }) => slice(await apiTokens.list(query.userId), query),
  }),
  one({
    ...about,
    method: 'POST',
    summary: 'Makes an API token',
    body: createApiTokenInput,
    idempotent: true,
    status: 201,
    response: issued,
    says: 'The token with its secret.',
    run: ({ apiTokens }, { body, idempotencyKey }) => apiTokens.create(body, idempotencyKey),
  }),
  none({
    ...about,
    method: 'DELETE',
    path: '/api/v1/tokens/{id}',
    summary: 'Revokes an API token',
    params: idParams,
    says: 'It opens nothing any more.',
    run: ({ apiTokens }, { params }) => apiTokens.revoke(params.id),
  }),
];
