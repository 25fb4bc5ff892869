// Requests to providers and webhooks: only to public addresses, unless a private one is allowed by name; no redirects,
// bounded answers, one bound on the whole exchange. The address is checked after resolution, so a name cannot lie.
import { lookup } from 'node:dns';
import { type BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { addressesIn, contains } from './ip-address.js';

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const maxAnswerBytes = 65_536;

/** Not on the public Internet: RFC 6890 and its later additions. */
const privateRanges = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '100::/64',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'ff00::/8',
];

export class Egress {
  readonly #agent: Agent;
  readonly #forbidden = addressesIn(privateRanges);
  readonly #allowed: BlockList;

  constructor(allowedRanges: readonly string[]) {
    this.#allowed = addressesIn(allowedRanges);
    this.#agent = new Agent({ connect: { lookup: this.#lookup }, maxResponseSize: maxAnswerBytes, connections: 16 });
  }

  async exchange({ method, url, headers = {}, body, timeoutMs }: Exchange): Promise<Answer> {
    const { hostname } = new URL(url);
    const literal = hostname.replace(/^\[|\]$/g, '');
    if (isIP(literal)) this.#demand(literal);
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, { method, headers, body: body ?? null, dispatcher: this.#agent, signal });
    return { status: answer.statusCode, text: await answer.body.text() };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      try {
        for (const { address } of addresses) this.#demand(address);
      } catch (refused) {
        return callback(refused instanceof Error ? refused : new Error('refused'), '', 0);
      }
      const [first] = addresses;
      if (options.all || !first) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };

  #demand(address: string): void {
    if (contains(this.#allowed, address) || !contains(this.#forbidden, address)) return;
    throw new EgressRefused();
  }
}

export class EgressRefused extends Error {
  readonly code = 'EGRESS_REFUSED';

  constructor() {
    super('The address is private; allow it with EGRESS_ALLOW_CIDR if that is meant.');
    this.name = 'EgressRefused';
  }
}
