// Where the encryption keys come from: the configuration, or a file in the data folder that the first start makes.
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { type EncryptionKey, Keys } from '../auth/keys.js';
import { leadKeysLock } from '../domain/leads/lead-changes.js';
import { isError } from '../shared/errors.js';
import { StartRefused } from './start-refused.js';

export function loadKeys(configured: readonly EncryptionKey[] | undefined, dataDir: string): Keys {
  return new Keys(configured ?? [keyOfFile(join(dataDir, 'encryption-key'))]);
}

/** What the leads are indexed with has to be there, or a duplicate would not be known for one. Where there are none any will do. */
export async function verifyLeadKeys(keys: Keys, pool: Pool): Promise<void> {
  await pool.query('insert into lead_keys (kid) values ($1) on conflict do nothing', [keys.currentKid]);
  const missing = async (): Promise<string | undefined> => {
    const { rows } = await pool.query<{ kids: string[] }>(
      'select array_remove(array[kid, next_kid], null) as kids from lead_keys',
    );
    return rows[0]?.kids.find((kid) => !keys.named(kid, 'leads'));
  };
  if ((await missing()) !== undefined) await startAnew(keys.currentKid, pool);
  const kid = await missing();
  if (kid !== undefined)
    throw new StartRefused(
      `Leads are indexed with the encryption key «${kid}»: keep it in ENCRYPTION_KEYS until rotateLeadKeys has ended.`,
    );
}

/** Only where there is no lead; locked as by whoever changes the keys, so that none comes in between. */
async function startAnew(kid: string, pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('select pg_advisory_xact_lock($1)', [leadKeysLock]);
    await client.query(
      `update lead_keys set kid = $1, phase = 'STABLE', next_kid = null, version = version + 1 where not exists (select from lead)`,
      [kid],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
}

/** Refuses a key that goes by a known name and is another one: everything under that name would be unreadable. */
export async function verifyKeys(keys: Keys, pool: Pool): Promise<void> {
  for (const { kid, fingerprint } of keys.fingerprints()) {
    await pool.query('insert into key_check (kid, fingerprint) values ($1, $2) on conflict do nothing', [
      kid,
      fingerprint,
    ]);
    const { rows } = await pool.query<{ fingerprint: Buffer }>('select fingerprint from key_check where kid = $1', [
      kid,
    ]);
    if (!rows[0]?.fingerprint.equals(fingerprint)) {
      throw new StartRefused(
        `The encryption key «${kid}» is not the one that this database was written with. Restore that key (ENCRYPTION_KEYS, or encryption-key in the data folder).`,
      );
    }
  }
}

function keyOfFile(path: string): EncryptionKey {
  try {
    return parse(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  makeKey(path);
  return parse(readFileSync(path, 'utf8'), path);
}

/** Written whole under another name and linked: of two processes that start together one wins, and both read its key. */
function makeKey(path: string): void {
  // Containers that share a volume may have the same process id.
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
    writeFileSync(draft, `k1:${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
    linkSync(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST'))
      throw new StartRefused(
        `Cannot write ${path}: make the data folder writable, or set DATA_DIR or ENCRYPTION_KEYS.`,
      );
  } finally {
    rmSync(draft, { force: true });
  }
}

function parse(content: string, path: string): EncryptionKey {
  const [, kid, secret] = /^([A-Za-z0-9_-]{1,16}):([A-Za-z0-9+/]{43}=)\s*$/.exec(content) ?? [];
  if (!kid || !secret)
    throw new StartRefused(`${path} holds no key: expected one line kid:base64. Restore it from a backup.`);
  return { kid, key: Buffer.from(secret, 'base64') };
}

const isCode = (error: unknown, code: string): boolean => isError(error) && 'code' in error && error.code === code;
