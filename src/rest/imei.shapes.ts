// IMEI checks as REST shows them.
import { z } from 'zod';
import type { ImeiCheckRow } from '../domain/imei/imei-check.rows.js';
import { doors } from '../entities/account.enums.js';
import { imeiCheckStatuses } from '../entities/imei.enums.js';
import { moment, openObject } from './operation.js';

const words = z.string().nullable();
const yesOrNo = z.boolean().nullable();

const deviceShape = z
  .object({
    name: words.describe('What it is called.'),
    brand: words.describe("By the provider, or else by the number's TAC."),
    model: words.describe('Which model.'),
    modelDescription: words.describe('The model with memory, colour and what else the provider adds.'),
    imageUrl: words.describe('A picture of the model.'),
    imei: words.describe('Its number, as the provider repeats it.'),
    imei2: words.describe('The number of its second SIM.'),
    serial: words.describe('Serial number.'),
    meid: words.describe('Its number in CDMA networks.'),
    simLock: yesOrNo.describe('Takes the SIM cards of one operator only.'),
    findMyOn: yesOrNo.describe('It is tied to an account: Find My is on.'),
    lostMode: yesOrNo.describe('Its owner reported it lost.'),
    mdmLock: yesOrNo.describe('A company manages it.'),
    blacklist: words.describe('What block lists say: Clean, or why it is blocked.'),
    network: words.describe('Whose networks it is made or locked for.'),
    region: words.describe('For which market it was made.'),
    purchaseCountry: words.describe('Where it was bought.'),
    purchasedAt: moment.nullable().describe('When it was bought, as the provider estimates.'),
    warranty: words.describe('In the words of its maker.'),
    repairCoverage: yesOrNo.describe('Repairs are covered.'),
    technicalSupport: yesOrNo.describe('Its maker still helps by telephone.'),
    replaced: yesOrNo.describe('It was replaced, or is a replacement.'),
    refurbished: yesOrNo.describe('Sold as refurbished.'),
    demoUnit: yesOrNo.describe('A demonstration unit.'),
    loaner: yesOrNo.describe('Lent by its maker during a repair.'),
  })
  .meta({ id: 'Device', description: 'One shape for all makes; null where the provider is silent.' });

export const imeiCheckShape = z
  .object({
    id: z.string().describe('Decimal id.'),
    imei: z.string().describe('15 digits.'),
    tac: z.string().describe('Its first eight digits: the model.'),
    status: z.enum(imeiCheckStatuses).describe('PENDING: ask for it again later.'),
    provider: z.string().describe('Who is asked.'),
    serviceId: z.int().describe("The provider's service."),
    serviceTitle: words.describe('What the provider calls it.'),
    device: deviceShape.nullable().describe('Null unless SUCCESSFUL.'),
    raw: openObject.nullable().describe("The provider's answer as it came; null while there is none."),
    cost: words.describe('USD, as a decimal number; null while it is not known.'),
    cached: z.boolean().describe('Answered from an earlier check, or together with another one; nothing was paid.'),
    ageSeconds: z.int().describe('How old the answer was.'),
    via: z.enum(doors).describe('By which way it was asked for.'),
    requestedBy: z.string().describe('Who asked, as the audit log names them.'),
    error: words.describe('Why there is no answer.'),
    createdAt: moment.describe('When it was asked for.'),
    completedAt: moment.nullable().describe('When it ended; null while it is PENDING.'),
    changes: z
      .array(
        z.object({
          field: z.string().describe('Which field of the device.'),
          before: words.describe('What it was; null where it was not known.'),
          after: words.describe('What it is.'),
        }),
      )
      .describe('What changed since the previous successful check of this device.'),
  })
  .meta({ id: 'ImeiCheck', description: 'What somebody asked about one device, and what came of it.' });

export const presentImeiCheck = ({ rawText, failure: _, ...check }: ImeiCheckRow): z.output<typeof imeiCheckShape> => ({
  ...check,
  raw: rawText === null ? null : JSON.parse(rawText),
});
