// The rotation of the leads' keys as it is shown, and the one way to change which keys count.
import type { Rows } from '../live/event-log.js';
import type { Transaction } from '../work.js';
import { leadKeysLock } from './lead-changes.js';
import type { LeadKeyState } from './lead-store.js';

export interface KeyRotationRow {
  keyId: string;
  total: number;
  done: number;
  finishedAt: Date | null;
}

/** There is one rotation at a time, of all leads. */
export const rotationSubject = 'leads';

/** The one under way, or the last one; undefined before the first. */
export async function readKeyRotation(db: Rows): Promise<KeyRotationRow | undefined> {
  const [rotation] = await db.rows<KeyRotationRow>(
    `select coalesce(next_kid, kid) as "keyId", total, done, finished_at as "finishedAt"
     from lead_keys where phase <> 'STABLE' or finished_at is not null`,
  );
  return rotation;
}

interface KeyChange {
  /** What the change was decided on: one that came in between makes it void. */
  readonly version: number;
  readonly kind: 'STARTED' | 'SWITCHED' | 'FINISHED';
  /** Its own parameters begin with $2. */
  readonly set: string;
  readonly params?: readonly unknown[];
}

/** Waits for everybody who is storing a lead by what they know of the keys; whoever stores one afterwards knows better. */
export async function changeLeadKeys(
  tx: Transaction,
  { version, kind, set, params = [] }: KeyChange,
): Promise<boolean> {
  await tx.rows('select pg_advisory_xact_lock($1)', [leadKeysLock]);
  const changed = await tx.rows(
    `update lead_keys set version = version + 1, ${set} where version = $1 returning version`,
    [version, ...params],
  );
  if (changed.length === 0) return false;
  tx.publish({ topic: 'leadKeys', subject: rotationSubject, kind });
  return true;
}

/** Leads that are not wholly under the key that counts: what can't be read can't be sealed or indexed anew. */
export async function countLeftBehind(db: Rows, { active, kid }: LeadKeyState): Promise<number> {
  let left = 0;
  for (let last: string | null = '0'; last !== null; ) {
    const [chunk]: LeftRow[] = await db.rows<LeftRow>(
      `select max(id) as last, (count(*) filter (where is_left))::int as "left" from (
         select id, email_${active} is null or phone_${active} is null or split_part(sealed_key, '.', 2) <> $2 as is_left
         from lead where id > $1 order by id limit ${countedAtOnce}) as chunk`,
      [last, kid],
    );
    left += chunk?.left ?? 0;
    last = chunk?.last ?? null;
  }
  return left;
}

interface LeftRow {
  readonly last: string | null;
  readonly left: number;
}

/** No statement may take long, however many leads there are. */
const countedAtOnce = 20_000;
