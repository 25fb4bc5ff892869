// The GraphQL door with a small schema behind the whole HTTP server: what runs is counted, whatever it is asked.
import { buildSchema, defaultFieldResolver, type GraphQLFieldResolver, type GraphQLSchema } from 'graphql';
import { guardSchema } from '../../src/schema/shield.js';
import { createEngine } from '../../src/server/engine.js';
import { mountGraphql } from '../../src/server/graphql.js';
import { Failure } from '../../src/shared/errors.js';
import { createLogger, type Logger } from '../../src/shared/logger.js';
import { type BareServer, bareServer } from './http-server.js';

export interface ToyGraphql extends BareServer {
  /** Root resolvers that were called, by name. */
  readonly called: string[];
  ask(body: unknown, options?: Asked): Promise<Answer>;
}

export interface Asked {
  readonly token?: string;
  readonly accept?: string;
  readonly contentType?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly { message: string; path?: unknown; extensions: Record<string, unknown> }[];
}

const sdl = `
  type Query {
    hello: String!
    echo(text: String!, n: Int, input: EchoInput): String!
    people(first: Int, after: String, last: Int, before: String): PersonConnection!
    team: [Person!]!
    secret: String
    slow: String
    broken: String
    away: String
    invalid: String
    mixed: [Mixed!]!
  }
  input EchoInput { tags: [Int!], inner: EchoInput }
  type Mixed { id: ID! fails: String }
  type Person { id: ID! name: String friend: Person friends(first: Int): [Person!]! team: [Person!]! }
  type PersonConnection { edges: [PersonEdge!]! nodes: [Person!]! pageInfo: PageInfo! totalCount: Int! }
  type PersonEdge { cursor: String! node: Person! }
  type PageInfo { hasNextPage: Boolean! }
  type Mutation { signIn(login: String!): String! bump: Int! }
  type Subscription { ticks: Int! }
`;

const ada = { id: '1', name: 'Ada', team: [], friends: [] };
const resolvers: Readonly<Record<string, GraphQLFieldResolver<unknown, { signal: AbortSignal }>>> = {
  hello: () => 'hello',
  echo: (_, args) => JSON.stringify(args),
  people: () => ({ nodes: [ada], edges: [], pageInfo: { hasNextPage: false }, totalCount: 1 }),
  team: () => [ada],
  secret: () => 'secret',
  slow: (...[, , { signal }]) =>
    new Promise((resolve) =>
      signal.addEventListener('abort', () => resolve(`heard ${(signal.reason as Failure).code}`)),
    ),
  broken: () => {
    throw new Error('connect to 10.0.0.7 as root:hunter2');
  },
  away: () => {
    throw Object.assign(new Error('terminating connection due to administrator command'), { code: '57P01' });
  },
  invalid: () => {
    throw new Failure('CONFLICT', 'Already there.', {
      reasons: ['DUPLICATE_EMAIL'],
      retryAfter: 3,
      cause: new Error('detail (email)=(a@b.c)'),
    });
  },
  mixed: () => [
    { id: '1', fails: () => Promise.reject(new Failure('NOT_FOUND', 'Not found.')) },
    { id: '2', fails: 'no' },
  ],
  signIn: () => 'token',
  bump: () => 1,
};

const rootFields = {
  ...Object.fromEntries(
    [...'hello echo people team slow broken away invalid mixed'.split(' ')].map((name) => [
      `Query.${name}`,
      'open' as const,
    ]),
  ),
  'Query.secret': 'people',
  'Mutation.signIn': 'open',
  'Mutation.bump': 'open',
  'Subscription.ticks': 'systemRead',
} as const;

export function toySchema(called: string[] = []): GraphQLSchema {
  const schema = buildSchema(sdl);
  for (const root of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const resolve = resolvers[field.name] ?? defaultFieldResolver;
      field.resolve = (...call) => {
        called.push(field.name);
        return resolve(...call);
      };
    }
  }
  return schema;
}

export const toyGuards = {
  rootFields,
  crossings: { 'Person.friend': 'people' },
  openBeforePasswordChange: new Set(['Query.hello']),
} as const;

export interface ToyOptions {
  readonly production?: boolean;
  readonly deadlineMs?: number;
  readonly log?: Logger;
}

export async function toyGraphql({
  production = true,
  deadlineMs = 10_000,
  log = createLogger({ level: 'silent', format: 'json' }),
}: ToyOptions = {}): Promise<ToyGraphql> {
  const called: string[] = [];
  const schema = toySchema(called);
  guardSchema(schema, toyGuards);
  const engine = createEngine({ schema, production, maxDepth: 10, maxCost: 5_000 });
  const server = await bareServer({
    addressPerMinute: 100_000,
    mounts: [
      (scope) =>
        mountGraphql(scope, { engine, log, deadlineMs, contextFor: ({ viewer }, signal) => ({ viewer, signal }) }),
    ],
  });
  return { ...server, called, ask: (body, asked) => post(`${server.url}/graphql`, body, asked) };
}

async function post(
  url: string,
  body: unknown,
  { token, accept = 'application/json', contentType = 'application/json' }: Asked = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': contentType, accept, ...(token && { authorization: `Bearer ${token}` }) },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const { data, errors = [] } = JSON.parse(text) as Partial<Answer>;
  return { status: response.status, headers: response.headers, text, data, errors };
}
