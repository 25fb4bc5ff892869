// Sessions: signing in, refreshing with rotation and reuse detection, signing out, and what a token is worth.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Keys } from '../../auth/keys.js';
import { hashPassword, needsRehash, verifyPassword } from '../../auth/passwords.js';
import type { SignInLimits } from '../../auth/sign-in-limits.js';
import { type Role, type Scope, scopes } from '../../entities/account.enums.js';
import { days, minutes, seconds } from '../../shared/clock.js';
import { encodeToken, isToken, keyedHash, newToken, sha256 } from '../../shared/crypto.js';
import { badInput, Failure } from '../../shared/errors.js';
import { parseInput } from '../input.js';
import type { Transaction, Work } from '../work.js';
import { loginField, narrowingField } from './inputs.js';
import { lockOwner, type PersonRow, personColumns, replacePassword } from './person.rows.js';

export interface SessionPorts {
  readonly keys: Keys;
  readonly limits: SignInLimits;
  /** Tokens died or roles changed: what this process believes of them is out of date. */
  readonly forgetTokens: () => void;
}

export interface NewSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
  readonly user: PersonRow;
  /** What it may do. */
  readonly scopes: readonly Scope[];
}

/** RFC 7662, without what an inactive token would tell. */
export type Introspection =
  | { active: false }
  | { active: true; scope: string; username: string; sub: string; token_type: 'Bearer'; iat: number; exp?: number };

/** Without a scope a session may do all that the role allows; with one, only that, also after each refresh. */
const narrowing = z.strictObject({ scope: narrowingField.optional() });
export const signInInput = narrowing.extend({ login: z.string().max(200), password: z.string().max(1_000) });

const accessLifetime = minutes(10);
const refreshLifetime = days(30);
const sessionLifetime = days(90);
/** A client whose answer was lost may ask once more and gets the same successor, never a fork. */
const graceSeconds = 10;

interface UsedRefresh {
  id: string;
  personId: string;
  role: Role;
  scopes: Scope[] | null;
  family: string;
  sessionStartedAt: Date;
  withinGrace: boolean;
}

export class SessionService {
  constructor(
    private readonly work: Work,
    private readonly ports: SessionPorts,
  ) {}

  async signIn(input: z.input<typeof signInInput>): Promise<NewSession> {
    const { login: given, password, scope } = parseInput(signInInput, input);
    // What cannot be a login takes the way of an unknown one, its time and its count of failures too.
    const known = loginField.safeParse(given).data;
    const login = known ?? given;
    const { address } = this.work.viewer.origin;
    await this.ports.limits.check(login, address);
    const [found] = await this.work.rows<{ id: string; role: Role; hash: string; disabled: boolean }>(
      'select id, role, password_hash as hash, disabled_at is not null as disabled from person where login = $1',
      [known ?? ''],
    );
    const right = await verifyPassword(found?.hash, password);
    if (!found || !right || found.disabled) {
      await this.ports.limits.failed(login, address);
      throw new Failure('UNAUTHENTICATED', 'Wrong login or password.');
    }
    await this.ports.limits.succeeded(login, address);
    const scopes = narrowed({ role: found.role, scopes: null }, scope);
    const hash = needsRehash(found.hash) ? await hashPassword(password) : found.hash;
    return this.work.write(async (tx) => {
      await replacePassword(tx, { id: found.id, verified: found.hash, hash });
      return this.#open(tx, found.id, scopes);
    });
  }

