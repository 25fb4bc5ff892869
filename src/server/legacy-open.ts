// Who may use the legacy mailing routes without a token: callers in LEGACY_OPEN, where it is certain that the address is
// theirs and that no web page of somebody else's is speaking through their browser. No I/O.
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { Config } from '../config.js';
import { addressesIn, contains } from '../shared/ip-address.js';
import type { Caller } from './client-address.js';

export type LegacyOpen = (request: { readonly caller: Caller; readonly headers: IncomingHttpHeaders }) => boolean;

export type LegacyOpenOptions = Partial<
  Pick<Config, 'LEGACY_OPEN' | 'TRUSTED_PROXIES' | 'CORS_ORIGINS' | 'PUBLIC_URL'>
>;

export function createLegacyOpen({
  LEGACY_OPEN = [],
  TRUSTED_PROXIES = [],
  CORS_ORIGINS = [],
  PUBLIC_URL,
}: LegacyOpenOptions): LegacyOpen {
  const open = addressesIn(LEGACY_OPEN);
  const proxies = addressesIn(TRUSTED_PROXIES);
  const loopback = addressesIn(['127.0.0.0/8', '::1']);
  const ours = PUBLIC_URL ? new URL(PUBLIC_URL) : undefined;
  const origins = new Set([...CORS_ORIGINS, ...(ours ? [ours.origin] : [])]);

  return ({ caller, headers }) => {
    if (!contains(open, caller.address)) return false;
    if (!isOwnOrigin(headers, origins)) return false;
    // A proxy that nobody has named speaks for others, whoever they are.
    if (!caller.viaTrustedProxy && marksOfProxies.some((name) => headers[name] !== undefined)) return false;
    // Loopback is this machine itself, neither a proxy on it nor the loopback of another machine, of which a proxy tells.
    if (contains(loopback, caller.address)) return caller.loopback && isLocalHost(headers.host, ours?.host);
    // A trusted proxy that names nobody has only its own address to give.
    return !caller.viaTrustedProxy || !contains(proxies, caller.address);
  };
}

const marksOfProxies = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/** A form on a foreign page is sent without a preflight, and its browser's address would be all the token that it needs. */
function isOwnOrigin({ origin, host }: IncomingHttpHeaders, origins: ReadonlySet<string>): boolean {
  if (origin === undefined || origins.has(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** A name with a dot may be a stranger's that points to loopback: DNS rebinding. */
function isLocalHost(host: string | undefined, ours: string | undefined): boolean {
  if (host === undefined || host === ours) return true;
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  return isIP(name) > 0 || !name.includes('.') || name.toLowerCase().endsWith('.localhost');
}
