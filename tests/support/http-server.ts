// The HTTP server alone, on a free port, with routes of a test's own and people who are made up: for what is decided
// before any service is asked.
import type { AddressInfo } from 'node:net';
import { createConnection } from 'node:net';
import { Writable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { nobody, type Origin, type Viewer } from '../../src/auth/viewer.js';
import { createHttpServer, type HttpOptions } from '../../src/server/http.js';
import { RequestLimits } from '../../src/server/limits.js';
import { Metrics } from '../../src/server/metrics.js';
import { Failure } from '../../src/shared/errors.js';
import { createLogger } from '../../src/shared/logger.js';

export interface BareServer {
  readonly url: string;
  readonly port: number;
  readonly server: FastifyInstance;
  readonly metrics: Metrics;
  close(): Promise<void>;
}

interface BareOptions extends Partial<Omit<HttpOptions, 'limits'>> {
  readonly addressPerMinute?: number;
  readonly viewerPerMinute?: number;
  readonly limits?: RequestLimits;
}

export async function bareServer(options: BareOptions = {}): Promise<BareServer> {
  const { addressPerMinute = 600, viewerPerMinute = 6_000, metrics = new Metrics(), ...given } = options;
  const server = await createHttpServer({
    config: {},
    log: createLogger({ level: 'silent', format: 'json' }),
    limits: new RequestLimits({
      addressPerMinute,
      viewerPerMinute,
      onReject: (limit) => metrics.limitRejected(limit),
    }),
    metrics,
    authenticate: madeUp,
    mounts: [],
    // Other test files compile at the same time and delay the event loop. The server must not answer 503 because of them.
    patience: { lag: 5_000 },
    ...given,
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, server, metrics, close: () => server.close() };
}

/** «person-7» is an ADMIN with the id 7; «wrong…» is refused. */
export async function madeUp(token: string | undefined, origin: Origin): Promise<Viewer> {
  if (token === undefined) return { identity: nobody, origin };
  const [, personId] = /^person-(\d+)$/.exec(token) ?? [];
  if (!personId) throw new Failure('UNAUTHENTICATED', 'The token is unknown, expired or revoked.');
  const identity = {
    kind: 'person',
    personId,
    login: `p${personId}`,
    role: 'ADMIN',
    mustChangePassword: personId === '99',
    tokenId: personId,
    expiresAt: null,
    scopes: null,
  } as const;
  return { identity, origin };
}

/** Everything that is logged, at the lowest level, through the product's own serialisers. */
export function recordedLog(): { readonly log: ReturnType<typeof createLogger>; text(): string } {
  const lines: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  return { log: createLogger({ level: 'trace', format: 'json' }, stream), text: () => lines.join('') };
}

/** Bytes in, bytes out, until the server says nothing more for a while or closes. */
export function rawExchange(port: number, request: string, quietMs = 300): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = createConnection(port, '127.0.0.1', () => socket.write(request));
    socket.setTimeout(quietMs, () => socket.destroy());
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
