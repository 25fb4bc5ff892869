// Files of clients and of suppressions, and how far they have been read.
import { z } from 'zod';
import type { ImportRow } from '../domain/imports/import.rows.js';
import type { Services } from '../domain/services.js';
import { importKinds } from '../entities/mailing.enums.js';
import { signedFile, signedQuery, upload } from './file-route.js';
import { idParams, moment } from './operation.js';
import { one, type RestRoute } from './route.js';

const importProblem = z.object({
  row: z.int().describe('Of the file, from 1.'),
  field: z.string().nullable().describe('Which column; null where the row as a whole is wrong.'),
  message: z.string().describe('What is wrong with it.'),
});

const importShape = z
  .object({
    id: z.string().describe('Decimal id.'),
    kind: z.enum(importKinds).describe('What the file holds.'),
    fileName: z.string().describe('As it was sent.'),
    total: z.int().nullable().describe('Rows; null until the file has been looked through.'),
    processed: z.int().describe('Rows done: created, updated or rejected.'),
    created: z.int().describe('Rows that were not known before.'),
    updated: z.int().describe('Known before, or earlier in the same file; changed or not.'),
    rejected: z.int().describe('Rows with a problem.'),
    problems: z.array(importProblem).describe('The first 100; all of them are behind problemsUrl.'),
    problemsUrl: z
      .string()
      .nullable()
      .describe('Opens without a token for a quarter of an hour; null without problems.'),
    createdAt: moment.describe('When the file was sent.'),
    finishedAt: moment.nullable().describe('Null while it is read.'),
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
    id: 'importClients',
    path: '/api/v1/clients/import',
    summary:
      'Reads clients from a CSV (100 MB, 1,000,000 rows) or XLSX (10 MB) file: phone, operator_code, tag, timezone, name',
    run: async (services, file, key) => present(services, await services.imports.receive('CLIENTS', file, key)),
  }),
  upload({
    ...about,
    ...accepted,
    id: 'importSuppressions',
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
    id: 'getImport',
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
    id: 'downloadImportProblems',
    summary: 'What was wrong with a file, row by row',
    params: idParams,
    query: signedQuery,
    contentType: 'text/csv',
    says: 'row, field, value, message; the value as it stands in the file.',
    run: ({ imports }, { params, query }) => imports.problemsFile(params.id, query),
  }),
];
