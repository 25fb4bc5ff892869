// Apollo Server 5 as the way in: it takes a request apart, refuses what is no GraphQL over HTTP or what a web page could
// forge, parses, and chooses the media type. Our engine validates and executes, through the door meant for gateways.
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
import { presentError, presentRefusal } from '../schema/format-error.js';
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
  return {
    gateway: gatewayOf(engine, run),
    // Documents are kept by the engine, once it found them valid.
    documentStore: null,
    parseOptions: engine.parseOptions,
    // For the engine to do, as it does for sockets. Apollo would log a document in which graphql-js stumbles, with all that
    // was typed into it, as a fault of ours.
    dangerouslyDisableValidation: true,
    introspection: true,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    formatError: presentRefusal,
    stringifyResult: (result) => JSON.stringify(result),
    logger: quietly(log),
    plugins: [...nothingExtra, { unexpectedErrorProcessingRequest: async ({ error }) => tell(log, error) }],
  };
}

/** Apollo's own errors repeat the text of what failed, and with it whatever was sent: `tell` logs them without. */
const quietly = (log: Logger) => ({
  debug: (text?: string) => log.debug(text),
  info: (text?: string) => log.info(text),
  warn: (text?: string) => log.warn(text),
  error: () => undefined,
});

const tell = (log: Logger, error: Error): void => log.error({ err: error }, 'Apollo failed');

/** No reports to anybody, no traces in answers, no page. */
const nothingExtra: readonly ApolloServerPlugin[] = [
  ApolloServerPluginUsageReportingDisabled(),
  ApolloServerPluginSchemaReportingDisabled(),
  ApolloServerPluginInlineTraceDisabled(),
  ApolloServerPluginCacheControlDisabled(),
  ApolloServerPluginLandingPageDisabled(),
];

function gatewayOf(engine: Engine, run: RunOperation): ApolloServerOptionsWithGateway<BaseContext>['gateway'] {
  return {
    load: async () => ({
      executor: async ({ document, request, context }) => {
        const contextValue = context as Asking;
        const errors = engine.validate(document);
        if (errors.length > 0) {
          const { requestId } = contextValue.viewer.origin;
          return { errors: errors.map((error) => presentError(error, requestId)) };
        }
        const { operationName, variables: variableValues } = request;
        return run({ document, operationName, variableValues, contextValue });
      },
    }),
    onSchemaLoadOrUpdate: (callback) => {
      callback({ apiSchema: engine.schema, coreSupergraphSdl: '' });
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
