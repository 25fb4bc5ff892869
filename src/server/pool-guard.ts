// Keeps the connections of a pool usable: gives back what died in a transaction, and leaves a server that can only be read.
// Knows no table and no statement.
import type pg from 'pg';
import { isError } from '../shared/errors.js';

export function guardPool(pool: pg.Pool): void {
  releaseTheLost(pool);
  leaveReadOnlyServers(pool);
}

/**
 * A connection that dies inside a transaction fails its rollback too, and is never given back: each restart of the
 * server would cost the pool a place for each open transaction.
 */
function releaseTheLost(pool: pg.Pool): void {
  pool.on('connect', (client) => {
    client.once('end', () => setTimeout(() => releaseUnlessReleased(client), 1_000).unref());
  });
}

function releaseUnlessReleased(client: pg.PoolClient): void {
  try {
    client.release(true);
  } catch (error) {
    // pg-pool throws where it was given back in time.
    if (!(isError(error) && /already been released/.test(error.message))) throw error;
  }
}

/** SQLSTATE read_only_sql_transaction. */
export const readOnly = '25006';

/**
 * After a failover the connections to a server that is a standby now stay healthy, and every write on them fails. The first
 * one that fails ends them all, so that the next connections lead to wherever the address leads by then.
 */
function leaveReadOnlyServers(pool: pg.Pool): void {
  const open = new Set<pg.PoolClient>();
  const leaving = new WeakSet<pg.PoolClient>();
  const leave = (): void => {
    for (const client of open) leaving.add(client);
    for (let idle = pool.idleCount; idle > 0; idle--)
      pool.connect().then(
        (client) => client.release(),
        () => undefined,
      );
  };
  pool.on('connect', (client) => {
    open.add(client);
    client.connection.on('errorMessage', ({ code }: { readonly code?: string }) => {
      if (code === readOnly && !leaving.has(client)) leave();
    });
  });
  pool.on('remove', (client) => open.delete(client));
  // Before pg-pool looks at it: a connection that is ending is not kept.
  pool.on('release', (_error, client) => {
    if (leaving.has(client)) client.end().catch(() => undefined);
  });
}
