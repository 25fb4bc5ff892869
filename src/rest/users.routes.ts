// People who may sign in, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { createUserInput } from '../domain/accounts/users.service.js';
import { roles } from '../entities/account.enums.js';
import { idParams, moment } from './operation.js';
import { pageQuery, slice } from './page.js';
import { list, one, type RestRoute } from './route.js';

const user = z
  .object({
    id: z.string().describe('Decimal id.'),
    login: z.string().describe('By which they sign in.'),
    name: z.string().describe('For people.'),
    role: z.enum(roles).describe('What they may do.'),
    telegramId: z.string().nullable().describe('The Telegram account that speaks for them.'),
    mustChangePassword: z.boolean().describe('Until it is false the password is a one-time one.'),
    createdAt: moment.describe('When they were added.'),
    lastSeenAt: moment.nullable().describe('When they last signed in or asked something.'),
    disabledAt: moment.nullable().describe('Since when they cannot sign in.'),
  })
  .meta({ id: 'User', description: 'A person who may sign in.' });

const about = { path: '/api/v1/users', policy: 'people', tag: 'Access' } as const;

export const userRoutes: readonly RestRoute[] = [
  list({
    ...about,
    method: 'GET',
    id: 'listUsers',
    summary: 'The people who may sign in',
    query: pageQuery,
    item: user,
    says: 'In the order in which they were made.',
    run: async ({ users }, { query }) => slice(await users.list(), query),
  }),
  one({
    ...about,
    method: 'POST',
    id: 'createUser',
    summary: 'Lets somebody sign in',
    body: createUserInput,
    idempotent: true,
    status: 201,
    location: ({ id }) => `${about.path}/${id}`,
    response: user,
    says: 'The new person.',
    run: ({ users }, { body, idempotencyKey }) => users.create(body, idempotencyKey),
  }),
  one({
    ...about,
    id: 'getUser',
    method: 'GET',
    path: '/api/v1/users/{id}',
    summary: 'One of the people who may sign in',
    params: idParams,
    status: 200,
    response: user,
    says: 'The person.',
    run: ({ users }, { params }) => users.get(params.id),
  }),
];
