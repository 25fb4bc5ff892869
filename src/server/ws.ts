// The WebSocket door: which upgrade requests of the HTTP server become sockets, how sockets reach graphql-ws, and how all
// of them are closed. Subscriptions of /graphql only.
import type { IncomingMessage, Server } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Origin, SignedInIdentity, Viewer } from '../auth/viewer.js';
import type { Logger } from '../shared/logger.js';
import { type AllowedOrigins, mayOpenSocket } from './origins.js';
import { type ExecutionPorts, SharedExecutions } from './shared-execution.js';
import { SocketRegistry } from './socket-registry.js';
import { closeCodes, frameLimits, type SocketTimes, socketTimes } from './ws-limits.js';
import { createProtocol, isReadable, type ProtocolOptions } from './ws-protocol.js';
import { Flusher, SocketSession } from './ws-session.js';

export interface SocketDoorOptions extends ExecutionPorts, Pick<ProtocolOptions, 'authenticate' | 'admit' | 'prepare'> {
  readonly limits: { readonly perAddress: number; readonly perUser: number; readonly operations: number };
  readonly origins: AllowedOrigins;
  readonly log: Logger;
  originOf(request: IncomingMessage): Origin;
  /** Throws what a viewer is to be told who may not have this root field of Subscription. */
  authorise(viewer: Viewer, field: string): void;
  /** What these tokens mean now; those that mean nothing any more are missing. */
  recheck(tokenIds: string[]): Promise<ReadonlyMap<string, SignedInIdentity>>;
  /** Whether this address is blocked; it counts who asks. */
  turnsAway?(address: string): boolean;
  readonly times?: Partial<SocketTimes>;
}

export interface SocketStats {
  readonly sockets: number;
  readonly operations: number;
  /** Operations that differ in what they ask or in who may see what: each event is executed once for each of these. */
  readonly executions: number;
  readonly bufferedBytes: number;
  /** Since the start. */
  readonly messagesSent: number;
  /** Dropped since the start, because the peer was gone or took nothing. */
  readonly dropped: number;
}

const path = '/graphql';
/** Longer than that and who reconnects finds another instance by itself. */
const longestSpread = 5_000;
const spreadForEach = 20;

/** For `shouldUpgradeCallback` of the HTTP server: requests that offer HTTP/2 or TLS beside are answered by HTTP 1.1. */
export const asksForWebSocket = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers.upgrade?.toLowerCase() === 'websocket';

export class SocketDoor {
  readonly #server: WebSocketServer;
  readonly #registry: SocketRegistry;
  readonly #executions: SharedExecutions;
  readonly #flusher = new Flusher();
  readonly #times: SocketTimes;
  readonly #protocol: ReturnType<typeof createProtocol>;
  #closing = false;

