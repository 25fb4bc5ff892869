// IMEI checks as REST shows them.
import { z } from 'zod';
import type { ImeiCheckRow } from '../domain/imei/imei-check.rows.js';
import { doors } from '../entities/account.enums.js';
import { imeiCheckStatuses } from '../entities/imei.enums.js';
import { moment } from './operation.js';

const words = z.string().nullable();
const yesOrNo = z.boolean().nullable();

const deviceShape = z
  .object({
    ...{ name: words, brand: words, model: words, modelDescription: words, imageUrl: words },
    ...{ imei: words, imei2: words, serial: words, meid: words },
    ...{ simLock: yesOrNo, findMyOn: yesOrNo, lostMode: yesOrNo, mdmLock: yesOrNo },
    ...{ blacklist: words, network: words, region: words, purchaseCountry: words },
    ...{ purchasedAt: moment.nullable(), warranty: words, repairCoverage: yesOrNo, technicalSupport: yesOrNo },
    ...{ replaced: yesOrNo, refurbished: yesOrNo, demoUnit: yesOrNo, loaner: yesOrNo },
  })
  .meta({ id: 'Device', description: 'One shape for all makes; null where the provider is silent.' });

export const imeiCheckShape = z
  .object({
    id: z.string(),
    imei: z.string(),
    tac: z.string(),
    status: z.enum(imeiCheckStatuses).describe('PENDING: ask for it again later.'),
    provider: z.string(),
    serviceId: z.int(),
    serviceTitle: words,
    device: deviceShape.nullable().describe('Null unless SUCCESSFUL.'),
    raw: z.unknown().describe("The provider's answer as it came; null while there is none."),
    cost: words.describe('USD, as a decimal number; null while it is not known.'),
    cached: z.boolean().describe('Answered from an earlier check, or together with another one; nothing was paid.'),
    ageSeconds: z.int(),
    via: z.enum(doors),
    requestedBy: z.string(),
    error: words,
    createdAt: moment,
    completedAt: moment.nullable(),
    changes: z
      .array(z.object({ field: z.string(), before: words, after: words }))
      .describe('What changed since the previous successful check of this device.'),
  })
  .meta({ id: 'ImeiCheck', description: 'What somebody asked about one device, and what came of it.' });

export const presentImeiCheck = ({ rawText, failure: _, ...check }: ImeiCheckRow): z.output<typeof imeiCheckShape> => ({
  ...check,
  raw: rawText === null ? null : JSON.parse(rawText),
});
