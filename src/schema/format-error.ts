// The one translator from failures to GraphQL errors: the contract's code, and only what may be shown. Knows no transport.
import { GraphQLError, type GraphQLFormattedError, Kind, type Token, TokenKind } from 'graphql';
import type { Reason } from '../shared/error-details.js';
import { type ErrorCode, errorCodes, type FieldFault, toFailure } from '../shared/errors.js';

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
  const path = faultyArgument(error);
  const fields = path ? [{ path, code: 'INVALID_VALUE' as const, message }] : undefined;
  return { message, extensions: { code: 'BAD_USER_INPUT', ...(fields && { fields }) } };
}

/** graphql-js repeats what was given, and that may be somebody's number: errors travel further than answers. */
function withoutValues(message: string): string {
  return message
    .replace(/ got invalid value .*?((?: at "[\w.[\]]+")?; )(?!.*?(?: at "[\w.[\]]+")?; )/s, ' got an invalid value$1')
    .replace(/( cannot represent [^:]*): .*$/s, '$1.')
    .replace(/, found .*$/s, '.')
    .replace(/^Value ".*" does not exist in /s, 'This value does not exist in ')
    .replace(/((?:found|Unexpected) (?:Block)?(?:String|Int|Float)) ".*"/s, '$1');
}

/** The limits that graphql-js and Apollo count by themselves. */
const isTooLong = ({ message, extensions }: GraphQLError): boolean =>
  extensions.validationErrorCode === 'MAX_RECURSIVE_SELECTIONS_EXCEEDED' ||
  /^Syntax Error: Document contains more th\w+ \d+ tokens/.test(message);

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
function faultyArgument({ nodes, message }: GraphQLError): string | undefined {
  const [node] = nodes ?? [];
  const missing = /Field "(?:\w+\.)?(\w+)" of required type /.exec(message)?.slice(1) ?? [];
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
