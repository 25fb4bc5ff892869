// Which failures an operation can answer with, for the OpenAPI document: each with an example that the door itself has made
// of it. No I/O.
import { badInput, conflict, Failure, notFound } from '../shared/errors.js';
import { type Components, type Json, jsonSchema } from './openapi-schema.js';
import { type FailureKind, type Operation, problems } from './operation.js';

export function failureAnswers(operation: Operation, components: Components): Json {
  const { failure: kind = problems } = operation;
  const usual = usualStatuses(operation);
  const statuses = kind.statuses?.(usual) ?? usual;
  return Object.fromEntries([
    ...statuses.map((status) => [String(status), reference(kind, status, components)]),
    ['default', reference(kind, undefined, components)],
  ]);
}

function usualStatuses({ method, params, body }: Operation): number[] {
  return [
    400,
    // An open operation refuses a token that does not count, too.
    401,
    403,
    ...(Object.keys(params?.shape ?? {}).some((name) => name === 'id' || name === 'pk') ? [404] : []),
    ...(method === 'GET' ? [] : [409]),
    ...(body ? [413, 415] : []),
    429,
  ];
}

/** Of each kind and status there is one answer, under components. */
function reference(kind: FailureKind, status: number | undefined, components: Components): Json {
  const name = `${kind.name}${status ?? ''}`;
  components.responses[name] ??= answerOf(kind, status, components);
  return { $ref: `#/components/responses/${name}` };
}

function answerOf(kind: FailureKind, status: number | undefined, components: Components): Json {
  const { means, failure, headers } = (status !== undefined && told[status]) || otherwise;
  const { contentType = 'application/json', schema, pages } = kind;
  const page = pages ? { 'text/html': { schema: { type: 'string', description: 'The form again.' } } } : {};
  const asked = { status: status ?? 503, requestId: '6f1c9a52-8f0e-4c1d-9b55-0d4f5a1f6a37', body: undefined };
  const { body: example } = kind.present(failure, { ...asked, headers: { 'accept-language': 'en' } });
  return {
    description: `${means} ${kind.description}`,
    ...(headers ? { headers } : {}),
    ...(schema ? { content: { [contentType]: { schema: jsonSchema(schema, components), example }, ...page } } : {}),
  };
}

interface Told {
  readonly means: string;
  readonly failure: Failure;
  readonly headers?: Json;
}

const retryAfter = { 'Retry-After': { description: 'Seconds to wait.', schema: { type: 'integer' } } };
const wrongPhone = badInput('phone', 'INVALID_FORMAT', 'expected 7XXXXXXXXXX, 11 digits');

const told: Readonly<Record<number, Told>> = {
  400: { means: 'Something in the request is wrong.', failure: wrongPhone },
  401: {
    means: 'Nobody is signed in, or the token does not count.',
    failure: new Failure('UNAUTHENTICATED', 'The token is unknown, expired or revoked.'),
    headers: { 'WWW-Authenticate': { description: 'As RFC 6750 says it.', schema: { type: 'string' } } },
  },
  403: {
    means: 'This person, token or address may not do that.',
    failure: new Failure('FORBIDDEN', 'This account may not do that.'),
  },
  404: { means: 'There is nothing under that id.', failure: notFound('It') },
  409: {
    means: 'It clashes with what is there.',
    failure: conflict('This idempotency key came with another input before.', 'IDEMPOTENCY_KEY_REUSED'),
  },
  413: { means: 'The body is too large.', failure: new Failure('BAD_USER_INPUT', 'The body is too large.') },
  415: {
    means: 'The media type is not understood here.',
    failure: new Failure('BAD_USER_INPUT', 'This media type is not understood here; send application/json.'),
  },
  422: { means: 'Something in the request is wrong.', failure: wrongPhone },
  429: {
    means: 'Too many requests.',
    failure: new Failure('RATE_LIMITED', 'Too many requests; try again in 12 s.', { retryAfter: 12 }),
    headers: retryAfter,
  },
  500: { means: 'Our fault, or that of the provider.', failure: new Failure('INTERNAL', 'Something went wrong.') },
};

const otherwise: Told = {
  means: 'Anything else: our fault (500), a provider that answers badly (502), or a part that is away (503).',
  failure: new Failure('UNAVAILABLE', 'The database is away for the moment; try again.', { retryAfter: 2 }),
  headers: retryAfter,
};
