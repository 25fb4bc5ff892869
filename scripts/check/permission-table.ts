// Root field × who asks, worked out by the same policies that the doors ask.
import type { may } from '../../src/auth/policies.js';
import type { Identity, Viewer } from '../../src/auth/viewer.js';
import type { rootFields } from '../../src/schema/permissions.js';
import type { PermissionTable } from './documents.js';

export interface Policies {
  readonly may: typeof may;
  readonly rootFields: typeof rootFields;
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
}

export function permissionTable({ may, rootFields, roles, scopes }: Policies): PermissionTable {
  const askers = [
    { name: 'nobody', viewer: viewerOf({ kind: 'nobody' }) },
    ...[...roles]
      .reverse()
      .map((role) => ({ name: role, viewer: viewerOf({ kind: 'person', ...someone, role, scopes: null }) })),
    ...scopes.map((scope) => ({
      name: scope,
      viewer: viewerOf({ kind: 'token', ...someone, role: 'ADMIN', scopes: [scope] }),
    })),
  ];
  return {
    columns: askers.map(({ name }) => name),
    rows: Object.entries(rootFields).map(([field, row]) => ({
      field,
      row,
      cells: askers.map(({ viewer }) => may(viewer, row)),
    })),
  };
}

type Token = Extract<Identity, { kind: 'token' }>;
type Role = Token['role'];
type Scope = Token['scopes'][number];

const someone = {
  personId: '1',
  login: 'someone',
  mustChangePassword: false,
  tokenId: '1',
  expiresAt: new Date(8_640_000_000_000_000),
};

const viewerOf = (identity: Identity): Viewer => ({
  identity,
  origin: { door: 'GRAPHQL', address: '192.0.2.1', loopback: false, requestId: 'table' },
});
