// The programs of others that tests talk to: where each is found, and what becomes of its tests where it is not.
// scripts/peers installs them on Debian. Missing ones are skipped and counted at a desk, and a failure under CI=true.
import { accessSync, constants, globSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export type Peer = keyof typeof programs;

/** The full path of the peer's program, or nothing where it is not installed. */
export function findPeer(peer: Peer): string | undefined {
  return places.map((folder) => join(folder, programs[peer])).find(isProgram);
}

/** For use in the tests and hooks of describeWithPeer, where the peer is known to be there. */
export function peerProgram(peer: Peer): string {
  const program = findPeer(peer);
  if (!program) throw new Error(`${programs[peer]} is not installed: run scripts/peers`);
  return program;
}

/** A suite that needs one peer, or several; the names in brackets are what the closing line counts by. */
export function describeWithPeer(needed: Peer | readonly Peer[], name: string, body: () => void): void {
  const peers = typeof needed === 'string' ? [needed] : needed;
  const title = `${name} ${peers.map((peer) => `[peer: ${peer}]`).join(' ')}`;
  const missing = peers.filter((peer) => !findPeer(peer));
  if (missing.length === 0) describe(title, body);
  else if (process.env.CI === 'true')
    describe(title, () => it('is not left out in CI', () => missing.forEach(peerProgram)));
  else describe.skip(title, body);
}

/** What the run says last, from the full names of the tests that did not run. */
export function closingLine(
  names: readonly string[],
  isMissing = (peer: string): boolean => isPeer(peer) && !findPeer(peer),
): string {
  const named = names.flatMap((name) => [...name.matchAll(/\[peer: (\w+)\]/g)].map(([, peer = '']) => peer));
  const missing = [...new Set(named)].filter(isMissing);
  return `skipped: ${names.length}${missing.length > 0 ? ` (${missing.join(', ')})` : ''}`;
}

const programs = {
  redis: 'redis-server',
  mongo: 'switchboard-mongo-peer',
  chromium: 'chromium',
  /** Debian's, beside the newer one that comes with the program. */
  postgres: 'postgres',
} as const;

const places = [
  ...globSync('/usr/lib/postgresql/*/bin').sort().reverse(),
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/local/bin',
  '/usr/bin',
  '/usr/sbin',
].filter(Boolean);

const isPeer = (name: string): name is Peer => name in programs;

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
