// Batches of IMEI checks: ordered as a list or a file, stopped, and taken away as a file.
import { z } from 'zod';
import { batchTerms, checkImeisInput } from '../domain/imei/imei-batch.inputs.js';
import type { ImeiBatchRow } from '../domain/imei/imei-batch-hold.js';
import type { Services } from '../domain/services.js';
import { imeiBatchHoldReasons, imeiBatchStatuses } from '../entities/imei.enums.js';
import { signedFile, signedQuery, uploadOrJson } from './file-route.js';
import { idParams, moment } from './operation.js';
import { one, type RestRoute } from './route.js';

const about = { tag: 'IMEI' } as const;
const all = '/api/v1/imei/batches';

const batchShape = z
  .object({
    id: z.string().describe('Decimal id.'),
    status: z.enum(imeiBatchStatuses).describe('RUNNING: ask for it again later.'),
    hold: z
      .object({
        reason: z.enum(imeiBatchHoldReasons).describe('What it waits for.'),
        until: moment.nullable().describe('Null where that is not known.'),
        waiting: z.int().describe('Devices whose check has not ended.'),
      })
      .nullable()
      .describe('Why a RUNNING one does not go on now; null while it does.'),
    costLimit: z.string().nullable().describe('USD, as a decimal number.'),
    total: z.int().describe('Devices, each counted once.'),
    done: z.int().describe('successful + unsuccessful + failed; at the end total = done + skipped.'),
    successful: z.int().describe('The provider knew the device.'),
    unsuccessful: z.int().describe('The provider did not know it.'),
    failed: z.int().describe('The provider gave no answer.'),
    skipped: z.int().describe('Not asked about, and not paid for.'),
    cost: z.string().describe('USD, as a decimal number: paid so far.'),
    requestedBy: z.string().describe('Who ordered it.'),
    resultUrl: z.string().describe('All of it as CSV; opens without a token for a quarter of an hour.'),
    createdAt: moment.describe('When it was ordered.'),
    finishedAt: moment.nullable().describe('Null while it runs.'),
  })
  .meta({ id: 'ImeiBatch', description: 'Devices that are checked together.' });

const present = ({ imeiBatches }: Services, batch: ImeiBatchRow): z.output<typeof batchShape> => ({
  ...batch,
  resultUrl: imeiBatches.resultUrl(batch.id),
});

const fileTerms = z.object({
  serviceId: z.coerce.number().optional().describe('With a file: chosen by the brand of each where left out.'),
  maxAgeSeconds: z.coerce.number().optional().describe('With a file: 86400 where left out.'),
  costLimit: batchTerms.shape.costLimit.optional().describe('With a file: USD, as a decimal number.'),
});

export const imeiBatchOrders: readonly RestRoute[] = [
  uploadOrJson({
    ...about,
    id: 'checkImeis',
    policy: 'imeiCheck',
    path: all,
    summary:
      'Orders checks of up to 10,000 devices as JSON, or of up to 1,000,000 in a CSV (100 MB) or XLSX (10 MB) file with a column imei; nothing is ordered where one of them is no IMEI',
    body: checkImeisInput,
    query: fileTerms,
    response: batchShape,
    location: ({ id }) => `${all}/${id}`,
    says: 'The batch, which goes on in the background.',
    run: async (services, sent, key) => {
      const { imeiBatches } = services;
      const batch =
        'body' in sent
          ? await imeiBatches.checkImeis(sent.body, key)
          : await imeiBatches.checkFile(sent.file.bytes, sent.query, key);
      return present(services, batch);
    },
  }),
];

export const imeiBatchRoutes: readonly RestRoute[] = [
  one({
    ...about,
    policy: 'imeiHistory',
    method: 'GET',
    path: `${all}/{id}`,
    id: 'getImeiBatch',
    summary: 'How far a batch of IMEI checks is',
    params: idParams,
    status: 200,
    response: batchShape,
    says: 'The batch.',
    run: async (services, { params }) => present(services, await services.imeiBatches.get(params.id)),
  }),
  one({
    ...about,
    policy: 'imeiCheck',
    method: 'POST',
    path: `${all}/{id}/cancel`,
    id: 'cancelImeiBatch',
    summary: 'Stops a batch: what the provider is being asked ends as it ends, the rest is skipped',
    params: idParams,
    status: 200,
    response: batchShape,
    says: 'The batch as it is now.',
    run: async (services, { params }) => present(services, await services.imeiBatches.cancel(params.id)),
  }),
  signedFile({
    ...about,
    policy: 'imeiHistory',
    path: `${all}/{id}/result.csv`,
    id: 'downloadImeiBatchResult',
    summary: 'Every device of a batch and what came of it; no cell of it is a formula',
    params: idParams,
    query: signedQuery,
    contentType: 'text/csv',
    says: 'row, imei, status (with PENDING and SKIPPED), what is known of the device, service_id, cost, error, checked_at.',
    run: ({ imeiBatches }, { params, query }) => imeiBatches.resultFile(params.id, query),
  }),
];
