// What a route tells about itself: enough to describe it in the OpenAPI document. No I/O.
import { z } from 'zod';
import type { PolicyName } from '../auth/policies.js';
import { rfc3339 } from '../shared/iso-time.js';
import { type PresentFailure, presentProblem, problemSchema } from './problem.js';

/** What each group of operations is for. */
export const tags = {
  'Sign-in': 'Sessions, as OAuth 2.0 has them.',
  Access: 'People who may sign in, and the API tokens of programs.',
  Clients: 'The directory of people who can be reached.',
  Suppressions: 'Numbers that must not be contacted.',
  Imports: 'Files of clients and of suppressions.',
  Mailings: 'Messages to many clients within a span of time: planned, sent, watched.',
  Leads: 'People who left their data.',
  IMEI: 'What is known of a phone by its number.',
  System: 'The simulators of the local world.',
  Operations: 'For probes and monitoring.',
  'Legacy mailings': 'The routes of the old mailing server, for the clients that it had.',
  'Legacy IMEI': 'The route of the old IMEI server, for the clients that it had.',
} as const;

export type Tag = keyof typeof tags;

export interface Answer {
  readonly status: number;
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
  /** As OpenAPI has them, by name. */
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>;
}

/** How a door tells its failures. */
export interface FailureKind extends Omit<Answer, 'status' | 'headers'> {
  /** Under which its answers stand in the document. */
  readonly name: string;
  /** By which it answers, and by which the document has its examples. */
  readonly present: PresentFailure;
  /** Whoever sent a form gets a page instead. */
  readonly pages?: true;
  /** Where it answers with other statuses than the rest. */
  readonly statuses?: (usual: readonly number[]) => readonly number[];
}

export interface Operation {
  /** A verb and a noun: generators of clients make a function of it. */
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As OpenAPI spells it: /api/v1/tokens/{id}. */
  readonly path: string;
  readonly policy: PolicyName;
  readonly tag: Tag;
  readonly summary: string;
  readonly params?: z.ZodObject | undefined;
  readonly query?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
  /** What a form with a file holds in the place of the body. */
  readonly form?: z.ZodType;
  readonly bodyTypes?: readonly string[];
  /** The header of which the first row comes back instead of a second one. */
  readonly idempotent?: true;
  /** What it does not know it ignores, headers included, as the old server did. Everywhere else that is bad input. */
  readonly lenient?: true;
  /** A signed link opens it without a token: the service asks for one or the other. */
  readonly signed?: true;
  readonly answers: readonly Answer[];
  readonly failure?: FailureKind;
}

export const problems: FailureKind = {
  name: 'Problem',
  description: '`code` is one of the codes that GraphQL has too.',
  schema: problemSchema,
  contentType: 'application/problem+json',
  present: presentProblem,
};

/** Where what was created is found. */
export const locationHeader = {
  Location: { description: 'Path of what was created.', schema: { type: 'string', format: 'uri-reference' } },
} as const;

/** A moment: RFC 3339 outside, a Date inside. */
export const moment = z.codec(rfc3339, z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});

/** What a provider sends, as it came: only the provider knows its keys. */
export const openObject = z.record(z.string(), z.unknown());

export const idParams = z.object({ id: z.string().max(40).describe('Decimal id.') });
