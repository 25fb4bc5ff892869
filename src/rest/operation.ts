// What a route tells about itself: enough to describe it in the OpenAPI document. No I/O.
import { z } from 'zod';
import type { PolicyName } from '../auth/policies.js';
import { rfc3339 } from '../shared/iso-time.js';
import { problemSchema } from './problem.js';

export interface Answer {
  readonly status: number;
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
  /** As OpenAPI has them, by name. */
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>;
}

export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As OpenAPI spells it: /api/v1/tokens/{id}. */
  readonly path: string;
  readonly policy: PolicyName;
  readonly tag: string;
  readonly summary: string;
  readonly params?: z.ZodObject | undefined;
  readonly query?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
  readonly bodyTypes?: readonly string[];
  /** The header of which the first row comes back instead of a second one. */
  readonly idempotent?: true;
  /** What it does not know it ignores, headers included, as the old server did. Everywhere else that is bad input. */
  readonly lenient?: true;
  /** A signed link opens it without a token: the service asks for one or the other. */
  readonly signed?: true;
  readonly answers: readonly Answer[];
  readonly failure?: Omit<Answer, 'status'>;
}

export const problemAnswer: Omit<Answer, 'status'> = {
  description: 'What went wrong; `code` is one of the codes that GraphQL has too.',
  schema: problemSchema,
  contentType: 'application/problem+json',
};

/** A moment: RFC 3339 outside, a Date inside. */
export const moment = z.codec(rfc3339, z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

export const idParams = z.object({ id: z.string().max(40) });
