// Every failure that a person may be told about: a stable code, a status, the fields at fault. Knows no door;
// each door (GraphQL, REST, bot) has one translator.
import { types } from 'node:util';
import { type FieldCode, fieldCodes, type Reason, type ReasonOf, reasonsByCode } from './error-details.js';

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
export const errorCodeNames = Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]];

/** The words that can come with a code, each with its meaning. */
export function detailsOf(code: ErrorCode): { readonly reasons: Words; readonly fieldCodes: Words } {
  return {
    reasons: code in reasonsByCode ? reasonsByCode[code as keyof typeof reasonsByCode] : {},
    fieldCodes: code === 'BAD_USER_INPUT' ? fieldCodes : {},
  };
}

type Words = Readonly<Record<string, string>>;

export interface FieldFault {
  readonly path: string;
  readonly code: FieldCode;
  readonly message: string;
}

export interface FailureDetail<Code extends ErrorCode = ErrorCode> {
  readonly fields?: readonly FieldFault[];
  readonly reasons?: readonly ReasonOf<Code>[];
  readonly retryAfter?: number;
  /** Where HTTP has a status that says more than the code's own: 413, 415. */
  readonly httpStatus?: number;
  readonly cause?: unknown;
}

/** What is thrown on purpose. Its message and detail may be shown to whoever asked; its cause may not. */
export class Failure<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: ErrorCode;
  readonly fields: readonly FieldFault[] | undefined;
  readonly reasons: readonly Reason[] | undefined;
  readonly retryAfter: number | undefined;
  readonly httpStatus: number | undefined;

  constructor(code: Code, message: string, detail: FailureDetail<Code> = {}) {
    super(shortened(message), { cause: detail.cause });
    this.name = 'Failure';
    this.code = code;
    this.fields = detail.fields?.slice(0, mostFaults).map(shortenedFault);
    this.reasons = detail.reasons;
    this.retryAfter = detail.retryAfter;
    this.httpStatus = detail.httpStatus;
  }
}

export const badInput = (path: string, code: FieldCode, message: string): Failure =>
  badInputs([{ path, code, message }]);

/** So many faults are told at once; of the others, how many there are. */
export const mostFaults = 100;

export function badInputs(faults: readonly FieldFault[]): Failure {
  const fields = faults.slice(0, mostFaults);
  const told = fields.map(({ path, message }) => (path ? `${path}: ${message}` : message));
  if (faults.length > fields.length) told.push(`${faults.length - fields.length} more`);
  return new Failure('BAD_USER_INPUT', told.join('; '), { fields });
}

const longestText = 1_000;

/** Texts for people may name what was sent, and that may be as long as a request. */
export const shortened = (text: string): string =>
  text.length > longestText ? `${text.slice(0, longestText)}…`.toWellFormed() : text;

const shortenedFault = ({ path, code, message }: FieldFault): FieldFault => ({
  path: shortened(path),
  code,
  message: shortened(message),
});

/** An uploaded file that is too large in some way, and one of a kind that is not read here. */
export const fileTooLarge = (message: string): Failure => badFile('TOO_LARGE', 413, message);
export const unsupportedFile = (message: string): Failure => badFile('UNSUPPORTED', 415, message);

export const notFound = (what: string): Failure => new Failure('NOT_FOUND', `${what} not found.`);

export const conflict = (message: string, ...reasons: ReasonOf<'CONFLICT'>[]): Failure =>
  new Failure('CONFLICT', message, { reasons });

const badFile = (code: FieldCode, httpStatus: number, message: string): Failure =>
  new Failure('BAD_USER_INPUT', `file: ${message}`, { fields: [{ path: 'file', code, message }], httpStatus });

/**
 * SQLSTATEs that a later repeat may mend: 08 connection, 40 conflict with another transaction, 53 resources, 57 shutdown or
 * statement timeout, 25006 a server that is read-only after a failover, 55P03 a lock timeout.
 */
const passingStates = /^(?:(?:08|40|53|57)[0-9A-Z]{3}|25006|55P03)$/;
const connectionErrnos = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
]);
/** What pg and pg-pool say without a code. */
const connectionMessages =
  /Connection terminated|timeout exceeded when trying to connect|timeout expired|Query read timeout|is not queryable/;

/** Turns whatever was thrown into a Failure: ours as it is, passing trouble of the database into UNAVAILABLE, all else into INTERNAL. */
export function toFailure(error: unknown): Failure {
  for (const each of originsOf(error)) {
    if (each instanceof Failure) return each;
    if (isPassing(each)) {
      return new Failure('UNAVAILABLE', 'The database is unavailable for the moment; send the same request again.', {
        retryAfter: 2,
        cause: error,
      });
    }
  }
  return new Failure('INTERNAL', 'Something went wrong on our side.', { cause: error });
}

/** How loud a failure is in the log: a fault of ours, trouble that passes, or what the caller did. */
export function logLevelOf(code: unknown): 'error' | 'warn' | 'debug' {
  if (code === 'INTERNAL') return 'error';
  return code === 'UNAVAILABLE' ? 'warn' : 'debug';
}

/** The code of PostgreSQL or of the system, however often the error was wrapped. */
export const errorCodeOf = (error: unknown): string | undefined => originsOf(error).map(ownCode).find(Boolean);

/** The error and what it wraps, outermost first. */
function originsOf(error: unknown): Error[] {
  const origins: Error[] = [];
  for (let each = error; isError(each) && origins.length < 6; each = originalOf(each)) origins.push(each);
  return origins;
}

function originalOf(error: Error): unknown {
  if ('originalError' in error && error.originalError !== undefined) return error.originalError;
  if ('previous' in error && error.previous !== undefined) return error.previous;
  return error.cause;
}

const ownCode = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : '');

function isPassing(error: Error): boolean {
  const code = ownCode(error);
  return passingStates.test(code) || connectionErrnos.has(code) || connectionMessages.test(error.message);
}
