// Every failure that a person may be told about: a stable code, a status, the fields at fault. Knows no door;
// each door (GraphQL, REST, bot) has one translator.
import { types } from 'node:util';

/** Also an error that Node made in another realm, where `instanceof` says no, or a library by prototypes alone. */
export const isError = (error: unknown): error is Error => error instanceof Error || types.isNativeError(error);

export interface CodeInfo {
  readonly httpStatus: number;
  readonly meaning: string;
}

export const errorCodes = {
  BAD_USER_INPUT: { httpStatus: 400, meaning: 'Something in the request is wrong; `fields` says what and where.' },
  UNAUTHENTICATED: { httpStatus: 401, meaning: 'Nobody is signed in, or the token is unknown, expired or revoked.' },
  FORBIDDEN: { httpStatus: 403, meaning: 'This person or token may not do that.' },
  NOT_FOUND: { httpStatus: 404, meaning: 'There is nothing under that id.' },
  CONFLICT: { httpStatus: 409, meaning: 'It clashes with what is there; `reasons` says with what.' },
  RATE_LIMITED: { httpStatus: 429, meaning: 'Too many requests; try again after `retryAfter` seconds.' },
  QUERY_TOO_COMPLEX: {
    httpStatus: 400,
    meaning: 'The query is too deep, too long or too expensive; ask for less at once.',
  },
  UPSTREAM_FAILED: { httpStatus: 502, meaning: 'A provider answered badly; nothing was charged or sent twice.' },
  UNAVAILABLE: {
    httpStatus: 503,
    meaning: 'A part that is needed is away for the moment; the same request can be sent again.',
  },
  GONE: { httpStatus: 410, meaning: 'What was asked for is older than what is kept.' },
  INTERNAL: { httpStatus: 500, meaning: 'Our fault. Give the request id to whoever runs this server.' },
} as const satisfies Record<string, CodeInfo>;

export type ErrorCode = keyof typeof errorCodes;

export interface FieldFault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface FailureDetail {
  readonly fields?: readonly FieldFault[];
  readonly reasons?: readonly string[];
  readonly retryAfter?: number;
  /** Where HTTP has a status that says more than the code's own: 413, 415. */
  readonly httpStatus?: number;
  readonly cause?: unknown;
}

/** What is thrown on purpose. Its message and detail may be shown to whoever asked; its cause may not. */
export class Failure extends Error {
  readonly fields: readonly FieldFault[] | undefined;
  readonly reasons: readonly string[] | undefined;
  readonly retryAfter: number | undefined;
  readonly httpStatus: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    detail: FailureDetail = {},
  ) {
    super(shortened(message), { cause: detail.cause });
    this.name = 'Failure';
    this.fields = detail.fields?.slice(0, mostFaults).map(shortenedFault);
    this.reasons = detail.reasons;
    this.retryAfter = detail.retryAfter;
    this.httpStatus = detail.httpStatus;
  }
}

const mostFaults = 100;
const longestText = 1_000;

/** Texts for people may name what was sent, and that may be as long as a request. */
export const shortened = (text: string): string =>
  text.length > longestText ? `${text.slice(0, longestText)}…`.toWellFormed() : text;

const shortenedFault = ({ path, code, message }: FieldFault): FieldFault => ({
  path: shortened(path),
  code,
  message: shortened(message),
});

export const badInput = (path: string, code: string, message: string): Failure =>
  new Failure('BAD_USER_INPUT', `${path}: ${message}`, { fields: [{ path, code, message }] });

/** An uploaded file that is too large in some way, and one of a kind that is not read here. */
export const fileTooLarge = (message: string): Failure => badFile('TOO_LARGE', 413, message);
export const unsupportedFile = (message: string): Failure => badFile('UNSUPPORTED', 415, message);

export const notFound = (what: string): Failure => new Failure('NOT_FOUND', `${what} not found.`);

export const conflict = (message: string, ...reasons: string[]): Failure =>
  new Failure('CONFLICT', message, { reasons });

const badFile = (code: string, httpStatus: number, message: string): Failure =>
  new Failure('BAD_USER_INPUT', `file: ${message}`, { fields: [{ path: 'file', code, message }], httpStatus });

/** SQLSTATE classes and socket errors that mean "the database is away", not "the statement is wrong". */
const awayStates = /^(08|57P0|53)/;
const awayErrnos = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
const awayMessages =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/;

/** Turns whatever was thrown into a Failure: ours as it is, a lost database into UNAVAILABLE, all else into INTERNAL. */
export function toFailure(error: unknown): Failure {
  for (let e = error, depth = 0; isError(e) && depth < 6; e = originalOf(e), depth++) {
    if (e instanceof Failure) return e;
    if (isDatabaseAway(e)) {
      return new Failure('UNAVAILABLE', 'The database is away for the moment; try again.', {
        retryAfter: 2,
        cause: error,
      });
    }
  }
  return new Failure('INTERNAL', 'Something went wrong on our side.', { cause: error });
}

function originalOf(error: Error): unknown {
  if ('originalError' in error && error.originalError !== undefined) return error.originalError;
  if ('previous' in error && error.previous !== undefined) return error.previous;
  return error.cause;
}

function isDatabaseAway(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return awayStates.test(code) || awayErrnos.has(code) || awayMessages.test(error.message);
}