  constructor(private readonly options: SocketDoorOptions) {
    const { limits, log } = options;
    this.#times = { ...socketTimes, ...options.times };
    // Not in a literal of its own: the types of ws do not know closeTimeout yet.
    const settings = { ...frameLimits, closeTimeout: this.#times.farewell, handleProtocols: chooseProtocol };
    this.#server = new WebSocketServer({ ...settings, noServer: true, clientTracking: false });
    this.#registry = new SocketRegistry({
      ...limits,
      times: this.#times,
      log,
      recheck: (ids) => options.recheck(ids),
      turnsAway: (address) => options.turnsAway?.(address) ?? false,
    });
    this.#executions = new SharedExecutions(options);
    this.#protocol = createProtocol({
      initTimeout: this.#times.init,
      operations: limits.operations,
      authenticate: (token, origin) => options.authenticate(token, origin),
      recognise: (session, viewer) => this.#registry.recognise(session, viewer),
      admit: (viewer, length) => options.admit(viewer, length),
      prepare: (request, viewer) => options.prepare(request, viewer),
      format: (errors, origin) => options.format(errors, origin),
      streams: {
        executions: this.#executions,
        authorise: (viewer, field) => options.authorise(viewer, field),
        contextFor: (viewer, signal) => options.contextFor(viewer, signal),
      },
    });
  }

  attach(server: Server): void {
    server.on('upgrade', (request, wire, head) => this.#upgrade(request, wire, head));
  }

  /** After a revocation in this process; elsewhere it is noticed within a second. */
  recheck(): Promise<void> {
    return this.#registry.recheck();
  }

  stats(): SocketStats {
    let operations = 0;
    let bufferedBytes = 0;
    for (const session of this.#registry.sessions) {
      operations += session.streams.size;
      bufferedBytes += session.bufferedBytes;
    }
    const { dropped, sessions } = this.#registry;
    const messagesSent = this.#flusher.written;
    return {
      sockets: sessions.size,
      operations,
      executions: this.#executions.size,
      bufferedBytes,
      messagesSent,
      dropped,
    };
  }

  /** Spread, so that not everybody comes back in the same instant; a few sockets are closed at once. */
  async close(withinMs: number): Promise<void> {
    this.#closing = true;
    const { sessions } = this.#registry;
    const deadline = performance.now() + withinMs;
    const spread = Math.min(longestSpread, sessions.size * spreadForEach, Math.max(0, withinMs - this.#times.farewell));
    const closing = [...sessions].map(async (session) => {
      await sleep(Math.random() * spread);
      session.end(closeCodes.goingAway, 'Going away');
    });
    await Promise.all(closing);
    while (sessions.size > 0 && performance.now() < deadline) await sleep(20);
    for (const session of sessions) session.terminate();
    this.#registry.close();
  }

  #upgrade(request: IncomingMessage, wire: Duplex, head: Buffer): void {
    // A peer that goes away meanwhile is nobody's fault; the sockets have listeners of their own.
    wire.on('error', () => wire.destroy());
    const origin = this.options.originOf(request);
    const refused = this.#refusal(request, origin);
    if (refused !== undefined) refuse(wire, refused);
    else if (!this.#registry.hasRoomFor(origin.address)) refuse(wire, 429);
    else this.#server.handleUpgrade(request, wire, head, (socket) => this.#open(socket, wire, origin));
  }

  #refusal({ url = '', headers }: IncomingMessage, { address }: Origin): number | undefined {
    if (this.#closing) return 503;
    if (this.options.turnsAway?.(address)) return 403;
    if (url.split('?')[0] !== path) return 404;
    return mayOpenSocket(this.options.origins, headers.origin, headers.host) ? undefined : 403;
  }

  #open(socket: WebSocket, wire: Duplex, origin: Origin): void {
    const { operations } = this.options.limits;
    const session = new SocketSession({ socket, wire, origin, operations, times: this.#times, flusher: this.#flusher });
    this.#registry.add(session);
    const closed = this.#protocol.opened(
      {
        protocol: socket.protocol,
        send: (message) => session.send(message),
        close: (code = closeCodes.internal, reason = '') => session.end(code, reason),
        onMessage: (take) => socket.on('message', (data) => this.#take(session, String(data), take)),
      },
      session,
    );
    socket.on('error', (error) => this.options.log.debug({ err: error }, 'socket failed'));
    socket.once('close', (code, reason) => {
      session.release();
      this.#registry.remove(session);
      closed(code, String(reason)).catch((error: unknown) => this.options.log.error({ err: error }, 'socket not left'));
    });
  }

  #take(session: SocketSession, message: string, take: (message: string) => Promise<void>): void {
    if (!session.take()) return;
    if (!isReadable(message)) {
      session.end(closeCodes.badRequest, 'Invalid message received');
      return;
    }
    take(message).catch((error: unknown) => {
      this.options.log.error({ err: error }, 'socket message failed');
      session.end(closeCodes.internal, 'Internal server error');
    });
  }
}

/** A protocol that is not ours is taken too, so that its client can be told by 4406 and not by a broken handshake. */
function chooseProtocol(offered: Set<string>): string | false {
  if (offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL)) return GRAPHQL_TRANSPORT_WS_PROTOCOL;
  const [first = false] = offered;
  return first;
}

function refuse(wire: Duplex, status: number): void {
  const retry = status === 429 || status === 503 ? ['Retry-After: 5'] : [];
  wire.end(
    [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, 'Connection: close', 'Content-Length: 0', ...retry, '', ''].join(
      '\r\n',
    ),
  );
  wire.once('finish', () => wire.destroy());
}
