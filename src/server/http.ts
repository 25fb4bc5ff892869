// The HTTP server: builds Fastify, decides in which order a request is looked at, and mounts what it is given.
// Order: who calls → CORS → pressure → blocked addresses → limit by address → body size → token → limit by person → policy → the route.
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { getHeapStatistics } from 'node:v8';
import cors from '@fastify/cors';
import formbody from '@fastify/formbody';
import underPressure from '@fastify/under-pressure';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyRequest,
  fastify,
  LogController,
  type RouteOptions,
} from 'fastify';
import { bearerToken } from '../auth/authenticate.js';
import { demand, demandOwnPassword, type PolicyName, policies } from '../auth/policies.js';
import { nobody, type Origin, type Viewer } from '../auth/viewer.js';
import type { Config } from '../config.js';
import type { Door } from '../entities/account.enums.js';
import { type PresentFailure, toProblem } from '../rest/problem.js';
import { Failure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { type Caller, type CallerFinder, createCallerFinder } from './client-address.js';
import { handleFailures, sendFailure, toHttpFailure, whereOf } from './failures.js';
import { createLegacyOpen } from './legacy-open.js';
import type { RequestLimits } from './limits.js';
import type { Metrics } from './metrics.js';
import { allowedOrigins, isLoopback } from './origins.js';
import type { Tracing } from './telemetry.js';
import { asksForWebSocket } from './ws.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller;
    /** Set before the route runs; nobody on routes that are anonymous. */
    viewer: Viewer;
  }
  interface FastifyContextConfig {
    /** The row of the policy table. A route without one keeps the server from starting. */
    policy?: PolicyName;
    /** Nobody is looked up: signing in, health, documents. */
    anonymous?: true;
    /** Open to somebody who still has to change a one-time password. */
    beforePasswordChange?: true;
    /** Not counted by the limits, and answered under pressure: probes. */
    unlimited?: true;
    /** Where the token may stand elsewhere than in the Authorization header; throws what is missing. */
    tokenOf?: (request: FastifyRequest, bearer: string | undefined) => string;
    /** No token is asked of callers that LEGACY_OPEN names. */
    legacyOpen?: true;
    /** Closed to pages of other ports of loopback, where CORS_ORIGINS does not name them. */
    sameOrigin?: true;
    /** A multipart body is read as it comes, and may take as long as an upload does. */
    streamed?: true;
    door?: Door;
    presentFailure?: PresentFailure;
  }
}

export interface HttpOptions {
  readonly config: Partial<
    Pick<Config, 'NODE_ENV' | 'TRUSTED_PROXIES' | 'CORS_ORIGINS' | 'PUBLIC_URL' | 'LEGACY_OPEN'>
  >;
  readonly log: Logger;
  /** The level of the lines that tell of requests; info where it is left out. */
  readonly accessLog?: 'info' | 'debug';
  readonly limits: RequestLimits;
  readonly metrics: Metrics;
  readonly tracing?: Tracing | undefined;
  /** False while the database is waited for: all but probes is told to come back. */
  readonly isOpen?: () => boolean;
  /** Whether this address is blocked; it counts who asks. */
  readonly turnsAway?: (address: string) => boolean;
  readonly authenticate: (token: string | undefined, origin: Origin) => Promise<Viewer>;
  readonly mounts: readonly ((server: FastifyInstance) => void | Promise<void>)[];
  readonly patience?: Partial<HttpPatience>;
}

/** Milliseconds. */
export interface HttpPatience {
  /** How long headers may take to arrive. */
  readonly headers: number;
  /** How long a body may take that is not streamed. */
  readonly body: number;
  /** How far the event loop may lag on average over a second before requests are turned away. */
  readonly lag: number;
}

const jsonBodyLimit = 256 * 1_024;

const httpPatience: HttpPatience = { headers: 10_000, body: 30_000, lag: 250 };
/** An upload that is streamed may take this long. */
const streamTimeout = 600_000;

