// The one translator from failures to GraphQL errors: the contract's code, and only what may be shown. Knows no transport.
import { GraphQLError, type GraphQLFormattedError, Kind, type Token, TokenKind } from 'graphql';
import type { Reason } from '../shared/error-details.js';
import { type ErrorCode, errorCodes, type FieldFault, shortened, toFailure } from '../shared/errors.js';

/** What an execution, a validation or a parser complained about, in the contract's words. */
export function presentError(error: GraphQLError, requestId: string): GraphQLError {
  const { message, extensions } = isOfTheRequest(error) ? refusedRequest(error) : failedField(error, requestId);
  const { nodes, source, positions, path } = error;
  return new GraphQLError(message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions,
  });
}

/** What Apollo wraps: its own complaints about the request, and those of graphql-js in another coat. */
export function presentRefusal(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  if (isContractCode(formatted.extensions?.code)) return formatted;
  const inner =
    error instanceof GraphQLError && error.originalError instanceof GraphQLError ? error.originalError : error;
  if (inner instanceof GraphQLError && formatted.extensions?.code !== 'INTERNAL_SERVER_ERROR') {
    const { message, extensions } = refusedRequest(inner);
    return { ...formatted, message, extensions: { ...extensions } };
  }
  return { message: errorCodes.INTERNAL.meaning, extensions: { code: 'INTERNAL' } };
}

interface Told {
  readonly message: string;
  readonly extensions: {
    readonly code: ErrorCode;
    readonly fields?: readonly FieldFault[];
    readonly reasons?: readonly Reason[];
    readonly retryAfter?: number;
    readonly requestId?: string;
  };
}

const isContractCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(errorCodes, code);

/** Without a path it was said before any field ran. With one, arguments are still the client's. */
function isOfTheRequest({ path, originalError, message }: GraphQLError): boolean {
  if (originalError && !(originalError instanceof GraphQLError) && !path) return false;
  return !path || (originalError instanceof GraphQLError && message.startsWith('Argument "'));
}

function refusedRequest(error: GraphQLError): Told {
  const { extensions } = error;
  const message = withoutValues(error.message);
  if (isContractCode(extensions.code)) return { message, extensions: { code: extensions.code } };
  if (isTooLong(error))
    return { message: 'The document asks for too much.', extensions: { code: 'QUERY_TOO_COMPLEX' } };
  const path = faultyArgument(error, message);
  const fields = path ? [{ path, code: 'INVALID_VALUE' as const, message }] : undefined;
  return { message, extensions: { code: 'BAD_USER_INPUT', ...(fields && { fields }) } };
}

/** What is cut off there is a value, or follows one: graphql-js repeats what was given. */
const valueMarks: readonly { readonly mark: string; readonly told: string }[] = [
  { mark: ' has invalid value ', told: ' has an invalid value.' },
  { mark: ', found ', told: '.' },
  ...['String', 'BlockString', 'Int', 'Float'].map((kind) => ({
    mark: `Unexpected ${kind} "`,
    told: `Unexpected ${kind}.`,
  })),
];

/**
 * Without the values: they may be somebody's number, errors travel further than answers, and a value may be as long as a
 * request. Fixed texts are looked for, once each; a pattern would try each place of a value that repeats them.
 */
function withoutValues(message: string): string {
  const unknown = message.startsWith('Value "') ? message.lastIndexOf('" does not exist in ') : -1;
  if (unknown >= 0) return shortened(`This value${message.slice(unknown + 1)}`);
  const ends = valueMarks.map(({ mark, told }) => ({ at: message.indexOf(mark), told }));
  const cannot = message.indexOf(' cannot represent ');
  if (cannot >= 0) ends.push({ at: message.indexOf(': ', cannot), told: '.' });
  const [first] = ends.filter(({ at }) => at >= 0).sort((one, other) => one.at - other.at);
  return shortened(first ? message.slice(0, first.at) + first.told : message);
}

/** The limit that graphql-js counts by itself. */
const isTooLong = ({ message }: GraphQLError): boolean => message.startsWith('Syntax Error: Document contains more th');

function failedField(error: GraphQLError, requestId: string): Told {
  const { code, message, fields, reasons, retryAfter } = toFailure(error);
  if (code === 'INTERNAL') return { message: errorCodes.INTERNAL.meaning, extensions: { code, requestId } };
  return {
    message,
    extensions: {
      code,
      ...(fields && { fields }),
      ...(reasons && { reasons }),
      ...(retryAfter !== undefined && { retryAfter }),
    },
  };
}

/** Which argument or variable is meant, as `input.phone`; graphql-js names it for variables only. */
function faultyArgument({ nodes }: GraphQLError, message: string): string | undefined {
  const [node] = nodes ?? [];
  const missing = missingField(message);
  if (node?.kind === Kind.VARIABLE_DEFINITION)
    return [/ at "([\w.[\]]+)"; /.exec(message)?.[1] ?? node.variable.name.value, ...missing].join('.');
  const names: string[] = [];
  let start = node?.loc?.startToken ?? null;
  while (start && start.kind !== TokenKind.PAREN_L) {
    const isNamed = start.prev?.kind === TokenKind.COLON && start.prev.prev?.kind === TokenKind.NAME;
    if (isNamed) names.unshift(start.prev?.prev?.value ?? '');
    const opener = openerBefore(start);
    // Objects and lists of arguments; anything else is no value.
    if (!isNamed && opener?.kind !== TokenKind.BRACKET_L) break;
    start = opener;
  }
  return names.length > 0 ? [...names, ...missing].join('.') : undefined;
}

/** `phone` of: Field "LeadInput.phone" of required type "String!" was not provided. */
function missingField(message: string): string[] {
  const [before = '', behind] = message.split('" of required type ');
  const field = before.slice(before.lastIndexOf('"') + 1).split('.');
  return behind === undefined || !before.includes('Field "') ? [] : field.slice(-1);
}

/** The bracket, brace or parenthesis that is open where this token stands. */
function openerBefore(token: Token): Token | null {
  let closed = 0;
  for (let at = token.prev; at; at = at.prev) {
    if (closers.has(at.kind)) closed++;
    if (openers.has(at.kind) && closed-- === 0) return at;
  }
  return null;
}

const openers: ReadonlySet<TokenKind> = new Set([TokenKind.PAREN_L, TokenKind.BRACKET_L, TokenKind.BRACE_L]);
const closers: ReadonlySet<TokenKind> = new Set([TokenKind.PAREN_R, TokenKind.BRACKET_R, TokenKind.BRACE_R]);
