// What somebody may do in whose name a job does something, while they are not there: asked by the name that the audit log has.
import type { Role, Scope } from '../entities/account.enums.js';
import { opensTo, type PolicyName } from './policies.js';

interface Rows {
  rows<Row extends object>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

interface ActorRow {
  readonly role: Role;
  /** Null for a person. */
  readonly scopes: Scope[] | null;
}

/** No for whoever is disabled, revoked, expired or gone by now. */
export async function actorMay(db: Rows, actor: string, name: PolicyName): Promise<boolean> {
  const [, kind, id] = /^(person|token):(\d+)$/.exec(actor) ?? [];
  if (kind === undefined) return false;
  const [found] = await db.rows<ActorRow>(kind === 'person' ? personSql : tokenSql, [id]);
  return found !== undefined && opensTo(name, found.role, found.scopes);
}

const personSql = 'select role, null as scopes from person where id = $1 and disabled_at is null';
const tokenSql = `
  select p.role, coalesce(t.scopes, '{}') as scopes from token t join person p on p.id = t.person_id
  where t.id = $1 and t.kind = 'api' and t.revoked_at is null and p.disabled_at is null and (t.expires_at is null or t.expires_at > now())`;
