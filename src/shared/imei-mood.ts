// The moods of the simulated IMEI provider and what it tells of itself: one vocabulary for the simulator, the port to it and the
// API. No I/O.
import { z } from 'zod';
import { addUp, commonMoods, failedStatus, forMs, latencyMs, modeOf, seed, share, temperOf, tooMuch } from './mood.js';

const outcomes = [
  ...['ok', 'error', 'limited', 'denied', 'unpaid', 'rejected', 'hang', 'drip', 'garbage', 'reset', 'lost'],
] as const;
/** What became of a request for a check. `unpaid` is a 402; `lost` was done and charged, and its answer never arrived. */
export type ImeiOutcome = (typeof outcomes)[number];

export const imeiModes = [
  ...['ok', 'processing', 'slow', 'hang', 'drip', '5xx', '429', '401', '402', '403'],
  ...['garbage', 'reset', 'lost', 'down', 'mixed'],
] as const;

/** How the answer to a check that was charged gets lost. */
const by = z.enum(['hang', 'reset', '5xx']).default('hang').describe('What the asker meets instead.');

export const imeiMood = z
  .discriminatedUnion(
    'mode',
    [
      z.strictObject({ mode: modeOf('ok'), forMs }).describe('Checks at once.'),
      z
        .strictObject({ mode: modeOf('processing'), latencyMs: latencyMs.default(3_000), forMs })
        .describe('Answers at once that the check is processing, and is done with it later.'),
      z.strictObject({ mode: modeOf('hang'), forMs }).describe('Never answers, and charges nothing.'),
      z
        .strictObject({ mode: modeOf('garbage'), forMs })
        .describe('Checks, charges, and answers 201 with what nobody can read.'),
      z.strictObject({ mode: modeOf('402'), forMs }).describe('Says that the account is empty.'),
      z.strictObject({ mode: modeOf('403'), forMs }).describe('Says that the caller is blocked.'),
      z
        .strictObject({ mode: modeOf('lost'), by, status: failedStatus, forMs })
        .describe('Checks and charges, and the answer is lost. What is free is answered.'),
      ...commonMoods,
      z
        .strictObject({
          mode: modeOf('mixed'),
          ...{ errors: share, hangs: share, garbage: share, resets: share, lost: share, by },
          latencyMs: latencyMs.default(0),
          ...{ seed, forMs },
        })
        .refine(({ errors, hangs, garbage, resets, lost }) => addUp(errors, hangs, garbage, resets, lost), tooMuch)
        .describe('Each request has the luck of the draw.'),
    ],
    { error: `expected one of ${imeiModes.join(', ')}` },
  )
  .meta({ id: 'ImeiMood', description: 'How the simulated IMEI provider behaves.' });

export type ImeiMood = z.output<typeof imeiMood>;

const usd = z.string().regex(/^\d+\.\d\d$/);

const stats = z.object({
  total: z.int().describe('Requests for a check since the last reset.'),
  checks: z.int().describe('Checks that were done, answered or not.'),
  paidAgain: z.int().describe('Checks that were charged although the same service had been paid for the same device.'),
  charged: usd.describe('USD.'),
  balance: usd.describe('USD that are left.'),
  free: z.int().describe('Requests for what costs nothing: history, single checks, services, the account.'),
  inFlight: z.int().describe('Requests under way.'),
  perSecond: z.int().describe('Requests in the last second.'),
  outcomes: z.partialRecord(z.enum(outcomes), z.int()).describe('How many requests met what.'),
});

export const imeiState = temperOf(imeiMood)
  .extend({ stats: stats.describe('What it has seen.') })
  .meta({ id: 'ImeiState', description: 'What the simulated IMEI provider is doing.' });

export type ImeiState = z.output<typeof imeiState>;
