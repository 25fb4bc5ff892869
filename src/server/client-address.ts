// Whose address a request has: the peer's, unless the peer is a proxy that TRUSTED_PROXIES names. No I/O.
import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import { addressesIn, canonicalAddress, contains } from '../shared/ip-address.js';

export interface Caller {
  readonly address: string;
  /** The peer itself is loopback, and nothing says that it speaks for somebody else. */
  readonly loopback: boolean;
  /** The peer is one of ours, so that its request ids and trace contexts may be believed. */
  readonly viaTrustedProxy: boolean;
}

export type CallerFinder = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => Caller;

/** Where a socket has no peer any more. */
const unknownPeer = '0.0.0.0';

export function createCallerFinder(trustedProxies: readonly string[] = []): CallerFinder {
  const trusted = addressesIn(trustedProxies);
  const loopback = addressesIn(['127.0.0.0/8', '::1']);
  return ({ headers, socket }) => {
    const peer = canonicalAddress(socket.remoteAddress ?? '') ?? unknownPeer;
    const forwarded = headers['x-forwarded-for'];
    const viaTrustedProxy = contains(trusted, peer);
    const direct = headers.forwarded === undefined && forwarded === undefined;
    return {
      address: viaTrustedProxy ? furthestKnown(peer, String(forwarded ?? ''), trusted) : peer,
      loopback: direct && !viaTrustedProxy && contains(loopback, peer),
      viaTrustedProxy,
    };
  };
}

/** Walks from the nearest hop outwards as long as each hop is ours; what nobody trusted wrote is not read. */
function furthestKnown(peer: string, forwarded: string, trusted: BlockList): string {
  let known = peer;
  for (const hop of forwarded.split(',').reverse()) {
    const address = canonicalAddress(withoutPort(hop.trim()));
    if (address === undefined) break;
    known = address;
    if (!contains(trusted, address)) break;
  }
  return known;
}

const withoutPort = (hop: string): string =>
  /^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;

/** Of an address in canonical spelling, where a colon says it all. */
