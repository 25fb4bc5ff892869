// IMEI checks, for those who would rather not speak GraphQL.

import { z } from 'zod';
import { checkImeiInput } from '../domain/imei/imei-check.inputs.js';
import { doors } from '../entities/account.enums.js';
import { imeiCheckStatuses } from '../entities/imei.enums.js';
import { imeiCheckShape, presentImeiCheck } from './imei.shapes.js';
import { idParams, moment } from './operation.js';
import { oneOrMoreOf, pageQuery } from './page.js';
import { list, one, type RestRoute } from './route.js';

const about = { tag: 'IMEI' } as const;
const all = '/api/v1/imei/checks';

const checkQuery = pageQuery.extend({
  imei: z.string().optional().describe('This device, in any spelling.'),
  tac: z.string().optional().describe('All devices of this model: the first eight digits.'),
  status: oneOrMoreOf(imeiCheckStatuses).optional().describe('One of these; may be given more than once.'),
  via: oneOrMoreOf(doors).optional().describe('Asked for by one of these ways; may be given more than once.'),
  createdFrom: moment.optional().describe('Asked for no earlier.'),
  createdBefore: moment.optional().describe('Asked for before.'),
});

export const imeiCheckRoutes: readonly RestRoute[] = [
  list({
    ...about,
    policy: 'imeiHistory',
    method: 'GET',
    path: all,
    id: 'listImeiChecks',
    summary: 'IMEI checks; for those who may not see the whole history, their own',
    query: checkQuery,
    item: imeiCheckShape,
    says: 'The newest first.',
    run: async ({ imeiChecks }, { query: { limit, after, createdFrom, createdBefore, ...filter } }) => {
      const createdAt = { from: createdFrom, to: createdBefore };
      const page = await imeiChecks.list({ filter: { ...filter, createdAt } }, { first: limit, after });
      return { ...page, nodes: page.nodes.map(presentImeiCheck) };
    },
  }),
  one({
    ...about,
    policy: 'imeiCheck',
    method: 'POST',
    path: all,
    id: 'checkImei',
    summary: 'Checks a device; PENDING where the provider takes its time',
    body: checkImeiInput,
    idempotent: true,
    status: 201,
    location: ({ id }) => `${all}/${id}`,
    response: imeiCheckShape,
    says: 'The check.',
    run: async ({ imeiChecks }, { body, idempotencyKey }) =>
      presentImeiCheck(await imeiChecks.check(body, { idempotencyKey })),
  }),
  one({
    ...about,
    policy: 'imeiHistory',
    method: 'GET',
    path: `${all}/{id}`,
    id: 'getImeiCheck',
    summary: 'One IMEI check',
    params: idParams,
    status: 200,
    response: imeiCheckShape,
    says: 'The check.',
    run: async ({ imeiChecks }, { params }) => presentImeiCheck(await imeiChecks.get(params.id)),
  }),
];
