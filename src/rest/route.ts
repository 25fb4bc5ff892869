// Declares a REST route: who may, what comes in, one service call, what goes out. Policies, limits and the rule about
// one-time passwords are asked by the server before the handler; services check the body, lists page by Link headers.
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Viewer } from '../auth/viewer.js';
import { parseInput } from '../domain/input.js';
import type { Services } from '../domain/services.js';
import type { Operation } from './operation.js';
import { type ListPage, linkToNext, type pageQuery } from './page.js';

export type RunUnit = <T>(viewer: Viewer, work: (services: Services) => Promise<T>) => Promise<T>;

export interface RestRoute {
  readonly operation: Operation;
  /** What the server has to know of it beside its policy. */
  readonly config?: FastifyContextConfig;
  readonly handle: (unit: RunUnit, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

type Output<S extends z.ZodType | undefined> = S extends z.ZodType ? z.output<S> : undefined;
type Input<S extends z.ZodType | undefined> = S extends z.ZodType ? z.input<S> : undefined;

export interface Incoming<
  P extends z.ZodObject | undefined,
  Q extends z.ZodObject | undefined,
  B extends z.ZodType | undefined,
> {
  readonly params: Output<P>;
  readonly query: Output<Q>;
  /** As it came: the service parses it, so that every door has the same rules. */
  readonly body: Input<B>;
  readonly idempotencyKey: string | undefined;
}

interface Declaration<
  P extends z.ZodObject | undefined,
  Q extends z.ZodObject | undefined,
  B extends z.ZodType | undefined,
> extends Omit<Operation, 'answers' | 'params' | 'query' | 'body' | 'failure'> {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly says: string;
}

interface OneDeclaration<
  P extends z.ZodObject | undefined,
  Q extends z.ZodObject | undefined,
  B extends z.ZodType | undefined,
  R extends z.ZodType,
> extends Declaration<P, Q, B> {
  readonly status: 200 | 201 | 202;
  readonly response: R;
  readonly run: (services: Services, incoming: Incoming<P, Q, B>) => Promise<z.output<R>>;
}

interface EmptyDeclaration<P extends z.ZodObject | undefined> extends Declaration<P, undefined, undefined> {
  readonly run: (services: Services, incoming: Incoming<P, undefined, undefined>) => Promise<unknown>;
}

interface ListDeclaration<P extends z.ZodObject | undefined, Q extends z.ZodObject, R extends z.ZodType>
  extends Declaration<P, Q, undefined> {
  readonly query: Q;
  readonly item: R;
  readonly run: (services: Services, incoming: Incoming<P, Q, undefined>) => Promise<ListPage<z.output<R>>>;
}

/** Answers with one thing. */
export function one<
  R extends z.ZodType,
  P extends z.ZodObject | undefined = undefined,
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
>(declaration: OneDeclaration<P, Q, B, R>): RestRoute {
  const { run, response, status, says, ...operation } = declaration;
  return {
    operation: { ...operation, answers: [{ status, description: says, schema: response }] },
    handle: async (unit, request, reply) => {
      const incoming = read(declaration, request);
      const result = await unit(request.viewer, (services) => run(services, incoming));
      return reply.code(status).send(z.encode(response, result));
    },
  };
}

/** Answers 204. */
export function none<P extends z.ZodObject | undefined = undefined>(declaration: EmptyDeclaration<P>): RestRoute {
  const { run, says, ...operation } = declaration;
  return {
    operation: { ...operation, answers: [{ status: 204, description: says }] },
    handle: async (unit, request, reply) => {
      const incoming = read<P, undefined, undefined>(declaration, request);
      await unit(request.viewer, (services) => run(services, incoming));
      return reply.code(204).send();
    },
  };
}

/** Answers with an array and, while there is more, with the address of the next page. */
export function list<Q extends typeof pageQuery, R extends z.ZodType, P extends z.ZodObject | undefined = undefined>(
  declaration: ListDeclaration<P, Q, R>,
): RestRoute {
  const { run, item, says, ...operation } = declaration;
  const items = z.array(item);
  return {
    operation: {
      ...operation,
      method: 'GET',
      answers: [{ status: 200, description: `${says} \`Link: rel="next"\` leads to the next page.`, schema: items }],
    },
    handle: async (unit, request, reply) => {
      const incoming = read<P, Q, undefined>(declaration, request);
      const page = await unit(request.viewer, (services) => run(services, incoming));
      const next = linkToNext(request.url, page);
      if (next) reply.header('link', next);
      return reply.send(z.encode(items, page.nodes));
    },
  };
}

export function mountRoutes(server: FastifyInstance, routes: readonly RestRoute[], unit: RunUnit): void {
  answerPreflights(server, routes);
  for (const { operation, handle, config } of routes) {
    server.route({
      method: operation.method,
      url: urlOf(operation),
      config: { ...config, policy: operation.signed ? 'open' : operation.policy },
      handler: (request, reply) => handle(unit, request, reply),
    });
  }
}

const urlOf = ({ path }: Operation): string => path.replace(/\{(\w+)\}/g, ':$1');

/** @fastify/cors answers in its hook; the route is there to say that no page of another origin may ask. */
function answerPreflights(server: FastifyInstance, routes: readonly RestRoute[]): void {
  const own = routes.filter(({ config }) => config?.sameOrigin).map(({ operation }) => urlOf(operation));
  const config = { policy: 'open', anonymous: true, sameOrigin: true } as const;
  for (const url of new Set(own)) server.options(url, { config }, (_request, reply) => reply.code(204).send());
}

function read<P extends z.ZodObject | undefined, Q extends z.ZodObject | undefined, B extends z.ZodType | undefined>(
  { params, query, idempotent }: Declaration<P, Q, B>,
  request: FastifyRequest,
): Incoming<P, Q, B> {
  const key = request.headers['idempotency-key'];
  return {
    params: (params && parseInput(params, request.params)) as Output<P>,
    query: (query && parseInput(query, request.query)) as Output<Q>,
    body: request.body as Input<B>,
    idempotencyKey: idempotent && typeof key === 'string' ? key : undefined,
  };
}