export async function createHttpServer(options: HttpOptions): Promise<FastifyInstance> {
  const { config, log, metrics } = options;
  const patience = { ...httpPatience, ...options.patience };
  const findCaller = createCallerFinder(config.TRUSTED_PROXIES);
  const server = createFastify({ config, log, findCaller, patience });
  const routes: RouteOptions[] = [];
  server.addHook('onRoute', (route) => void routes.push(route));
  handleFailures(server);
  options.tracing?.traceRequests(server);
  introduce(server, findCaller, config);
  metrics.timeRequests(server);
  logRequests(server, options);
  await mountCors(server, config);
  await shedLoad(server, patience.lag);
  openLate(server, options.isOpen ?? (() => true));
  admitAddresses(server, options);
  await server.register(formbody, { bodyLimit: jsonBodyLimit });
  server.removeContentTypeParser('text/plain');
  limitBodies(server, patience.body);
  recogniseViewers(server, options);
  for (const mount of options.mounts) {
    const plugin: FastifyPluginAsync = async (scope) => mount(scope);
    await server.register(plugin);
  }
  await server.ready();
  // Only now: a plugin's own hooks may have had a say after ours.
  const open = routes.filter(
    ({ method, config }) => method !== 'OPTIONS' && !Object.hasOwn(policies, config?.policy ?? ''),
  );
  if (open.length > 0)
    throw new Error(`routes without a policy: ${open.map(({ method, url }) => `${method} ${url}`).join(', ')}`);
  return server;
}

function openLate(server: FastifyInstance, isOpen: () => boolean): void {
  server.addHook('onRequest', (request, _reply, done) => {
    if (isOpen() || request.routeOptions.config.unlimited) done();
    else done(new Failure('UNAVAILABLE', 'The server is starting; try again.', { retryAfter: 2 }));
  });
}

interface Basics extends Pick<HttpOptions, 'config' | 'log'> {
  readonly findCaller: CallerFinder;
  readonly patience: HttpPatience;
}

function createFastify({ config, log, findCaller, patience }: Basics): FastifyInstance {
  const loggerInstance: FastifyBaseLogger = log.child({}, { serializers: { req: whereOf } });
  return fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request) => requestIdOf(request, findCaller),
    trustProxy: config.TRUSTED_PROXIES ?? false,
    bodyLimit: jsonBodyLimit,
    requestTimeout: streamTimeout,
    http: {
      headersTimeout: patience.headers,
      connectionsCheckingInterval: patience.headers / 5,
      shouldUpgradeCallback: asksForWebSocket,
    },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => sendFailure(request, reply, toHttpFailure(error)),
    clientErrorHandler: refuseUnreadable,
  });
}

/** Somebody else's id is taken over only where one of our own proxies gave it. */
function requestIdOf(request: IncomingMessage, findCaller: CallerFinder): string {
  const given = request.headers['x-request-id'];
  const sane = typeof given === 'string' && /^[\w.:-]{8,128}$/.test(given);
  return sane && findCaller(request).viaTrustedProxy ? given : randomUUID();
}

function introduce(server: FastifyInstance, findCaller: CallerFinder, { PUBLIC_URL }: HttpOptions['config']): void {
  const headers = { ...securityHeaders, ...(PUBLIC_URL?.startsWith('https:') ? strictTransport : {}) };
  server.decorateRequest('caller');
  server.decorateRequest('viewer');
  server.addHook('onRequest', (request, reply, done) => {
    request.caller = findCaller(request.raw);
    reply.headers(headers).header('x-request-id', request.id);
    done();
  });
}

/** For answers that are data; pages bring their own content security policy. */
const securityHeaders = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const strictTransport = { 'strict-transport-security': 'max-age=31536000' };

