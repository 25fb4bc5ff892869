// Waits at a start for a PostgreSQL that is away, starting or read-only, and says where and why. Refuses the start in one
// sentence where no waiting helps. Talks to the log and to one connection at a time.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { errorCodeOf, toFailure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { readOnly } from './pool-guard.js';
import { StartRefused } from './start-refused.js';

export interface PostgresWait {
  readonly url: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Of the URL, without its password. */
type Place = Pick<pg.Client, 'host' | 'port' | 'user' | 'database'>;

const longestPause = 1_000;
/** After the first time it is told this often, and whenever the reason changes. */
const tellEvery = 30_000;

/** Repeats the work until PostgreSQL lets it be done. */
export async function whenPostgresCan(work: () => Promise<void>, { url, log, signal }: PostgresWait): Promise<void> {
  const place: Place = new pg.Client({ connectionString: url });
  let told: { readonly reason: string; readonly at: number } | undefined;
  for (let attempt = 0; ; attempt++) {
    try {
      await demandWritable(url);
      await work();
      if (told) log.info(`PostgreSQL at ${addressOf(place)} is back`);
      return;
    } catch (error) {
      if (toFailure(error).code !== 'UNAVAILABLE') throw refusalOf(error, place) ?? error;
      const reason = reasonOf(error);
      const unavailable = `PostgreSQL at ${addressOf(place)} is unavailable (${reason})`;
      if (told?.reason !== reason || Date.now() - told.at > tellEvery) {
        log.warn(`${unavailable}; waiting for it`);
        told = { reason, at: Date.now() };
      }
      await sleep(Math.min(250 * 2 ** attempt, longestPause), undefined, { signal }).catch(() => {
        throw new StartRefused(`${unavailable}: start it, or set DATABASE_URL to another one.`);
      });
    }
  }
}

class NoConnection extends Error {}

async function demandWritable(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // the query below rejects with the same error
  try {
    await client.connect().catch((cause: unknown) => {
      throw new NoConnection('no connection', { cause });
    });
    const { rows } = await client.query<{ readonly: string }>(
      `select current_setting('transaction_read_only') as readonly`,
    );
    if (rows[0]?.readonly === 'on') throw Object.assign(new Error('read-only'), { code: readOnly });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What only a person can mend. Everything that keeps a connection from being made is a matter of DATABASE_URL or the server's own settings. */
function refusalOf(error: unknown, place: Place): StartRefused | undefined {
  const { user, database } = place;
  const at = `PostgreSQL at ${addressOf(place)}`;
  if (errorCodeOf(error) === '42501')
    return new StartRefused(
      `${at} does not let the user «${user}» make tables: let it (grant create on schema public to that user, in «${database}»), or set another user in DATABASE_URL.`,
    );
  if (!(error instanceof NoConnection)) return undefined;
  const why = error.cause instanceof Error ? error.cause.message : '';
  switch (/^SASL/.test(why) ? '28P01' : errorCodeOf(error)) {
    case '28P01':
      return new StartRefused(`${at} refuses the password of the user «${user}»: set the right one in DATABASE_URL.`);
    case '3D000':
      return new StartRefused(
        `${at} has no database «${database}»: create it, or set the name of another one in DATABASE_URL.`,
      );
    default:
      return new StartRefused(
        `${at} does not let the user «${user}» in (${why}): set another one in DATABASE_URL, or let it in.`,
      );
  }
}

const addressOf = ({ host, port }: Place): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

function reasonOf(error: unknown): string {
  const code = errorCodeOf(error) ?? '';
  return reasons[code] ?? (/^\d/.test(code) ? `SQLSTATE ${code}` : code || 'no answer');
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was closed',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ETIMEDOUT: 'no answer',
  '53300': 'it has too many connections',
  '57P03': 'it is starting or stopping',
  '55P03': 'a lock that was waited for in vain',
  [readOnly]: 'it is read-only',
};
