// The role web: GraphQL over HTTP and WebSockets, REST, and the pages, all on one port.
import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { GraphQLError, GraphQLFormattedError } from 'graphql';
import type { App } from '../app.js';
import type { Origin, Viewer } from '../auth/viewer.js';
import type { GraphqlContext } from '../resolvers/context.js';
import { Loaders } from '../resolvers/loaders.js';
import { mountRest } from '../rest/mount.js';
import { presentError } from '../schema/format-error.js';
import { crossings, equalForEqualRights, openBeforePasswordChange, rootFields } from '../schema/permissions.js';
import { demandRootField, type Guards, guardSchema } from '../schema/shield.js';
import { createCallerFinder } from '../server/client-address.js';
import { createEngine, type Engine } from '../server/engine.js';
import { mountGraphql } from '../server/graphql.js';
import { type LandingLink, landingLinks, mountLanding, simulatorLink } from '../server/landing.js';
import { simulatorPages } from '../server/local-world.js';
import { allowedOrigins } from '../server/origins.js';
import { mountPlayground } from '../server/playground.js';
import { productSchema } from '../server/product-schema.js';
import { prepareSubscription } from '../server/subscription-documents.js';
import { SocketDoor } from '../server/ws.js';
import { logLevelOf, toFailure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import type { WebRole } from './role.js';

export async function webRole(app: App): Promise<WebRole> {
  const { config, extension, log, parts } = app;
  const guards: Guards = {
    rootFields: { ...rootFields, ...extension.rootFields },
    crossings,
    openBeforePasswordChange,
  };
  const schema = await productSchema(extension.resolvers);
  guardSchema(schema, guards);
  const production = config.NODE_ENV === 'production';
  const engine = createEngine({
    schema,
    production,
    maxDepth: config.GRAPHQL_MAX_DEPTH,
    maxCost: config.GRAPHQL_MAX_COST,
  });
  const door = socketDoor(app, engine, guards);
  parts.metrics.watch({
    name: 'sockets',
    help: 'WebSockets here and what waits in them.',
    read: () => ({ ...door.stats() }),
  });
  return {
    async mount(server) {
      await mountGraphql(server, {
        engine,
        log,
        metrics: parts.metrics,
        tracing: parts.tracing,
        contextFor: (request: FastifyRequest, signal) => contextOf(app, request.viewer, signal),
      });
      if (!production) mountPlayground(server);
      await mountRest(server, {
        unit: (viewer, work) => app.unit(viewer, work),
        version: parts.facts.version,
        publicUrl: config.PUBLIC_URL,
      });
      mountLanding(server, production ? [landingLinks.docs, landingLinks.leadForm] : developmentLinks(app));
    },
    listening: (server) => door.attach(server.server),
    drain: (withinMs) => door.close(withinMs),
  };
}

const developmentLinks = ({ config, localWorld }: App): LandingLink[] => [
  ...Object.values(landingLinks),
  ...simulatorPages(config, localWorld).map(simulatorLink),
];

function socketDoor(app: App, engine: Engine, guards: Guards): SocketDoor {
  const { config, extension, log, parts } = app;
  const findCaller = createCallerFinder(config.TRUSTED_PROXIES);
  return new SocketDoor({
    log,
    limits: { perAddress: config.WS_PER_ADDRESS, perUser: config.WS_PER_USER, operations: config.WS_OPERATIONS },
    origins: allowedOrigins(config),
    equalForEqualRights: new Set([...equalForEqualRights, ...(extension.equalForEqualRights ?? [])]),
    originOf: (request) => ({ door: 'GRAPHQL', requestId: randomUUID(), ...findCaller(request) }),
    authenticate: (token, origin) => recogniseSocket(app, token, origin),
    admit: (viewer, length) => parts.limits.admit(viewer, length),
    recheck: (tokenIds) => parts.authenticator.recheck(tokenIds),
    turnsAway: (address) => parts.addressBlocks.turnsAway(address),
    authorise: (viewer, field) => demandRootField(viewer, `Subscription.${field}`, guards),
    contextFor: (viewer, signal) => contextOf(app, viewer, signal),
    format: (errors, { requestId }) => errors.map((error) => presentSocketError(error, { requestId, log })),
    prepare: (request, viewer) => prepareSubscription(engine, request, viewer),
  });
}

/** Who tries tokens out is stopped here as over HTTP, by the same count. */
async function recogniseSocket(
  { log, parts: { authenticator, limits } }: App,
  token: string | undefined,
  origin: Origin,
): Promise<Viewer> {
  if (token !== undefined) await limits.admitToken(origin.address);
  return authenticator.viewer(token, origin).catch(async (error: unknown) => {
    const { code } = toFailure(error);
    if (code === 'UNAUTHENTICATED') await limits.tokenRefused(origin.address);
    if (code === 'UNAVAILABLE')
      log.warn({ err: error, requestId: origin.requestId }, 'the caller of a socket was not looked up');
    throw error;
  });
}

interface Telling {
  readonly requestId: string;
  readonly log: Logger;
}

function presentSocketError(error: GraphQLError, { requestId, log }: Telling): GraphQLFormattedError {
  const presented = presentError(error, requestId);
  const level = logLevelOf(presented.extensions.code);
  if (level !== 'debug') log[level]({ err: error.originalError ?? error, requestId }, 'subscription failed');
  return presented.toJSON();
}

/** Synchronous: what a unit of work gives out holds no connection until it is asked something. */
function contextOf(app: App, viewer: Viewer, signal: AbortSignal): GraphqlContext {
  const services = app.servicesFor(viewer);
  return { viewer, services, loaders: new Loaders(services), live: app.parts.live, signal };
}
