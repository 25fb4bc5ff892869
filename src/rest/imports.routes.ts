// Files of clients and of suppressions, and how far they have been read.
import { z } from 'zod';
import type { ImportRow } from '../domain/imports/import.rows.js';
import type { Services } from '../domain/services.js';
import { importKinds } from '../entities/mailing.enums.js';
import { signedFile, upload } from './file-route.js';
import { idParams, moment } from './operation.js';
import { one, type RestRoute } from './route.js';

const importProblem = z.object({ row: z.int(), field: z.string().nullable(), message: z.string() });

const importShape = z
  .object({
    id: z.string(),
    kind: z.enum(importKinds),
    fileName: z.string(),
    total: z.int().nullable().describe('Rows; null until the file has been looked through.'),
    processed: z.int().describe('Rows done: created, updated or rejected.'),
    created: z.int(),
    updated: z.int().describe('Known before, or earlier in the same file; changed or not.'),
    rejected: z.int(),
    problems: z.array(importProblem).describe('The first 100; all of them are behind problemsUrl.'),
    problemsUrl: z
      .string()
      .nullable()
      .describe('Opens without a token for a quarter of an hour; null without problems.'),
    createdAt: moment,
    finishedAt: moment.nullable(),
    error: z.string().nullable().describe('Why the file could not be read at all.'),
  })
  .meta({ id: 'Import', description: 'An uploaded file being read; rows that fail are told, the others are kept.' });

async function present({ imports }: Services, row: ImportRow): Promise<z.output<typeof importShape>> {
  const problems = await imports.problemsOf([row.id]);
  return { ...row, problems: problems.get(row.id) ?? [], problemsUrl: imports.problemsUrl(row) };
}

const about = { policy: 'mailingsWrite', tag: 'Imports' } as const;
const accepted = {
  response: importShape,
  location: ({ id }: { id: string }) => `/api/v1/imports/${id}`,
  says: 'The import, which is read in the background.',
};

export const importUploads: readonly RestRoute[] = [
  upload({
    ...about,
    ...accepted,
    path: '/api/v1/clients/import',
    summary:
      'Reads clients from a CSV (100 MB, 1,000,000 rows) or XLSX (10 MB) file: phone, operator_code, tag, timezone, name',
    run: async (services, file, key) => present(services, await services.imports.receive('CLIENTS', file, key)),
  }),
  upload({
    ...about,
    ...accepted,
    path: '/api/v1/suppressions/import',
    summary: 'Reads numbers that must not be contacted from a CSV or XLSX file: phone, channel, note',
    run: async (services, file, key) => present(services, await services.imports.receive('SUPPRESSIONS', file, key)),
  }),
];

export const importRoutes: readonly RestRoute[] = [
  one({
    ...about,
    method: 'GET',
    path: '/api/v1/imports/{id}',
    summary: 'How far a file has been read',
    params: idParams,
    status: 200,
    response: importShape,
    says: 'The import.',
    run: async (services, { params }) => present(services, await services.imports.get(params.id)),
  }),
  signedFile({
    ...about,
    path: '/api/v1/imports/{id}/problems.csv',
    summary: 'What was wrong with a file, row by row',
    params: idParams,
    query: z.object({ expires: z.string().max(20).optional(), signature: z.string().max(100).optional() }),
    contentType: 'text/csv',
    says: 'row, field, value, message; the value as it stands in the file.',
    run: ({ imports }, { params, query }) => imports.problemsFile(params.id, query),
  }),
];
