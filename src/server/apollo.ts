// Apollo Server 5 as the way in: it takes a request apart, refuses what is no GraphQL over HTTP or what a web page could
// forge, parses, validates, and chooses the media type. Our engine executes, through the door meant for gateways.
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
import type { FastifyRequest } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import { presentRefusal } from '../schema/format-error.js';
import type { Logger } from '../shared/logger.js';
import type { Asking, Engine } from './engine.js';
import type { RunOperation } from './http-operation.js';

export interface ApolloOptions {
  readonly engine: Engine;
  readonly log: Logger;
  readonly run: RunOperation;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Fragments within fragments multiply: 450 tokens can ask for millions of fields. */
const maxSelections = 10_000;

export class ApolloDoor {
  readonly #server: ApolloServer<BaseContext>;

  constructor(options: ApolloOptions) {
    this.#server = new ApolloServer<BaseContext>(settings(options));
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  /** What keeps the context from being made is thrown, not told by Apollo: other doors have the same failures. */
  async answer(request: FastifyRequest, contextFor: () => Asking | Promise<Asking>): Promise<HttpAnswer> {
    const unfit: { failure?: unknown } = {};
    const { status, headers, body } = await this.#server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: request.method, headers: headersOf(request), search: '', body: request.body },
      context: async () => {
        try {
          return await contextFor();
        } catch (failure) {
          unfit.failure = failure;
          throw failure;
        }
      },
    });
    if (unfit.failure !== undefined) throw unfit.failure;
    if (body.kind !== 'complete') throw new Error('an answer in parts, though nothing here makes one');
    return { status: status ?? 200, headers, text: body.string };
  }
}

function settings({ engine, log, run }: ApolloOptions): ApolloServerOptionsWithGateway<BaseContext> {
  const { documents, parseOptions, rules, schema, validationOptions } = engine;
  return {
    gateway: gatewayOf(schema, run),
    documentStore: {
      // By their text, which Apollo does not tell: what it found valid once, shortcut.ts finds.
      get: async () => undefined,
      set: async (_hash, document) => void documents.set(document.loc?.source.body ?? '', document),
      delete: async () => undefined,
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
  };
}

/** No reports to anybody, no traces in answers, no page. */
const nothingExtra: readonly ApolloServerPlugin[] = [
  ApolloServerPluginUsageReportingDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
  ApolloServerPluginInlineTraceDisabled(),
  ApolloServerPluginCacheControlDisabled(),
  ApolloServerPluginLandingPageDisabled(),
];

function gatewayOf(schema: GraphQLSchema, run: RunOperation): ApolloServerOptionsWithGateway<BaseContext>['gateway'] {
  return {
    load: async () => ({
      executor: ({ document, request, context }) =>
        run({
          document,
          operationName: request.operationName,
          variableValues: request.variables,
          contextValue: context as Asking,
        }),
    }),
    onSchemaLoadOrUpdate: (callback) => {
      callback({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    stop: async () => undefined,
  };
}

function headersOf({ headers }: FastifyRequest): HeaderMap {
  const map = new HeaderMap();
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) map.set(name, typeof value === 'string' ? value : value.join(', '));
  }
  return map;
}
