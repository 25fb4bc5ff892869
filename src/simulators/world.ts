// The local world: one HTTP server with all simulators, each behind its name. Answers neighbours only: loopback, and the
// private network that processes of ours share.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { GatewayMood } from '../shared/gateway-mood.js';
import type { ImeiMood } from '../shared/imei-mood.js';
import { addressesIn, canonicalAddress, contains } from '../shared/ip-address.js';
import { ImeiProviderSimulator } from './imei-provider.js';
import { MessageGatewaySimulator } from './message-gateway.js';
import { RequestLog } from './request-log.js';
import { answerJson, type Simulator } from './simulator.js';

export interface WorldOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly gatewayToken?: string | undefined;
  readonly gatewayMood?: GatewayMood | undefined;
  /** Where each request to the gateway leaves a line. */
  readonly gatewayLog?: string | undefined;
  readonly imeiToken?: string | undefined;
  readonly imeiMood?: ImeiMood | undefined;
  /** USD. */
  readonly imeiBalance?: string | undefined;
  /** Where each request for a check leaves a line. */
  readonly imeiLog?: string | undefined;
}

export interface World {
  readonly port: number;
  close(): Promise<void>;
}

export async function openWorld(options: WorldOptions): Promise<World> {
  const door = new Door(options.host);
  const simulators = simulatorsOf(options, door);
  const port = await door.open(options.port, (request, response) => route(simulators, request, response));
  return {
    port,
    close: async () => {
      for (const simulator of simulators.values()) simulator.close();
      await door.close();
    },
  };
}

function simulatorsOf(options: WorldOptions, door: Door): Map<string, Simulator> {
  const { gatewayToken, gatewayMood, gatewayLog, imeiToken, imeiMood, imeiBalance, imeiLog } = options;
  const goAway = (ms: number) => door.shut(ms);
  const all: readonly Simulator[] = [
    new MessageGatewaySimulator({ token: gatewayToken, mood: gatewayMood, log: logAt(gatewayLog), goAway }),
    new ImeiProviderSimulator({ token: imeiToken, mood: imeiMood, balance: imeiBalance, log: logAt(imeiLog), goAway }),
  ];
  return new Map(all.map((simulator) => [simulator.name, simulator]));
}

const logAt = <Entry extends object>(path: string | undefined): RequestLog<Entry> | undefined =>
  path === undefined ? undefined : new RequestLog<Entry>(path);

function route(simulators: ReadonlyMap<string, Simulator>, request: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = (request.url ?? '').split('?');
  const [, name = '', rest = ''] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? [];
  const simulator = simulators.get(name);
  const names = [...simulators.keys()];
  if (!isOwnName(request.headers.host)) answerJson(response, 403, { message: 'Open this by its address.' });
  else if (simulator && rest) simulator.handle(request, response, rest);
  else if (simulator || name === '') response.writeHead(302, { location: `/${name || names[0]}/` }).end();
  else if (name === 'livez') answerJson(response, 200, { status: 'ok' });
  else if (name === 'readyz') answerJson(response, 200, { ready: true, reasons: [] });
  else answerJson(response, 404, { message: `There is ${names.map((known) => `/${known}/`).join(', ')}.` });
}

/** A page from elsewhere can point its own name at our address; that name has a dot, ours has none. */
function isOwnName(host = ''): boolean {
  const name = host.replace(/:\d+$/, '');
  return !name.includes('.') || isIP(name) !== 0;
}

const neighbours = addressesIn(
  '127.0.0.0/8 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 169.254.0.0/16 ::1/128 fc00::/7 fe80::/10'.split(' '),
);

/** A port that can refuse everybody for a while. */
class Door {
  readonly #server: Server;
  #port = 0;
  #opening: NodeJS.Timeout | undefined;

  constructor(private readonly host: string) {
    this.#server = createServer({ keepAlive: true, noDelay: true });
    // Idle connections are closed by the sender: closed from here, a request would meet a socket that is going away.
    this.#server.keepAliveTimeout = 600_000;
    this.#server.requestTimeout = 60_000;
    this.#server.on('connection', (socket) => {
      const address = canonicalAddress(socket.remoteAddress ?? '') ?? '';
      if (!contains(neighbours, address)) socket.destroy();
    });
  }

  async open(port: number, handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
    this.#server.on('request', handle);
    this.#server.listen(port, this.host);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.#port = address !== null && typeof address === 'object' ? address.port : port;
    return this.#port;
  }

  shut(ms: number): void {
    clearTimeout(this.#opening);
    this.#server.close();
    this.#server.closeAllConnections();
    this.#opening = setTimeout(() => this.#server.listen(this.#port, this.host), ms);
  }

  async close(): Promise<void> {
    clearTimeout(this.#opening);
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}
