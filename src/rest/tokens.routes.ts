// API tokens, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { createApiTokenInput } from '../domain/accounts/api-tokens.service.js';
import { scopes } from '../entities/account.enums.js';
import { idParams, moment } from './operation.js';
import { pageQuery, slice } from './page.js';
import { list, none, one, type RestRoute } from './route.js';

const apiToken = z
  .object({
    id: z.string().describe('Decimal id.'),
    ownerId: z.string().describe('Whose it is.'),
    name: z.string().describe('Which program uses it.'),
    prefix: z.string().describe('The first letters of the secret, by which its owner knows it again.'),
    scopes: z.array(z.enum(scopes)).describe('What it may do, and never more than its owner.'),
    createdAt: moment.describe('When it was made.'),
    lastUsedAt: moment.nullable().describe('To the minute; null where it never was.'),
    expiresAt: moment.nullable().describe('Until when it works; null for good.'),
    revokedAt: moment.nullable().describe('Since when it opens nothing.'),
  })
  .meta({ id: 'ApiToken', description: 'A token for a program, never more than its owner.' });

const issued = z
  .object({
    secret: z.string().nullable().describe('Shown once, here; null where an Idempotency-Key asks again.'),
    token: apiToken.describe('The token without its secret.'),
  })
  .meta({ id: 'IssuedApiToken', description: 'A new token with its secret.' });

const about = { path: '/api/v1/tokens', policy: 'ownAccount', tag: 'Access' } as const;

export const tokenRoutes: readonly RestRoute[] = [
  list({
    ...about,
    method: 'GET',
    id: 'listApiTokens',
    summary: "One's own API tokens, or another person's for an ADMIN",
    query: pageQuery.extend({ userId: z.string().max(40).optional().describe("Whose; one's own where left out.") }),
    item: apiToken,
    says: 'Newest first.',
    run: async ({ apiTokens }, { query }) => slice(await apiTokens.list(query.userId), query),
  }),
  one({
    ...about,
    method: 'POST',
    id: 'createApiToken',
    summary: 'Makes an API token',
    body: createApiTokenInput,
    idempotent: true,
    status: 201,
    location: ({ token }) => `${about.path}/${token.id}`,
    response: issued,
    says: 'The token with its secret.',
    run: ({ apiTokens }, { body, idempotencyKey }) => apiTokens.create(body, idempotencyKey),
  }),
  one({
    ...about,
    id: 'getApiToken',
    method: 'GET',
    path: '/api/v1/tokens/{id}',
    summary: "One of one's own API tokens, or another person's for an ADMIN",
    params: idParams,
    status: 200,
    response: apiToken,
    says: 'The token.',
    run: ({ apiTokens }, { params }) => apiTokens.get(params.id),
  }),
  none({
    ...about,
    method: 'DELETE',
    path: '/api/v1/tokens/{id}',
    id: 'revokeApiToken',
    summary: 'Revokes an API token',
    params: idParams,
    says: 'It opens nothing any more.',
    run: ({ apiTokens }, { params }) => apiTokens.revoke(params.id),
  }),
];
