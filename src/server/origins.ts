// Which web pages may ask, by their Origin: one rule for HTTP and WebSockets. Programs send no Origin. No I/O.
import { isIP } from 'node:net';
import type { Config } from '../config.js';
import { addressesIn, contains } from '../shared/ip-address.js';

export interface AllowedOrigins {
  /** CORS_ORIGINS and our own. */
  readonly named: readonly string[];
  /** Where PUBLIC_URL is not set, pages of the very host that is asked are our own. */
  readonly hostItself: boolean;
  /** Outside production, for the front ends that developers serve on this machine, on whatever port. */
  readonly loopback: boolean;
}

export type OriginConfig = Partial<Pick<Config, 'CORS_ORIGINS' | 'PUBLIC_URL' | 'NODE_ENV'>>;

export function allowedOrigins({ CORS_ORIGINS = [], PUBLIC_URL, NODE_ENV }: OriginConfig): AllowedOrigins {
  return {
    named: [...CORS_ORIGINS, ...(PUBLIC_URL ? [new URL(PUBLIC_URL).origin] : [])],
    hostItself: PUBLIC_URL === undefined,
    loopback: NODE_ENV !== undefined && NODE_ENV !== 'production',
  };
}

/** Browsers always send an Origin with the request that opens a socket, and no preflight before it. */
export function mayOpenSocket(allowed: AllowedOrigins, origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const asked = new URL(origin);
  if (allowed.named.includes(asked.origin) || (allowed.loopback && isLoopback(origin))) return true;
  return allowed.hostItself && isWeb(asked) && asked.host === host?.toLowerCase();
}

/** By names that no DNS server is asked for, so that no page of somebody else can have one of them. */
export function isLoopback(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const asked = new URL(origin);
  const name = asked.hostname.replace(/^\[(.*)\]$/, '$1');
  return isWeb(asked) && (name === 'localhost' || name.endsWith('.localhost') || isLoopbackAddress(name));
}

const isWeb = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:';

const isLoopbackAddress = (name: string): boolean => isIP(name) > 0 && contains(loopback, name);
const loopback = addressesIn(['127.0.0.0/8', '::1']);
