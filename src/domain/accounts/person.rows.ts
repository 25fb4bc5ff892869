// People as the API shows them: the columns that may leave the server, under their property names. And the locks of a person's row.
import type { Role } from '../../entities/account.enums.js';
import { Failure } from '../../shared/errors.js';
import type { Transaction } from '../work.js';

export interface PersonRow {
  id: string;
  login: string;
  name: string;
  role: Role;
  telegramId: string | null;
  mustChangePassword: boolean;
  createdAt: Date;
  lastSeenAt: Date | null;
  disabledAt: Date | null;
}

export const personColumns = `id, login, name, role, telegram_id as "telegramId", must_change_password as "mustChangePassword",
  created_at as "createdAt", last_seen_at as "lastSeenAt", disabled_at as "disabledAt"`;

/**
 * Every transaction that makes, renews or ends the sessions of a person locks the person's row first. Each later statement then
 * sees what the others committed: a revocation finds the successors of a refresh that was in flight, and a refresh finds the
 * revocation. An update of the row is this lock too.
 */
export async function lockPerson(tx: Transaction, id: string): Promise<void> {
  await tx.rows('select from person where id = $1 for no key update', [id]);
}

/** As lockPerson, for the person whom a token stands for. */
export async function lockOwner(tx: Transaction, tokenHash: Buffer): Promise<void> {
  await tx.rows('select from person where id = (select person_id from token where hash = $1) for no key update', [
    tokenHash,
  ]);
}

export interface PasswordChange {
  readonly id: string;
  /** What the given password was compared with. */
  readonly verified: string;
  readonly hash: string;
}

/** Locks the person, and refuses where another transaction changed the password or disabled the person since it was verified. */
export async function replacePassword(tx: Transaction, { id, verified, hash }: PasswordChange): Promise<void> {
  const [unchanged] = await tx.rows(
    'update person set password_hash = $3 where id = $1 and password_hash = $2 and disabled_at is null returning id',
    [id, verified, hash],
  );
  if (!unchanged) throw new Failure('UNAVAILABLE', 'This account was just changed; try again.', { retryAfter: 1 });
}
