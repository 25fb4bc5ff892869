// What every process answers over HTTP: health for all, the product where the role web is played.
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { App } from '../app.js';
import { mountHealth, type ReadinessCheck } from './health.js';
import { createHttpServer } from './http.js';
import { linkTo, whyNotListening } from './listening.js';
import type { StopRequest } from './shutdown.js';

export interface Service {
  readonly url: string;
  /** Not ready at once, and still serving for `drainMs`; then sockets and requests end within the grace. */
  drain(request: StopRequest): Promise<void>;
}

export interface ServeOptions {
  /** How far the event loop may lag before requests are turned away. */
  readonly pressureMs?: number;
  /** The level of the lines that tell of requests. */
  readonly accessLog?: 'info' | 'debug';
}

export async function serve(app: App, { pressureMs, accessLog = 'info' }: ServeOptions = {}): Promise<Service> {
  const { config, log, parts } = app;
  const draining = new AbortController();
  const web = config.ROLES.includes('web') ? await (await import('../roles/web.js')).webRole(app) : undefined;
  const server = await createHttpServer({
    config,
    log,
    metrics: parts.metrics,
    tracing: parts.tracing,
    isOpen: () => app.isPrepared,
    accessLog,
    ...(pressureMs === undefined ? {} : { patience: { lag: pressureMs } }),
    limits: parts.limits,
    turnsAway: (address) => parts.addressBlocks.turnsAway(address),
    authenticate: (token, origin) => parts.authenticator.viewer(token, origin),
    mounts: [
      (scope) => mountHealth(scope, { checks: checksOf(app, draining.signal), metrics: parts.metrics }),
      async (scope) => web?.mount(scope),
    ],
  });
  const url = await listen(server, app);
  web?.listening(server);
  return {
    url,
    drain: async ({ drainMs = 0, graceMs }) => {
      draining.abort();
      await sleep(drainMs);
      await web?.drain(graceMs / 2);
      const late = setTimeout(() => server.server.closeAllConnections(), graceMs / 2);
      await server.close();
      clearTimeout(late);
    },
  };
}

const checksOf = (app: App, draining: AbortSignal): ReadinessCheck[] => [
  { name: 'draining', check: () => (draining.aborted ? 'this process is stopping' : undefined) },
  { name: 'parts', check: () => app.obstacle() },
];

async function listen(server: FastifyInstance, { config }: App): Promise<string> {
  try {
    await server.listen({ port: config.PORT, host: config.HOST });
  } catch (error) {
    throw whyNotListening(error, config);
  }
  const address = server.server.address();
  const PORT = address !== null && typeof address === 'object' ? address.port : config.PORT;
  return config.PUBLIC_URL ?? linkTo({ HOST: config.HOST, PORT });
}
