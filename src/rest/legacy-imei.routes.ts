// POST /api/check-imei as the old server had it: the token may stand in the body, and the answer is the provider's own text.
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { formTypes } from './form-body.js';
import { legacyImeiFailures, presentLegacyImeiFailure, somethingMissing } from './legacy-imei-failure.js';
import { openObject } from './operation.js';
import { idempotencyKeyOf, type RestRoute } from './route.js';

/** JSON that was written by hand has numbers. */
const textOrDigits = z.union([z.string(), z.int()]);

const body = z
  .object({
    imei: textOrDigits.describe('In any spelling; 14, 15 or 16 digits.'),
    token: textOrDigits.optional().describe('In its place the Authorization header may bring it.'),
  })
  .meta({ id: 'LegacyImeiCheck', description: 'Which device, and who asks.' });

export const legacyImeiRoutes: readonly RestRoute[] = [
  {
    operation: {
      id: 'checkImeiLegacy',
      method: 'POST',
      path: '/api/check-imei',
      policy: 'imeiCheck',
      tag: 'Legacy IMEI',
      lenient: true,
      summary: 'Checks a device, as the old server did',
      body,
      bodyTypes: ['application/json', ...formTypes],
      idempotent: true,
      answers: [
        {
          status: 200,
          description: "The provider's check object unchanged; `properties` is [] where it knows nothing.",
          schema: openObject.meta({ id: 'LegacyImeiAnswer', description: "The provider's check object." }),
        },
      ],
      failure: legacyImeiFailures,
    },
    config: { presentFailure: presentLegacyImeiFailure, tokenOf },
    handle: async (unit, request, reply) => {
      const text = await unit(request.viewer, ({ legacyImei }) =>
        legacyImei.check(imeiOf(request), idempotencyKeyOf(request)),
      );
      return reply.type('application/json; charset=utf-8').send(text);
    },
  },
];

/** What is missing is told before the token is looked at. */
function tokenOf(request: FastifyRequest, bearer: string | undefined): string {
  const token = textIn(request, 'token') || bearer;
  if (imeiOf(request) === '' || !token) throw somethingMissing();
  return token;
}

const imeiOf = (request: FastifyRequest): string => textIn(request, 'imei');

/** A number is taken for its digits: JSON that was written by hand has them. */
function textIn({ body: given }: FastifyRequest, key: 'imei' | 'token'): string {
  if (typeof given !== 'object' || given === null) return '';
  const value: unknown = Reflect.get(given, key);
  return typeof value === 'string' ? value.trim() : Number.isSafeInteger(value) ? String(value) : '';
}
