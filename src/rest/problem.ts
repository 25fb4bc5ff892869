// One failure as RFC 9457 problem+json, with the same codes that GraphQL and the bot use.
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { fieldCodeNames, reasonNames } from '../shared/error-details.js';
import { errorCodeNames, errorCodes, type Failure } from '../shared/errors.js';

/** What a door answers a failure with; each door has its own shape. */
export interface FailureAnswer {
  readonly contentType: string;
  /** A page as it stands, everything else as JSON. */
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Where the door's own standard wants another status than the code's. */
  readonly status?: number;
}

export interface FailureContext {
  readonly status: number;
  readonly requestId: string;
}

/** What was asked, for doors that answer in its language or repeat what was written. */
export interface FailedRequest extends FailureContext {
  readonly headers: IncomingHttpHeaders;
  /** Undefined where it was never read. */
  readonly body: unknown;
}

export type PresentFailure = (failure: Failure, request: FailedRequest) => FailureAnswer;

const fieldFault = z.object({
  path: z.string().describe('Of the field, e.g. `window.from` or `imeis.3`.'),
  code: z.enum(fieldCodeNames).describe('What is wrong with it, for programs.'),
  message: z.string().describe('What is wrong with it, for people.'),
});

export const problemSchema = z
  .object({
    type: z.string().describe('A URN of the code.'),
    title: z.string().describe('What the code means, in a sentence.'),
    status: z.int().describe('The HTTP status.'),
    detail: z.string().optional().describe('What happened; absent with INTERNAL.'),
    code: z.enum(errorCodeNames).describe('The same codes as in GraphQL.'),
    fields: z.array(fieldFault).optional().describe('Every input that is wrong.'),
    reasons: z.array(z.enum(reasonNames)).optional().describe('Why, where the code has several causes.'),
    retryAfter: z.int().optional().describe('Seconds; the Retry-After header says the same.'),
    requestId: z.string().describe('By which the log of the server tells more.'),
  })
  .meta({ id: 'Problem', description: 'What went wrong, as RFC 9457 says it.' });

export type Problem = z.infer<typeof problemSchema>;

/** Of our own faults nothing is told but the request id, by which the log knows more. */
export function toProblem(failure: Failure, { status, requestId }: FailureContext): Problem {
  const { code, message, fields, reasons, retryAfter } = failure;
  return {
    type: `urn:switchboard:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: errorCodes[code].meaning,
    status,
    ...(code === 'INTERNAL' ? {} : { detail: message }),
    code,
    ...(fields ? { fields: [...fields] } : {}),
    ...(reasons ? { reasons: [...reasons] } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    requestId,
  };
}

export const presentProblem: PresentFailure = (failure, context) => ({
  contentType: 'application/problem+json; charset=utf-8',
  body: toProblem(failure, context),
});
