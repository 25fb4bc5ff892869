// The same key with the same input gives the first row again, with another input CONFLICT. Keeps keyed hashes for 24 h,
// never the input or the answer.
import type { Keys } from '../auth/keys.js';
import { keyedHash } from '../shared/crypto.js';
import { badInput, conflict } from '../shared/errors.js';
import type { Transaction } from './work.js';

export interface IdempotentCall {
  readonly actor: string;
  readonly operation: string;
  readonly key: string | null | undefined;
  readonly input: unknown;
}

export interface FirstOrAgain<Row> {
  readonly row: Row;
  readonly repeated: boolean;
}

interface Doors<Row> {
  create(): Promise<Row & { id: string }>;
  find(id: string): Promise<Row>;
}

const keptFor = '24 hours';

export async function once<Row>(
  tx: Transaction,
  keys: Keys,
  call: IdempotentCall,
  doors: Doors<Row>,
): Promise<FirstOrAgain<Row>> {
  if (call.key == null) return { row: await doors.create(), repeated: false };
  if (!/^[\x21-\x7e]{1,255}$/.test(call.key))
    throw badInput('idempotencyKey', 'FORMAT', 'expected 1 to 255 printable characters');
  const { actor, operation, key } = call;
  const hashes = keys.all('idempotency').map((secret) => keyedHash(secret, actor, operation, key));
  const inputs = keys.all('idempotency').map((secret) => keyedHash(secret, canonical(call.input)));
  await tx.rows('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${actor} ${operation} ${key}`]);
  const [first] = await tx.rows<{ inputHash: Buffer; rowId: string }>(
    `select input_hash as "inputHash", row_id as "rowId" from idempotency_key
     where hash = any($1) and created_at > now() - interval '${keptFor}'`,
    [hashes],
  );
  if (first) {
    if (!inputs.some((hash) => hash.equals(first.inputHash))) {
      throw conflict('This idempotency key came with another input before.', 'IDEMPOTENCY_KEY_REUSED');
    }
    tx.isRepeated = true;
    return { row: await doors.find(first.rowId), repeated: true };
  }
  const row = await doors.create();
  await tx.rows(
    `insert into idempotency_key (hash, input_hash, row_id) values ($1, $2, $3)
     on conflict (hash) do update set input_hash = excluded.input_hash, row_id = excluded.row_id, created_at = now()`,
    [hashes[0], inputs[0], row.id],
  );
  return { row, repeated: false };
}

/** The same text whatever the order of the keys, and whether an optional key is absent or undefined. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
