// Who asks, from where, by which door. Nobody is a viewer too, so that no caller has to test for null.

import type { Door, Role, Scope } from '../entities/account.enums.js';
import { Failure } from '../shared/errors.js';

/** What a request brings before anybody is recognised. */
export interface Origin {
  readonly door: Door;
  readonly address: string;
  /** The peer itself is loopback, no proxy and no forwarding header in between. */
  readonly loopback: boolean;
  readonly requestId: string;
}

interface Nobody {
  readonly kind: 'nobody';
}

interface SignedIn {
  readonly personId: string;
  readonly login: string;
  readonly role: Role;
  readonly mustChangePassword: boolean;
  readonly tokenId: string;
  /** Null: an API token that does not end by itself. */
  readonly expiresAt: Date | null;
  /** What they may do, as far as the role allows it. Null: all that the role allows. */
  readonly scopes: readonly Scope[] | null;
}

/** A session; it has scopes where it was narrowed when it was asked for. */
interface PersonIdentity extends SignedIn {
  readonly kind: 'person';
}

interface TokenIdentity extends SignedIn {
  readonly kind: 'token';
  readonly scopes: readonly Scope[];
}

/** The product itself: a job, a start, a command on the server. */
interface SystemIdentity {
  readonly kind: 'system';
}

export type Identity = Nobody | PersonIdentity | TokenIdentity | SystemIdentity;
export type SignedInIdentity = PersonIdentity | TokenIdentity;

export interface Viewer<I extends Identity = Identity> {
  readonly identity: I;
  readonly origin: Origin;
}

export const nobody: Nobody = { kind: 'nobody' };

export const isSignedIn = (viewer: Viewer): viewer is Viewer<SignedInIdentity> =>
  viewer.identity.kind === 'person' || viewer.identity.kind === 'token';

/** The identity of somebody signed in, or UNAUTHENTICATED. */
export function signedIn(viewer: Viewer): SignedInIdentity {
  if (!isSignedIn(viewer)) throw new Failure('UNAUTHENTICATED', 'Sign in first.');
  return viewer.identity;
}

export const systemViewer = (requestId: string): Viewer => ({
  identity: { kind: 'system' },
  origin: { door: 'JOB', address: '127.0.0.1', loopback: true, requestId },
});

/** The name under which limits, idempotency keys and the audit log know this viewer; no personal data in it. */
export function actorOf({ identity, origin }: Viewer): string {
  switch (identity.kind) {
    case 'person':
      return `person:${identity.personId}`;
    case 'token':
      return `token:${identity.tokenId}`;
    case 'system':
      return 'system';
    case 'nobody':
      return `address:${origin.address}`;
  }
}
