// The OpenAPI 3.1 document of all REST operations, made from the zod schemas that the routes use. No I/O.
import { z } from 'zod';
import { type Policy, policies } from '../auth/policies.js';
import { type Answer, type Operation, problemAnswer } from './operation.js';

export interface OpenapiOptions {
  readonly version: string;
  /** PUBLIC_URL; the host that serves the document where it is not set. */
  readonly publicUrl?: string | undefined;
}

export interface OpenapiDocument {
  openapi: string;
  info: { title: string; version: string; summary: string; license: { name: string; identifier: string } };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, object>;
  components: object;
}

type Json = Record<string, unknown>;

export function openapiDocument(
  operations: readonly Operation[],
  { version, publicUrl }: OpenapiOptions,
): OpenapiDocument {
  const schemas: Json = {};
  const paths: Record<string, object> = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(operation, schemas),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchboard',
      version,
      summary: 'IMEI checks, leads, mailings, calls and a community over REST',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl?.replace(/\/$/, '') || '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes },
  };
}

const securitySchemes = {
  password: {
    type: 'oauth2',
    description: 'Login and password; the client id and secret stay empty.',
    flows: { password: { tokenUrl: '/oauth/token', refreshUrl: '/oauth/token', scopes: {} } },
  },
  bearer: { type: 'http', scheme: 'bearer', description: 'An API token, or the access token of a session.' },
};

function describe(operation: Operation, schemas: Json): Json {
  const {
    method,
    path,
    policy,
    tag,
    summary,
    body,
    bodyTypes = ['application/json'],
    failure = problemAnswer,
  } = operation;
  const parameters = parametersOf(operation, schemas);
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary,
    description: `${whoMay(policies[policy])}${operation.signed ? ' A signed link opens it without a token.' : ''}`,
    security:
      policies[policy] === policies.open ? [] : [...(operation.signed ? [{}] : []), { password: [] }, { bearer: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: contentOf(bodyTypes, body, schemas) } } : {}),
    responses: {
      ...Object.fromEntries(operation.answers.map((answer) => [answer.status, responseOf(answer, schemas)])),
      default: responseOf(failure, schemas),
    },
  };
}

function parametersOf({ params, query, idempotent }: Operation, schemas: Json): Json[] {
  const parts = [
    ...Object.entries(params?.shape ?? {}).map(([name, schema]) => ({ name, in: 'path', schema })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...(idempotent ? [{ name: 'Idempotency-Key', in: 'header', schema: idempotencyKey }] : []),
  ];
  return parts.map(({ schema, ...place }) => {
    const { description, ...rest } = jsonSchema(schema, schemas);
    const required = place.in === 'path' || !schema.safeParse(undefined).success;
    return { ...place, required, ...(description ? { description } : {}), schema: rest };
  });
}

const idempotencyKey = z
  .string()
  .max(255)
  .optional()
  .describe(
    'The same key with the same input gives the first answer again for 24 hours, with `Idempotency-Replayed: true`.',
  );

function responseOf(answer: Omit<Answer, 'status'>, schemas: Json): Json {
  const { description, schema, contentType = 'application/json', headers } = answer;
  return {
    description,
    ...(headers ? { headers } : {}),
    ...(schema ? { content: contentOf([contentType], schema, schemas) } : {}),
  };
}

const contentOf = (types: readonly string[], schema: z.ZodType, schemas: Json): Json =>
  Object.fromEntries(types.map((type) => [type, { schema: jsonSchema(schema, schemas) }]));

/** Schemas that have an id are told once, under components. */
function jsonSchema(schema: z.ZodType, schemas: Json): Json {
  const generated: Json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: json }) => {
      if (zodSchema._zod.def.type === 'date') Object.assign(json, { type: 'string', format: 'date-time' });
      // zod's pattern for moments is 300 characters that say what the format says; an integer is safe anyhow.
      if (json.format === 'date-time') delete json.pattern;
      if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
      if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
    },
  });
  const moved: Json = JSON.parse(JSON.stringify(generated).replaceAll('"#/$defs/', '"#/components/schemas/'));
  const { $schema, $defs, ...rest } = moved;
  if ($defs && typeof $defs === 'object') Object.assign(schemas, $defs);
  const { id } = schema.meta() ?? {};
  if (typeof id !== 'string' || '$ref' in rest) return rest;
  schemas[id] = rest;
  return { $ref: `#/components/schemas/${id}` };
}

function whoMay({ everyone, roles, scopes, everyScope }: Policy): string {
  if (everyone) return 'For everybody.';
  if (scopes === 'any') return `For ${roles.join(', ')}; every token.`;
  const tokens = scopes.length > 0 ? `tokens with ${scopes.join(everyScope ? ' and ' : ' or ')}` : 'no API token';
  return `For ${roles.join(', ')}; ${tokens}.`;
}

const operationId = (method: string, path: string): string =>
  [method.toLowerCase(), ...path.split(/[^A-Za-z0-9]+/).filter(Boolean)]
    .map((word, i) => (i === 0 ? word : word[0]?.toUpperCase() + word.slice(1)))
    .join('');
