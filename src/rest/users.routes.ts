// People who may sign in, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { createUserInput } from '../domain/accounts/users.service.js';
import { roles } from '../entities/account.enums.js';
import { moment } from './operation.js';
import { pageQuery, slice } from './page.js';
import { list, one, type RestRoute } from './route.js';

const user = z
  .object({
    id: z.string(),
    login: z.string(),
    name: z.string(),
    role: z.enum(roles),
    telegramId: z.string().nullable(),
    mustChangePassword: z.boolean(),
    createdAt: moment,
    lastSeenAt: moment.nullable(),
    disabledAt: moment.nullable(),
  })
  .meta({ id: 'User', description: 'A person who may sign in.' });

const about = { path: '/api/v1/users', policy: 'people', tag: 'Access' } as const;

export const userRoutes: readonly RestRoute[] = [
  list({
    ...about,
    method: 'GET',
    summary: 'The people who may sign in',
    query: pageQuery,
    item: user,
    says: 'In the order in which they were made.',
    run: async ({ users }, { query }) => slice(await users.list(), query),
  }),
  one({
    ...about,
    method: 'POST',
    summary: 'Lets somebody sign in',
    body: createUserInput,
    idempotent: true,
    status: 201,
    response: user,
    says: 'The new person.',
    run: ({ users }, { body, idempotencyKey }) => users.create(body, idempotencyKey),
  }),
];
