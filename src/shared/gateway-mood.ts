// The moods of the simulated message gateway and what it tells of itself: one vocabulary for the simulator, the port to it
// and the API. No I/O.
import { z } from 'zod';
import { addUp, commonMoods, forMs, latencyMs, modeOf, seed, share, temperOf, tooMuch } from './mood.js';

const outcomes = ['ok', 'error', 'limited', 'denied', 'rejected', 'hang', 'drip', 'garbage', 'reset'] as const;
/** What became of a request. */
export type GatewayOutcome = (typeof outcomes)[number];

export const gatewayModes = [
  ...['ok', 'slow', 'hang', 'drip', '5xx', '429', '401', 'garbage', 'reset', 'down', 'mixed'],
] as const;

const hangsAccept = z
  .boolean()
  .default(true)
  .describe('Whether a message counts as taken whose request is never answered.');

export const gatewayMood = z
  .discriminatedUnion(
    'mode',
    [
      z.strictObject({ mode: modeOf('ok'), forMs }).describe('Takes every message at once.'),
      z.strictObject({ mode: modeOf('hang'), hangsAccept, forMs }).describe('Never answers.'),
      z
        .strictObject({ mode: modeOf('garbage'), forMs })
        .describe('Takes the message and answers 200 with what nobody can read.'),
      ...commonMoods,
      z
        .strictObject({
          mode: modeOf('mixed'),
          ...{ errors: share, hangs: share, garbage: share, resets: share },
          latencyMs: latencyMs.default(0),
          ...{ hangsAccept, seed, forMs },
        })
        .refine(({ errors, hangs, garbage, resets }) => addUp(errors, hangs, garbage, resets), tooMuch)
        .describe('Each request has the luck of the draw.'),
    ],
    { error: `expected one of ${gatewayModes.join(', ')}` },
  )
  .meta({ id: 'GatewayMood', description: 'How the simulated message gateway behaves.' });

export type GatewayMood = z.output<typeof gatewayMood>;

const stats = z.object({
  total: z.int().describe('Requests since the last reset.'),
  accepted: z.int().describe('Requests whose message was taken.'),
  distinct: z.int().describe('Different messages among them.'),
  duplicates: z.int().describe('Messages that were taken again.'),
  inFlight: z.int().describe('Requests under way.'),
  perSecond: z.int().describe('Requests in the last second.'),
  outcomes: z.partialRecord(z.enum(outcomes), z.int()).describe('How many requests met what.'),
});

export const gatewayState = temperOf(gatewayMood)
  .extend({ stats: stats.describe('What it has seen.') })
  .meta({ id: 'GatewayState', description: 'What the simulated message gateway is doing.' });

export type GatewayState = z.output<typeof gatewayState>;
