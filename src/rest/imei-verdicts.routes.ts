// What a number says by itself, for those who would rather not speak GraphQL.
import { z } from 'zod';
import { imeiProblems } from '../entities/imei.enums.js';
import { one, type RestRoute } from './route.js';

const verdict = z
  .object({
    input: z.string().describe('As it was asked.'),
    valid: z.boolean().describe('Whether an IMEI could be derived.'),
    problem: z.enum(imeiProblems).nullable().describe('Why not.'),
    imei: z.string().nullable().describe('15 digits.'),
    tac: z.string().nullable().describe('Its first eight digits: the model.'),
    reportingBody: z.string().nullable().describe('Who registered the model; not the country of sale.'),
    brand: z.string().nullable().describe('Where the model is known.'),
    model: z.string().nullable().describe('Where it is known.'),
    suggestions: z.array(z.string()).describe('What may have been meant by a mistyped one, best first.'),
  })
  .meta({ id: 'ImeiVerdict', description: 'What can be said without asking, or paying, anyone.' });

export const imeiVerdictRoutes: readonly RestRoute[] = [
  one({
    policy: 'open',
    tag: 'IMEI',
    method: 'GET',
    path: '/api/v1/imei/validate/{imei}',
    id: 'validateImei',
    summary: 'Whether this is an IMEI, and of what; nobody is asked and nothing is kept',
    params: z.object({ imei: z.string().describe('In any spelling; 14, 15 or 16 digits.') }),
    status: 200,
    response: verdict,
    says: 'Valid, or why not.',
    run: ({ imeiVerdicts }, { params }) => imeiVerdicts.verdict(params.imei),
  }),
];
