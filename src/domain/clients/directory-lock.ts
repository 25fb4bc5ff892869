// Messages are planned from the directory while people change it. Whoever changes what messages are made of (number, zone, being
// there at all) holds the directory; whoever makes messages from it, or adds to it, shares it: nothing is planned across a change.
import type { Transaction } from '../work.js';

const directoryLock = 7_301_004;

/** Before any row of clients, mailings or messages is locked: that keeps those who come here from waiting in a circle. */
export async function holdDirectory(tx: Transaction): Promise<void> {
  await tx.rows('select pg_advisory_xact_lock($1)', [directoryLock]);
}

/** As holdDirectory, beside others who share it. */
export async function shareDirectory(tx: Transaction): Promise<void> {
  await tx.rows('select pg_advisory_xact_lock_shared($1)', [directoryLock]);
}
