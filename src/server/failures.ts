// Every error that ends an HTTP request, in the shape of the door that it came in by: problem+json unless the route
// brings its own. Nothing of what was sent is repeated, and the stack stays in the log.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type PresentFailure, presentProblem } from '../rest/problem.js';
import { errorCodes, Failure, isError, logLevelOf, toFailure } from '../shared/errors.js';

/** A body that is refused is read to its end up to here, so that the connection can be used again. */
const drainUpTo = 1_048_576;

export interface HttpFailure {
  readonly failure: Failure;
  readonly status: number;
}

export const presentGraphqlFailure: PresentFailure = (failure, { requestId }) => {
  const { code, message, fields, reasons, retryAfter } = failure;
  const extensions = { code, fields, reasons, retryAfter, requestId };
  const body = { errors: [{ message: code === 'INTERNAL' ? errorCodes.INTERNAL.meaning : message, extensions }] };
  return { contentType: 'application/json; charset=utf-8', body };
};

/** What Fastify itself refuses, in our words; 405, 408, 413, 414, 415 and 431 are bad input with a status of their own. */
export function toHttpFailure(error: unknown): HttpFailure {
  const status = error instanceof Failure ? undefined : clientStatus(error);
  if (status === undefined) {
    const failure = toFailure(error);
    return { failure, status: failure.httpStatus ?? errorCodes[failure.code].httpStatus };
  }
  const message = clientFaults[status] ?? 'The request could not be read.';
  return { failure: new Failure('BAD_USER_INPUT', message, { cause: error }), status };
}

export function handleFailures(server: FastifyInstance): void {
  const methodsFor = collectMethods(server);
  const refuseUnmatched = (request: FastifyRequest, reply: FastifyReply) => {
    const allowed = methodsFor(request.url.split('?')[0] ?? '/');
    if (allowed.length === 0) {
      return sendFailure(request, reply, {
        failure: new Failure('NOT_FOUND', 'There is nothing at this address.'),
        status: 404,
      });
    }
    reply.header('allow', allowed.join(', '));
    return sendFailure(request, reply, {
      failure: new Failure('BAD_USER_INPUT', clientFaults[405] ?? ''),
      status: 405,
    });
  };
  server.setNotFoundHandler(refuseUnmatched);
  server.setErrorHandler((error: FastifyError | Error, request, reply) => {
    // Fastify reads the body first: what is wrong with one that no route takes is told to nobody.
    if (request.is404 && !(error instanceof Failure) && clientStatus(error) !== undefined) {
      keepConnection(request, reply);
      return refuseUnmatched(request, reply);
    }
    const told = toHttpFailure(error);
    const { code } = told.failure;
    request.log[logLevelOf(code)]({ err: error, code, ...whereOf(request) }, 'request failed');
    keepConnection(request, reply);
    return sendFailure(request, reply, told);
  });
}

export function sendFailure(
  request: FastifyRequest,
  reply: FastifyReply,
  { failure, status }: HttpFailure,
): FastifyReply {
  const present = request.routeOptions.config.presentFailure ?? presentProblem;
  const { headers, body } = request;
  const answer = present(failure, { status, requestId: request.id, headers, body });
  if (failure.retryAfter !== undefined) reply.header('retry-after', String(Math.max(1, Math.ceil(failure.retryAfter))));
  if (failure.code === 'UNAUTHENTICATED' && !reply.hasHeader('www-authenticate')) {
    reply.header(
      'www-authenticate',
      request.headers.authorization ? 'Bearer error="invalid_token"' : 'Bearer realm="switchboard"',
    );
  }
  // A string: what the route declared about its answers is not asked about its failures.
  return reply
    .code(answer.status ?? status)
    .headers({ ...answer.headers, 'cache-control': 'no-store' })
    .type(answer.contentType)
    .serializer((text: string) => text)
    .send(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
}

/** By its pattern, because the path itself may carry a number or an address of somebody. */
export const whereOf = (request: FastifyRequest): { method: string; route: string } => ({
  method: request.method,
  route: request.routeOptions.url ?? '(none)',
});

const clientFaults: Readonly<Record<number, string>> = {
  405: 'This address does not answer to that method; the Allow header says to which.',
  408: 'The request took too long to arrive.',
  413: 'The body is too large.',
  414: 'The address is too long.',
  415: 'This media type is not understood here; send application/json.',
  431: 'The headers are too large.',
};

/** Fastify's own errors and body-parser errors carry a 4xx; everything else is ours. */
function clientStatus(error: unknown): number | undefined {
  if (!isError(error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

/** Fastify closes after every body that it could not read; small ones are no reason to. */
function keepConnection({ headers }: FastifyRequest, reply: FastifyReply): void {
  const length = Number(headers['content-length']);
  if (reply.getHeader('connection') === 'close' && length <= drainUpTo) reply.removeHeader('connection');
}

function collectMethods(server: FastifyInstance): (path: string) => string[] {
  const routes: { pattern: RegExp; method: string }[] = [];
  server.addHook('onRoute', ({ url, method }) => {
    const source = url
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\/:[^/]+/g, '/[^/]+')
      .replaceAll('*', '.*');
    const pattern = new RegExp(`^${source.replace(/\/$/, '')}/?$`);
    for (const one of [method].flat()) if (one !== 'OPTIONS') routes.push({ pattern, method: one });
  });
  return (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))].sort();
}
