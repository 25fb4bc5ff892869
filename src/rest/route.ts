// Declares a REST route: who may, what comes in, one service call, what goes out. Policies, limits and the rule about
// one-time passwords are asked by the server before the handler; services check the body, lists page by Link headers.
import type { FastifyContextConfig, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Viewer } from '../auth/viewer.js';
import { parseInput } from '../domain/input.js';
import type { Services } from '../domain/services.js';
import { badInput } from '../shared/errors.js';
import { locationHeader, type Operation } from './operation.js';
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
  readonly response: R;
  readonly run: (services: Services, incoming: Incoming<P, Q, B>) => Promise<z.output<R>>;
}

/** What creates tells where it is found. */
type Outcome<R extends z.ZodType> =
  | { readonly status: 200; readonly location?: never }
  | { readonly status: 201; readonly location: (result: z.output<R>) => string };

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
>(declaration: OneDeclaration<P, Q, B, R> & Outcome<R>): RestRoute {
  const { run, response, status, location, says, ...operation } = declaration;
  const headers = location ? { headers: locationHeader } : {};
  return {
    operation: { ...operation, answers: [{ status, description: says, schema: response, ...headers }] },
    handle: async (unit, request, reply) => {
      const incoming = read(declaration, request);
      const result = await unit(request.viewer, (services) => run(services, incoming));
      if (location) reply.header('location', location(result));
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
      answers: [{ status: 200, description: says, schema: items, headers: linkHeader }],
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

const linkHeader = {
  Link: { description: '`rel="next"`: the address of the next page, while there is one.', schema: { type: 'string' } },
} as const;

export function mountRoutes(server: FastifyInstance, routes: readonly RestRoute[], unit: RunUnit): void {
  answerPreflights(server, routes);
  for (const { operation, handle, config } of routes) {
    server.route({
      method: operation.method,
      url: urlOf(operation),
      config: { ...config, policy: operation.signed ? 'open' : operation.policy },
      handler: (request, reply) => {
        if (!operation.lenient) refuseUnknown(operation, request);
        return handle(telling(unit, reply), request, reply);
      },
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

/** Of what is answered, an answer or a failure, whether it is a repetition. */
function telling(unit: RunUnit, reply: FastifyReply): RunUnit {
  return (viewer, work) =>
    unit(viewer, async (services) => {
      try {
        return await work(services);
      } finally {
        if (services.work.isRepeated) reply.header('idempotency-replayed', 'true');
      }
    });
}

export function idempotencyKeyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  return typeof key === 'string' ? key : undefined;
}

/** Here for all routes, so that none can forget it. A body that a route takes is refused by its own schema, in the service. */
function refuseUnknown({ method, query = nothing, body, idempotent }: Operation, request: FastifyRequest): void {
  if (Object.keys(request.query as object).some((name) => !Object.hasOwn(query.shape, name)))
    parseInput(query.strict(), request.query);
  if (!body) parseInput(nothing.nullish(), request.body);
  if (method !== 'GET' && !idempotent && idempotencyKeyOf(request) !== undefined)
    throw badInput('Idempotency-Key', 'UNSUPPORTED', 'this route does not honour it; leave the header out');
}

const nothing = z.strictObject({});

function read<P extends z.ZodObject | undefined, Q extends z.ZodObject | undefined, B extends z.ZodType | undefined>(
  { params, query, idempotent }: Declaration<P, Q, B>,
  request: FastifyRequest,
): Incoming<P, Q, B> {
  return {
    params: (params && parseInput(params, request.params)) as Output<P>,
    query: (query && parseInput(query, request.query)) as Output<Q>,
    body: request.body as Input<B>,
    idempotencyKey: idempotent && idempotencyKeyOf(request),
  };
}
