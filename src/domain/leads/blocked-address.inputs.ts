// What a block may say, for every door.
import { z } from 'zod';
import { canonicalRange } from '../../shared/address-ranges.js';

export const blockAddressInput = z.strictObject({
  cidr: z.string().transform((spelling, context) => {
    const range = canonicalRange(spelling);
    if (range !== undefined) return range;
    context.addIssue({
      code: 'custom',
      message: 'expected an IP address or a CIDR range, e.g. 203.0.113.7 or 203.0.113.0/24',
    });
    return z.NEVER;
  }),
  reason: z
    .string()
    .trim()
    .min(1, 'expected a reason')
    .max(200, 'expected at most 200 characters')
    .regex(/^[^\0]*$/, 'must not hold NUL'),
  expiresAt: z
    .date()
    .refine((at) => at.getTime() > Date.now(), 'expected a time to come')
    .nullish(),
});

export type BlockAddressInput = z.input<typeof blockAddressInput>;
