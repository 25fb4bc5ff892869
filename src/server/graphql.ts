// POST /graphql: Apollo Server 5 takes the request apart, refuses what is no GraphQL over HTTP, and answers in the media
// type that was asked for; the engine executes. Mounted without Apollo's own integration, which copies more than it needs.
import {
  ApolloServer,
  type ApolloServerOptionsWithGateway,
  type ApolloServerPlugin,
  type BaseContext,
  HeaderMap,
} from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError, OperationTypeNode } from 'graphql';
import { isInternal, presentError, presentRefusal } from '../schema/format-error.js';
import { Failure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { Asking, Engine } from './engine.js';
import { presentGraphqlFailure } from './failures.js';

export interface GraphqlOptions {
  readonly engine: Engine;
  /** Plain properties only: Apollo hands a copy of it to the resolvers. */
  contextFor(request: FastifyRequest, signal: AbortSignal): Asking | Promise<Asking>;
  readonly log: Logger;
  /** Of one operation, from the first look at its viewer to the answer. */
  readonly deadlineMs?: number;
}

const deadlineMs = 10_000;
/** Fragments within fragments multiply; 450 tokens can ask for millions of fields. */
const maxSelections = 10_000;

export async function mountGraphql(server: FastifyInstance, options: GraphqlOptions): Promise<void> {
  const apollo = createApollo(options);
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  // For Apollo to refuse as what it is: a request that any web page could make a browser send.
  server.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  const config = {
    policy: 'open',
    door: 'GRAPHQL',
    beforePasswordChange: true,
    presentFailure: presentGraphqlFailure,
  } as const;
  server.post('/graphql', { config }, (request, reply) => answer({ apollo, options }, request, reply));
}

function createApollo({ engine, log }: GraphqlOptions): ApolloServer<BaseContext> {
  const { documents, parseOptions, rules, validationOptions } = engine;
  return new ApolloServer<BaseContext>({
    gateway: gatewayOf(engine, log),
    documentStore: {
      get: async (key) => documents.get(key),
      set: async (key, document) => void documents.set(key, document),
      delete: async (key) => void documents.delete(key),
    },
    parseOptions,
    validationRules: [...rules],
    validationOptions,
    maxRecursiveSelections: maxSelections,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: presentRefusal,
    stringifyResult: (result) => JSON.stringify(result),
    logger: log,
    plugins: [...nothingExtra],
  });
}

/** No reports to anybody, no traces in answers, no page: 0003-execution.md. */
const nothingExtra: readonly ApolloServerPlugin[] = [
  ApolloServerPluginUsageReportingDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
  ApolloServerPluginInlineTraceDisabled(),
  ApolloServerPluginCacheControlDisabled(),
  ApolloServerPluginLandingPageDisabled(),
];

/** Apollo's door to another executor than that of graphql-js. */
function gatewayOf({ schema, execute }: Engine, log: Logger): ApolloServerOptionsWithGateway<BaseContext>['gateway'] {
  return {
    load: async () => ({
      executor: async ({ document, request, operation, context }) => {
        if (operation?.operation === OperationTypeNode.SUBSCRIPTION) return { errors: [overWebSockets()] };
        const { operationName, variables: variableValues } = request;
        const result = await execute({ document, operationName, variableValues, contextValue: context });
        return result.errors ? presentErrors(result, context as Asking, log) : result;
      },
    }),
    onSchemaLoadOrUpdate: (callback) => {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    stop: async () => undefined,
  };
}

const overWebSockets = (): GraphQLError =>
  new GraphQLError('Subscriptions run over WebSockets at this address; the subprotocol is graphql-transport-ws.', {
    extensions: { code: 'BAD_USER_INPUT' },
  });

function presentErrors(result: ExecutionResult, { viewer }: Asking, log: Logger): ExecutionResult {
  const { requestId } = viewer.origin;
  const errors = result.errors?.map((error) => {
    const presented = presentError(error, requestId);
    if (isInternal(presented))
      log.error({ err: error.originalError ?? error, requestId, path: error.path?.join('.') }, 'resolver failed');
    return presented;
  });
  return errors ? { ...result, errors } : result;
}

interface Mounted {
  readonly apollo: ApolloServer<BaseContext>;
  readonly options: GraphqlOptions;
}

async function answer(
  { apollo, options }: Mounted,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const operation = new AbortController();
  const unfit: { failure?: unknown } = {};
  const context = async (): Promise<Asking> => {
    try {
      return await options.contextFor(request, operation.signal);
    } catch (failure) {
      unfit.failure = failure;
      throw failure;
    }
  };
  const httpGraphQLRequest = { method: request.method, headers: headersOf(request), search: '', body: request.body };
  const answered = apollo.executeHTTPGraphQLRequest({ httpGraphQLRequest, context });
  const { status, headers, body } = await inTime(answered, operation, options.deadlineMs ?? deadlineMs);
  if (unfit.failure !== undefined) throw unfit.failure;
  if (body.kind !== 'complete') throw new Error('an answer in parts, though nothing here makes one');
  for (const [name, value] of headers) reply.header(name, value);
  return reply
    .code(status ?? 200)
    .header('cache-control', 'no-store')
    .send(body.string);
}

function headersOf({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return map;
}

/** What still runs is told by the signal; its result is for nobody. */
function inTime<T>(work: Promise<T>, operation: AbortController, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const failure = new Failure(
        'UNAVAILABLE',
        `The operation took longer than ${milliseconds / 1_000} s and was given up.`,
      );
      operation.abort(failure);
      reject(failure);
    }, milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
