// The moods of the simulated message gateway and what it tells of itself: one vocabulary for the simulator, the port to it
// and the API. No I/O.
import { z } from 'zod';

const outcomes = ['ok', 'error', 'limited', 'denied', 'rejected', 'hang', 'drip', 'garbage', 'reset'] as const;
/** What became of a request. */
export type GatewayOutcome = (typeof outcomes)[number];

export const gatewayModes = [
  ...['ok', 'slow', 'hang', 'drip', '5xx', '429', '401', 'garbage', 'reset', 'down', 'mixed'],
] as const;

const longest = 86_400_000;
const forMs = z
  .int()
  .min(1)
  .max(longest)
  .optional()
  .describe('How long; it is `ok` again afterwards. For good where absent.');
const share = z.number().min(0).max(1).default(0);
const latencyMs = z.int().min(0).max(600_000);
const hangsAccept = z
  .boolean()
  .default(true)
  .describe('Whether a message counts as taken whose request is never answered.');

export const gatewayMood = z
  .discriminatedUnion(
    'mode',
    [
      z.strictObject({ mode: z.literal('ok'), forMs }).describe('Takes every message at once.'),
      z
        .strictObject({ mode: z.literal('slow'), latencyMs: latencyMs.default(3_000), forMs })
        .describe('Takes its time.'),
      z.strictObject({ mode: z.literal('hang'), hangsAccept, forMs }).describe('Never answers.'),
      z.strictObject({ mode: z.literal('drip'), forMs }).describe('Answers one byte a second.'),
      z
        .strictObject({ mode: z.literal('5xx'), status: z.int().min(500).max(599).default(500), forMs })
        .describe('Fails.'),
      z.strictObject({
        mode: z.literal('429'),
        retryAfter: z.int().min(0).max(3_600).default(5).describe('Seconds.'),
        forMs,
      }),
      z.strictObject({ mode: z.literal('401'), forMs }).describe('Knows no token.'),
      z
        .strictObject({ mode: z.literal('garbage'), forMs })
        .describe('Takes the message and answers 200 with what nobody can read.'),
      z.strictObject({ mode: z.literal('reset'), forMs }).describe('Resets the connection when a request comes.'),
      z
        .strictObject({ mode: z.literal('down'), forMs: z.int().min(1).max(600_000).default(30_000) })
        .describe('Refuses connections, its own page included, and comes back by itself.'),
      z
        .strictObject({
          mode: z.literal('mixed'),
          ...{ errors: share, hangs: share, garbage: share, resets: share },
          latencyMs: latencyMs.default(0),
          hangsAccept,
          seed: z.int().min(0).max(4_294_967_295).optional().describe('The same seed, the same luck.'),
          forMs,
        })
        .refine(({ errors, hangs, garbage, resets }) => errors + hangs + garbage + resets <= 1 + Number.EPSILON, {
          path: ['errors'],
          message: 'the shares add up to more than 1',
        })
        .describe('Each request has the luck of the draw.'),
    ],
    { error: `expected one of ${gatewayModes.join(', ')}` },
  )
  .meta({ id: 'GatewayMood', description: 'How the simulated message gateway behaves.' });

export type GatewayMood = z.output<typeof gatewayMood>;

/** Its mood, and how long it lasts. */
export const gatewayTemper = z.object({
  mood: gatewayMood,
  until: z.iso.datetime().nullable().describe('When it is `ok` again by itself.'),
});

export const gatewayStats = z.object({
  total: z.int().describe('Requests since the last reset.'),
  accepted: z.int().describe('Requests whose message was taken.'),
  distinct: z.int().describe('Different messages among them.'),
  duplicates: z.int().describe('Messages that were taken again.'),
  inFlight: z.int(),
  perSecond: z.int(),
  outcomes: z.partialRecord(z.enum(outcomes), z.int()),
});

export const gatewayState = gatewayTemper
  .extend({ stats: gatewayStats })
  .meta({ id: 'GatewayState', description: 'What the simulated message gateway is doing.' });

export type GatewayState = z.output<typeof gatewayState>;