  async refresh(refreshToken: string, input: z.input<typeof narrowing> = {}): Promise<NewSession> {
    const { scope } = parseInput(narrowing, input);
    const outcome = isToken(refreshToken)
      ? await this.work.write((tx) => this.#exchange(tx, refreshToken, scope))
      : undefined;
    if (outcome === 'reused') this.ports.forgetTokens();
    if (outcome === undefined || outcome === 'reused') {
      throw new Failure(
        'UNAUTHENTICATED',
        'The refresh token is unknown, expired, revoked or was used before. Sign in again.',
      );
    }
    return outcome;
  }

  /** Ends what the token stands for: the whole session of an access or refresh token, or the API token itself. */
  async revoke(token: string): Promise<void> {
    if (!isToken(token)) return;
    const hash = sha256(token);
    await this.work.write(async (tx) => {
      await lockOwner(tx, hash);
      const [revoked] = await tx.rows<{ id: string }>(
        `update token t set revoked_at = now() from token named
         where named.hash = $1 and t.revoked_at is null and (t.id = named.id or t.family = named.family) returning named.id`,
        [hash],
      );
      if (revoked) tx.audit('signOut', `token:${revoked.id}`);
    });
    this.ports.forgetTokens();
  }

  /** Tells of the token that signed the request; of every other it knows nothing. */
  async introspect(token: string): Promise<Introspection> {
    const { identity } = this.work.viewer;
    if (identity.kind !== 'person' && identity.kind !== 'token') return { active: false };
    const [row] = await this.work.rows<{ scopes: Scope[] | null; createdAt: Date; expiresAt: Date | null }>(
      `select scopes, created_at as "createdAt", expires_at as "expiresAt" from token where hash = $1 and id = $2`,
      [sha256(token), identity.tokenId],
    );
    if (!row) return { active: false };
    return {
      active: true,
      scope: scopesOf({ role: identity.role, scopes: row.scopes }).join(' '),
      username: identity.login,
      sub: identity.personId,
      token_type: 'Bearer',
      iat: inSeconds(row.createdAt),
      ...(row.expiresAt ? { exp: inSeconds(row.expiresAt) } : {}),
    };
  }

  async #open(tx: Transaction, personId: string, scopes: Scope[] | null): Promise<NewSession> {
    const now = this.work.now();
    const pair = { access: newToken('at'), refresh: newToken('rt') };
    const session = await this.#keep(tx, pair, {
      ...{ personId, scopes, family: randomUUID(), sessionStartedAt: now },
    });
    tx.audit('signIn', `person:${personId}`);
    return session;
  }

  async #exchange(
    tx: Transaction,
    refreshToken: string,
    scope: Scope[] | undefined,
  ): Promise<NewSession | 'reused' | undefined> {
    const hash = sha256(refreshToken);
    await lockOwner(tx, hash);
    const [fresh] = await tx.rows<UsedRefresh>(
      `update token t set used_at = now() from person p
       where t.hash = $1 and t.kind = 'refresh' and t.used_at is null and t.revoked_at is null and t.expires_at > now()
         and p.id = t.person_id and p.disabled_at is null
       returning ${usedColumns}, true as "withinGrace"`,
      [hash],
    );
    if (fresh) return this.#keep(tx, this.#successors(refreshToken), { ...fresh, scopes: narrowed(fresh, scope) });
    const [used] = await tx.rows<UsedRefresh>(
      `select ${usedColumns}, t.used_at > now() - interval '${graceSeconds} s' as "withinGrace"
       from token t join person p on p.id = t.person_id
       where t.hash = $1 and t.kind = 'refresh' and t.used_at is not null and t.revoked_at is null and p.disabled_at is null`,
      [hash],
    );
    if (!used) return undefined;
    if (used.withinGrace) return this.#sameAgain(tx, refreshToken, used);
    await tx.rows('update token set revoked_at = now() where family = $1 and revoked_at is null', [used.family]);
    tx.audit('refreshTokenReused', `person:${used.personId}`);
    return 'reused';
  }

  /** Successors are derived, not drawn, so that a lost answer can be given again though only hashes are kept. */
  #successors(refreshToken: string): { access: string; refresh: string } {
    const key = this.ports.keys.current('sessions');
    return {
      access: encodeToken('at', keyedHash(key, 'access', refreshToken)),
      refresh: encodeToken('rt', keyedHash(key, 'refresh', refreshToken)),
    };
  }

  async #sameAgain(tx: Transaction, refreshToken: string, used: UsedRefresh): Promise<NewSession | undefined> {
    const pair = this.#successors(refreshToken);
    const [successor] = await tx.rows<{ expiresAt: Date; scopes: Scope[] | null }>(
      `select expires_at as "expiresAt", scopes from token where hash = $1 and revoked_at is null and expires_at > now()`,
      [sha256(pair.access)],
    );
    if (!successor) return undefined;
    const expiresIn = Math.floor((successor.expiresAt.getTime() - this.work.now().getTime()) / 1_000);
    return this.#told(tx, pair, { personId: used.personId, scopes: successor.scopes, expiresIn });
  }

  async #keep(
    tx: Transaction,
    pair: { access: string; refresh: string },
    session: Pick<UsedRefresh, 'personId' | 'scopes' | 'family' | 'sessionStartedAt'>,
  ): Promise<NewSession> {
    const { personId, scopes, family, sessionStartedAt } = session;
    const now = this.work.now().getTime();
    const refreshEnds = new Date(Math.min(now + refreshLifetime, sessionStartedAt.getTime() + sessionLifetime));
    await tx.rows(
      `insert into token (kind, hash, person_id, scopes, family, session_started_at, expires_at)
       values ('access', $1, $3, $4, $5, $6, $7), ('refresh', $2, $3, $4, $5, $6, $8)`,
      [
        sha256(pair.access),
        sha256(pair.refresh),
        personId,
        scopes,
        family,
        sessionStartedAt,
        new Date(now + accessLifetime),
        refreshEnds,
      ],
    );
    return this.#told(tx, pair, { personId, scopes, expiresIn: accessLifetime / seconds(1) });
  }

  async #told(
    tx: Transaction,
    { access: accessToken, refresh: refreshToken }: { access: string; refresh: string },
    session: { personId: string; scopes: Scope[] | null; expiresIn: number },
  ): Promise<NewSession> {
    const user = await personById(tx, session.personId);
    const scopes = scopesOf({ role: user.role, scopes: session.scopes });
    return { accessToken, refreshToken, expiresIn: session.expiresIn, user, scopes };
  }
}

const usedColumns = `t.id, t.person_id as "personId", p.role, t.scopes, t.family, t.session_started_at as "sessionStartedAt"`;

interface Held {
  readonly role: Role;
  /** Null: all that the role allows. */
  readonly scopes: readonly Scope[] | null;
}

/** What a token may do; a viewer reads. */
function scopesOf({ role, scopes: held }: Held): readonly Scope[] {
  const ofRole: readonly Scope[] = role === 'VIEWER' ? ['LEADS_READ', 'READ'] : scopes;
  return held ? ofRole.filter((scope) => held.includes(scope)) : ofRole;
}

/** A session never gets more than it has: RFC 6749 sections 3.3 and 6. */
function narrowed(held: Held & { readonly scopes: Scope[] | null }, wanted: Scope[] | undefined): Scope[] | null {
  if (!wanted) return held.scopes;
  const allowed = scopesOf(held);
  const beyond = wanted.filter((scope) => !allowed.includes(scope));
  if (beyond.length === 0) return wanted;
  throw badInput('scope', 'BEYOND', `${beyond.join(', ')} is more than this session may have`);
}

async function personById(tx: Transaction, id: string): Promise<PersonRow> {
  const [person] = await tx.rows<PersonRow>(`select ${personColumns} from person where id = $1`, [id]);
  if (!person) throw new Error('a token without its person');
  return person;
}

const inSeconds = (moment: Date): number => Math.floor(moment.getTime() / 1_000);
