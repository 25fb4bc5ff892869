// What the moods of all simulators have in common. No I/O.
import { z } from 'zod';

const longest = 86_400_000;

export const forMs = z
  .int()
  .min(1)
  .max(longest)
  .optional()
  .describe('How long; it is `ok` again afterwards. For good where absent.');
export const share = z.number().min(0).max(1).default(0).describe('Share of the requests, 0 to 1.');
export const latencyMs = z.int().min(0).max(600_000).describe('How long an answer takes, in milliseconds.');
export const seed = z.int().min(0).max(4_294_967_295).optional().describe('The same seed, the same luck.');
export const failedStatus = z.int().min(500).max(599).default(500).describe('With which status it fails.');
export const modeOf = <Mode extends string>(mode: Mode) => z.literal(mode).describe('How it behaves.');

/** Each means the same whatever is simulated. */
export const commonMoods = [
  z.strictObject({ mode: modeOf('slow'), latencyMs: latencyMs.default(3_000), forMs }).describe('Takes its time.'),
  z.strictObject({ mode: modeOf('drip'), forMs }).describe('Answers one byte a second.'),
  z.strictObject({ mode: modeOf('5xx'), status: failedStatus, forMs }).describe('Fails.'),
  z.strictObject({
    mode: modeOf('429'),
    retryAfter: z.int().min(0).max(3_600).default(5).describe('Seconds.'),
    forMs,
  }),
  z.strictObject({ mode: modeOf('401'), forMs }).describe('Knows no token.'),
  z.strictObject({ mode: modeOf('reset'), forMs }).describe('Resets the connection when a request comes.'),
  z
    .strictObject({ mode: modeOf('down'), forMs: z.int().min(1).max(600_000).default(30_000).describe('How long.') })
    .describe('Refuses connections, its own page included, and comes back by itself.'),
] as const;

/** Shares of what a request may meet. */
export const addUp = (...shares: readonly number[]): boolean =>
  shares.reduce((sum, each) => sum + each) <= 1 + Number.EPSILON;

export const tooMuch = { path: ['errors'], message: 'the shares add up to more than 1' };

/** A mood, and how long it lasts. */
export const temperOf = <Mood extends z.ZodType>(mood: Mood) =>
  z.object({ mood, until: z.iso.datetime().nullable().describe('When it is `ok` again by itself.') });
