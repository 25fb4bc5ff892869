// Requests to providers and webhooks: only to public addresses, unless a private one is allowed by name; no redirects,
// bounded answers, one bound on the whole exchange. The address is checked after resolution, so a name cannot lie.
import { lookup } from 'node:dns';
import { type BlockList, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { Agent, buildConnector, request } from 'undici';
import { addressesIn, canonicalAddress, contains } from './ip-address.js';

export interface Exchange {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/**
 * Opens a connection to where its dialer leads. What comes is given to `read` and nobody else, as bytes that are others' as soon as
 * it returns: a buffer for each would be half of what an exchange leaves behind.
 */
export type Dial = (
  read: (bytes: Buffer) => void,
  done: (...opened: [error: Error, socket: null] | [error: null, socket: Socket]) => void,
) => void;

interface ConnectorOptions {
  readonly allowH2?: boolean;
  readonly timeout?: number;
  readonly onread?: OnReadOpts;
}

const maxAnswerBytes = 65_536;
const mostInterim = 16;

/** Not on the public Internet: the IANA registries of special-purpose addresses. */
const privateRanges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Of IPv6 all but 2000::/3, the only global unicast there is: what is given out later is refused until it stands here.
  '::/3',
  '4000::/2',
  '8000::/1',
  // Within 2000::/3: protocols of the IETF (Teredo too), documentation, and 6to4, which carries any IPv4 address in it.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
];

const connectTimeoutMs = 5_000;
const readAtOnce = 65_536;

export class Egress {
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();
  #isClosed = false;
  readonly #forbidden = addressesIn(privateRanges);
  readonly #allowed: BlockList;

  constructor(allowedRanges: readonly string[]) {
    this.#allowed = addressesIn(allowedRanges);
    this.#agent = new Agent({ connect: this.#connector({}), maxResponseSize: maxAnswerBytes, connections: 16 });
  }

  async exchange({ method, url, headers = {}, body, timeoutMs }: Exchange): Promise<Answer> {
    const signal = AbortSignal.timeout(timeoutMs);
    let interim = 0;
    // undici bounds heads, trailers and bodies, but not how many interim answers come before them.
    const onInfo = (): void => {
      if (++interim > mostInterim) throw new Error('too many interim answers');
    };
    const options = { method, headers, body: body ?? null, dispatcher: this.#agent, signal, onInfo };
    const answer = await request(url, options);
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  /** Connections to one origin for who speaks HTTP/1.1 on them by himself; they end with the egress. */
  dialer(origin: string): Dial {
    const buffer = Buffer.allocUnsafeSlow(readAtOnce);
    const { hostname, host, protocol, port } = new URL(origin);
    const target = { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), host, protocol, port };
    return (read, done) => {
      const callback = (length: number): boolean => {
        read(buffer.subarray(0, length));
        return true;
      };
      const connect = this.#connector({ allowH2: false, timeout: connectTimeoutMs, onread: { buffer, callback } });
      connect(target, (...[error, socket]) => {
        if (error) return done(error, null);
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
        if (this.#isClosed) socket.destroy();
        done(null, socket);
      });
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const socket of this.#sockets) socket.destroy();
    await this.#agent.destroy();
  }

  /** Asked for every new connection, because a literal address is never looked up. */
  #connector(options: ConnectorOptions): buildConnector.connector {
    const connect = buildConnector({ ...options, lookup: this.#lookup } as buildConnector.BuildOptions);
    return (target, callback) => {
      if (isIP(target.hostname) && !this.#admits(target.hostname)) {
        queueMicrotask(() => callback(new EgressRefused(), null));
      } else {
        connect(target, callback);
      }
    };
  }

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      if (!addresses.every(({ address }) => this.#admits(address))) return callback(new EgressRefused(), '', 0);
      const [first] = addresses;
      if (options.all || !first) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };

  #admits(address: string): boolean {
    const canonical = canonicalAddress(address);
    if (canonical === undefined) return false;
    return contains(this.#allowed, canonical) || !contains(this.#forbidden, canonical);
  }
}

export class EgressRefused extends Error {
  readonly code = 'EGRESS_REFUSED';

  constructor() {
    super('The address is private; allow it with EGRESS_ALLOW_CIDR if that is meant.');
    this.name = 'EgressRefused';
  }
}
