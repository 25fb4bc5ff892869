// The one table of who may do what, asked by every door. What no row allows is denied.
import type { Role, Scope } from '../entities/account.enums.js';
import { Failure } from '../shared/errors.js';
import { isSignedIn, type Viewer } from './viewer.js';

export interface Policy {
  /** Nobody, everybody signed in, every token. */
  readonly everyone?: true;
  readonly roles: readonly Role[];
  /** Scopes that open the row to an API token or a narrowed session; the role must open it too. */
  readonly scopes: readonly Scope[] | 'any';
  /** One of them is not enough. */
  readonly everyScope?: true;
}

const anyRole = ['VIEWER', 'OPERATOR', 'ADMIN'] as const;
const staff = ['OPERATOR', 'ADMIN'] as const;
const admins = ['ADMIN'] as const;

export const policies = {
  open: { everyone: true, roles: anyRole, scopes: 'any' },
  introspectSelf: { roles: anyRole, scopes: 'any' },
  ownAccount: { roles: anyRole, scopes: [] },
  mailingsRead: { roles: anyRole, scopes: ['READ', 'MAILINGS'] },
  mailingsWrite: { roles: staff, scopes: ['MAILINGS'] },
  /** What others asked is for those of imeiRead alone. */
  imeiCheck: { roles: staff, scopes: ['IMEI_CHECK'] },
  imeiRead: { roles: anyRole, scopes: ['READ'] },
  /** One's own history, or all of it: the service knows which. */
  imeiHistory: { roles: anyRole, scopes: ['READ', 'IMEI_CHECK'] },
  leadsRead: { roles: anyRole, scopes: ['LEADS_READ'] },
  /** With an address of the caller's choosing; from nobody a lead is taken in too. */
  leadsWrite: { roles: staff, scopes: ['LEADS_WRITE'] },
  leadsChange: { roles: staff, scopes: ['LEADS_WRITE', 'LEADS_READ'], everyScope: true },
  /** Writes to the directory too. */
  leadsConvert: { roles: staff, scopes: ['LEADS_WRITE', 'LEADS_READ', 'MAILINGS'], everyScope: true },
  protection: { roles: admins, scopes: [] },
  systemRead: { roles: anyRole, scopes: ['READ'] },
  alarmsWrite: { roles: staff, scopes: [] },
  simulators: { roles: staff, scopes: [] },
  telegramAccess: { roles: staff, scopes: [] },
  people: { roles: admins, scopes: [] },
} as const satisfies Record<string, Policy>;

export type PolicyName = keyof typeof policies;

export function may({ identity }: Viewer, name: PolicyName): boolean {
  const policy: Policy = policies[name];
  if (policy.everyone || identity.kind === 'system') return true;
  if (identity.kind === 'nobody') return false;
  return opensTo(name, identity.role, identity.scopes);
}

/** Whether somebody of this role may; `held`: the scopes of an API token or a narrowed session, null for all that the role allows. */
export function opensTo(name: PolicyName, role: Role, held: readonly Scope[] | null): boolean {
  const { roles, scopes, everyScope }: Policy = policies[name];
  if (!roles.includes(role)) return false;
  if (held === null || scopes === 'any') return true;
  const has = (scope: Scope): boolean => held.includes(scope);
  return everyScope ? scopes.every(has) : scopes.some(has);
}

/** Throws what a refused viewer is to be told; says nothing where the viewer may. */
export function demand(viewer: Viewer, name: PolicyName): void {
  if (may(viewer, name)) return;
  if (viewer.identity.kind === 'nobody') throw new Failure('UNAUTHENTICATED', 'Sign in first.');
  throw new Failure('FORBIDDEN', 'This account may not do that.');
}

/** Somebody who was given a one-time password may only look at themselves, change it, or leave. */
export function demandOwnPassword(viewer: Viewer): void {
  if (isSignedIn(viewer) && viewer.identity.mustChangePassword) {
    throw new Failure('FORBIDDEN', 'Change the one-time password first.', { reasons: ['PASSWORD_CHANGE_REQUIRED'] });
  }
}
