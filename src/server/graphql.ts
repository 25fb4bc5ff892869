// POST /graphql. Queries by GET are off: what they ask for would stand in the logs of every proxy.
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../shared/errors.js';
import { ApolloDoor, type HttpAnswer } from './apollo.js';
import type { Asking, Engine } from './engine.js';
import { presentGraphqlFailure } from './failures.js';
import { operationRunner, type Watchers } from './http-operation.js';
import { Shortcut } from './shortcut.js';

export interface GraphqlOptions extends Watchers {
  readonly engine: Engine;
  /** Plain properties only: Apollo hands a copy of it to the resolvers. */
  contextFor(request: FastifyRequest, signal: AbortSignal): Asking | Promise<Asking>;
  /** Of one operation, from the making of its context to the answer. */
  readonly deadlineMs?: number;
}

const deadlineMs = 10_000;

export async function mountGraphql(server: FastifyInstance, options: GraphqlOptions): Promise<void> {
  const { engine, log } = options;
  const run = operationRunner(engine, options);
  const apollo = new ApolloDoor({ engine, log, run });
  await apollo.start();
  server.addHook('onClose', () => apollo.stop());
  const ways: Ways = { apollo, shortcut: new Shortcut(engine.documents, run), options };
  const config = {
    policy: 'open',
    door: 'GRAPHQL',
    beforePasswordChange: true,
    presentFailure: presentGraphqlFailure,
  } as const;
  const route: FastifyPluginAsync = async (scope) => {
    // For Apollo to refuse as what it is: a request that any web page could make a browser send. No other route reads it.
    scope.addContentTypeParser('text/plain', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.post('/graphql', { config }, (request, reply) => answer(ways, request, reply));
  };
  await server.register(route);
}

interface Ways {
  readonly apollo: ApolloDoor;
  readonly shortcut: Shortcut;
  readonly options: GraphqlOptions;
}

async function answer(ways: Ways, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const operation = new AbortController();
  const { status, headers, text } = await inTime(
    find(ways, request, operation.signal),
    operation,
    ways.options.deadlineMs ?? deadlineMs,
  );
  for (const [name, value] of headers) reply.header(name, value);
  return reply.code(status).header('cache-control', 'no-store').send(text);
}

async function find(
  { apollo, shortcut, options }: Ways,
  request: FastifyRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const known = shortcut.recall(request);
  if (known) return shortcut.answer(known, await options.contextFor(request, signal));
  const found = await apollo.answer(request, () => options.contextFor(request, signal));
  shortcut.learn(request, found);
  return found;
}

/** What still runs is told by the signal; its result is for nobody. */
function inTime<T>(work: Promise<T>, operation: AbortController, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const failure = new Failure(
        'UNAVAILABLE',
        `The operation took longer than ${milliseconds / 1_000} s and was given up.`,
        { retryAfter: 2 },
      );
      operation.abort(failure);
      reject(failure);
    }, milliseconds);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
