// The OpenAPI 3.1 document of all REST operations, made from the zod schemas that the routes use. No I/O.
import { z } from 'zod';
import { type Policy, policies } from '../auth/policies.js';
import { exampleOf, parameterExamples } from './examples.js';
import { failureAnswers } from './openapi-failures.js';
import { type Components, componentsOf, type Json, jsonSchema } from './openapi-schema.js';
import { type Answer, type Operation, type Tag, tags } from './operation.js';

export interface OpenapiOptions {
  readonly version: string;
  /** PUBLIC_URL; the host that serves the document where it is not set. */
  readonly publicUrl?: string | undefined;
}

export interface OpenapiDocument {
  openapi: string;
  info: {
    title: string;
    version: string;
    summary: string;
    description: string;
    license: { name: string; identifier: string };
  };
  servers: { url: string }[];
  tags: { name: Tag; description: string }[];
  paths: Record<string, object>;
  components: object;
}

export function openapiDocument(
  operations: readonly Operation[],
  { version, publicUrl }: OpenapiOptions,
): OpenapiDocument {
  const components = componentsOf();
  const paths: Record<string, object> = {};
  for (const operation of operations) {
    paths[operation.path] = {
      ...paths[operation.path],
      [operation.method.toLowerCase()]: describe(operation, components),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Switchboard',
      version,
      summary: 'IMEI checks, leads, mailings, calls and a community over REST',
      description: about,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl?.replace(/\/$/, '') || '/' }],
    tags: [...new Set(operations.map(({ tag }) => tag))].map((name) => ({ name, description: tags[name] })),
    paths,
    components: { ...components, securitySchemes },
  };
}

const about = `Everything here can be done over GraphQL as well, at \`/graphql\`.

**Sign in** with *Authorize*: by login and password, or with an API token. Every call below can be tried then; its fields hold an example.
Failures are \`application/problem+json\`; \`code\`, \`reasons\` and the codes of \`fields\` are enumerated in the schema *Problem*.`;

const securitySchemes = {
  password: {
    type: 'oauth2',
    description: 'Login and password; the client id and secret stay empty.',
    flows: { password: { tokenUrl: '/oauth/token', refreshUrl: '/oauth/token', scopes: {} } },
  },
  bearer: { type: 'http', scheme: 'bearer', description: 'An API token, or the access token of a session.' },
};

function describe(operation: Operation, components: Components): Json {
  const { id, policy, tag, summary, signed, answers } = operation;
  const parameters = parametersOf(operation, components);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: `${whoMay(policies[policy])}${signed ? ' A signed link opens it without a token.' : ''}`,
    security: policies[policy] === policies.open ? [] : [...(signed ? [{}] : []), { password: [] }, { bearer: [] }],
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBodyOf(operation, components),
    responses: {
      ...Object.fromEntries(answers.map((answer) => [answer.status, responseOf(answer, components)])),
      ...failureAnswers(operation, components),
    },
  };
}

function parametersOf({ params, query, idempotent }: Operation, components: Components): Json[] {
  const parts = [
    ...Object.entries(params?.shape ?? {}).map(([name, schema]) => ({ name, in: 'path', schema })),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...(idempotent ? [{ name: 'Idempotency-Key', in: 'header', schema: idempotencyKey }] : []),
  ];
  return parts.map(({ schema, ...place }) => {
    const { description, ...rest } = jsonSchema(schema, components);
    const required = place.in === 'path' || !schema.safeParse(undefined).success;
    const example = parameterExamples[place.name] ?? exampleOf(rest, components);
    const told = { ...place, required, ...(description ? { description } : {}) };
    // Swagger UI writes an `example` into its form, where a filter that nobody chose would find nothing.
    return place.in === 'path'
      ? { ...told, schema: rest, example }
      : { ...told, schema: { ...rest, examples: [example] } };
  });
}

const idempotencyKey = z
  .string()
  .regex(/^[!-~]{1,255}$/)
  .optional()
  .describe(
    'The same key with the same input gives the first answer again for 24 hours, with `Idempotency-Replayed: true`.',
  );

function requestBodyOf({ body, bodyTypes = ['application/json'], form }: Operation, components: Components): Json {
  if (!body) return {};
  const media = bodyTypes.map((type): [string, Json] => {
    const schema = type.startsWith('multipart/') && form ? form : body;
    return [type, mediaOf(schema, components)];
  });
  return { requestBody: { required: true, content: Object.fromEntries(media) } };
}

function responseOf(answer: Answer, components: Components): Json {
  const { description, schema, contentType = 'application/json', headers } = answer;
  return {
    description,
    ...(headers ? { headers } : {}),
    ...(schema ? { content: { [contentType]: mediaOf(schema, components) } } : {}),
  };
}

function mediaOf(given: z.ZodType, components: Components): Json {
  const schema = jsonSchema(given, components);
  const example = exampleOf(schema, components);
  return example === undefined ? { schema } : { schema, example };
}

function whoMay({ everyone, roles, scopes, everyScope }: Policy): string {
  if (everyone) return 'For everybody, without a token.';
  if (scopes === 'any') return `For ${roles.join(', ')}; every token.`;
  const tokens = scopes.length > 0 ? `tokens with ${scopes.join(everyScope ? ' and ' : ' or ')}` : 'no API token';
  return `For ${roles.join(', ')}; ${tokens}.`;
}
