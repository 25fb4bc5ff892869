// The end of a pool with all of its connections.
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** pg's own end() does not wait until they are gone: a database that is dropped then kills them, and they complain aloud. */
export async function endPool(pool: pg.Pool): Promise<void> {
  let left = pool.totalCount;
  const gone = Promise.withResolvers<void>();
  pool.on('remove', () => --left === 0 && gone.resolve());
  if (left === 0) gone.resolve();
  await pool.end();
  await Promise.race([gone.promise, sleep(longestMs, undefined, { ref: false })]);
}

/** One that breaks meanwhile is not told of. */
const longestMs = 2_000;
