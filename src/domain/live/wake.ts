// What hubs tell each other, as text: that events have numbers now, or that states changed. Ids only, and only as hints.
import { z } from 'zod';

export type Change = readonly [topic: string, subject: string];

type Wake = { readonly from: string } & ({ readonly events: bigint } | { readonly changes: readonly Change[] });

/** Topics and subjects are ids of at most 64 characters, so that 40 pairs stay below a transport's 7,000 bytes. */
export const changesPerWake = 40;

export const encodeWake = (wake: Wake): string =>
  JSON.stringify('events' in wake ? { ...wake, events: String(wake.events) } : wake);

/** Nothing for what is no wake-up of ours: a transport may be shared. */
export function decodeWake(text: string): Wake | undefined {
  try {
    return wakeSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const wakeSchema = z.union([
  z.strictObject({
    from: z.string(),
    events: z
      .string()
      .regex(/^\d{1,19}$/)
      .transform(BigInt),
  }),
  z.strictObject({ from: z.string(), changes: z.array(z.tuple([z.string(), z.string()])) }),
]);
