// Where a server of ours listens: why it can't, in a sentence for the person who started it, and what links to it say.
import type { Config } from '../config.js';
import { isError } from '../shared/errors.js';
import { StartRefused } from './start-refused.js';

type Place = Pick<Config, 'HOST' | 'PORT'>;

/** What to throw instead of what listen() threw. */
export function whyNotListening(error: unknown, { HOST, PORT }: Place): unknown {
  const code = isError(error) && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new StartRefused(`Port ${PORT} is taken by another program: stop it, or set PORT to a free one.`);
  if (code === 'EACCES')
    return new StartRefused(`Port ${PORT} may not be used by this user: set PORT to one above 1023.`);
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartRefused(`HOST ${HOST} is no address of this machine.`);
  return error;
}

export const linkTo = ({ HOST, PORT }: Place): string => `http://${hostForLinks(HOST)}:${PORT}`;

/** Listening everywhere is no place to go to. */
function hostForLinks(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