/** Without credentials: whoever asks brings a token, and no cookie is read. */
async function mountCors(server: FastifyInstance, config: HttpOptions['config']): Promise<void> {
  const { named, loopback } = allowedOrigins(config);
  const origins = [...named];
  // An option of the plugin that its types do not declare. It costs less than a delegator, which runs for each request.
  server.addHook('onRoute', (route) => {
    if (route.config?.sameOrigin) Object.assign(route.config, { cors: { origin: origins } });
  });
  await server.register(cors, {
    origin: loopback ? (origin, done) => done(null, isLoopback(origin ?? '') || origins) : origins,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders: ['Idempotency-Replayed', 'Link', 'Location', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
    maxAge: 600,
    strictPreflight: false,
  });
}

async function shedLoad(server: FastifyInstance, maxEventLoopDelay: number): Promise<void> {
  await server.register(underPressure, {
    maxEventLoopDelay,
    maxHeapUsedBytes: Math.floor(getHeapStatistics().heap_size_limit * 0.9),
    pressureHandler: (request, ...[, , value]) => {
      // Infinity: the loop stood still for so long that nothing was measured; the next second tells.
      if (request.routeOptions.config.unlimited || value === Number.POSITIVE_INFINITY) return;
      throw new Failure('UNAVAILABLE', 'Too much is asked at this moment; try again.', { retryAfter: 2 });
    },
  });
}

function admitAddresses(server: FastifyInstance, { limits, turnsAway }: HttpOptions): void {
  server.addHook('onRequest', async (request) => {
    const { config } = request.routeOptions;
    if (config.unlimited) return;
    const { address } = request.caller;
    // Before anything is counted, and before a token is looked at.
    if (turnsAway?.(address)) throw new Failure('FORBIDDEN', blockedText, { reasons: ['ADDRESS_BLOCKED'] });
    const brings = bearerOf(request) !== undefined || config.tokenOf !== undefined;
    const recognisable = brings && !config.anonymous && !request.is404;
    await (recognisable ? limits.admitToken(address) : limits.admitAddress(address, lengthOf(request)));
  });
}

/** Bytes of the body. A chunked body does not declare its length and counts as the longest that is allowed. */
function lengthOf({ headers }: FastifyRequest): number {
  const { 'content-length': length = 0, 'transfer-encoding': coding } = headers;
  return coding === undefined ? Math.min(Number(length), jsonBodyLimit) : jsonBodyLimit;
}

const blockedText = 'This address is blocked. Ask whoever runs this server to open it again.';

/** A body that drips in must not hold a connection for as long as an upload may. */
function limitBodies(server: FastifyInstance, milliseconds: number): void {
  server.addHook('preParsing', async ({ raw, headers, routeOptions }, _reply, payload) => {
    if (!routeOptions.config.streamed || !headers['content-type']?.startsWith('multipart/')) {
      const timer = setTimeout(() => raw.destroy(), milliseconds).unref();
      payload.once('close', () => clearTimeout(timer));
    }
    return payload;
  });
}

function recogniseViewers(server: FastifyInstance, { config, limits, authenticate }: HttpOptions): void {
  const isLegacyOpen = createLegacyOpen(config);
  server.addHook('preValidation', async (request) => {
    const { policy, anonymous, beforePasswordChange, legacyOpen } = request.routeOptions.config;
    if (policy === undefined) return;
    if (anonymous) {
      request.viewer = { identity: nobody, origin: originOf(request) };
      return;
    }
    const token = await tokenIn(request, limits);
    request.viewer = await authenticate(token, originOf(request)).catch(async (error: unknown) => {
      if (error instanceof Failure && error.code === 'UNAUTHENTICATED')
        await limits.tokenRefused(request.caller.address, lengthOf(request));
      throw error;
    });
    await limits.admitViewer(request.viewer);
    if (legacyOpen && request.viewer.identity.kind === 'nobody' && isLegacyOpen(request)) return;
    demand(request.viewer, policy);
    if (!beforePasswordChange) demandOwnPassword(request.viewer);
  });
}

/** Who brings none where the body was to bring it is counted by address, late. */
async function tokenIn(request: FastifyRequest, limits: RequestLimits): Promise<string | undefined> {
  const bearer = bearerOf(request);
  const { tokenOf } = request.routeOptions.config;
  if (!tokenOf) return bearer;
  try {
    return tokenOf(request, bearer);
  } catch (error) {
    await limits.admitAddress(request.caller.address, lengthOf(request));
    throw error;
  }
}

const bearerOf = ({ headers }: FastifyRequest): string | undefined => bearerToken(headers.authorization ?? '');

function originOf({ caller, id, routeOptions }: FastifyRequest): Origin {
  return {
    door: routeOptions.config.door ?? 'REST',
    address: caller.address,
    loopback: caller.loopback,
    requestId: id,
  };
}

/** One line for each request: patterns, statuses and times, never an address, a path or a header. */
function logRequests(server: FastifyInstance, { log, accessLog = 'info' }: HttpOptions): void {
  server.addHook('onResponse', (request, reply, done) => {
    const level = request.routeOptions.config.unlimited ? 'debug' : accessLog;
    if (log.isLevelEnabled(level)) {
      const line = { ...whereOf(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime) };
      request.log[level](line, 'request');
    }
    done();
  });
}

/** What node could not read as HTTP has no request and no route. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const failure = new Failure('BAD_USER_INPUT', 'The request could not be read as HTTP.');
  const body = JSON.stringify(toProblem(failure, { status, requestId: randomUUID() }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/problem+json; charset=utf-8',
  ];
  socket.end([...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'));
}
