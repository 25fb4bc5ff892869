// From a bearer token to a viewer. What was found is believed for a second, so that a busy client costs one look-up
// a second and a revocation elsewhere is felt within it; this process forgets at once what it revoked itself.
import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import type { Role, Scope } from '../entities/account.enums.js';
import { isToken, sha256 } from '../shared/crypto.js';
import { Failure } from '../shared/errors.js';
import type { Logger } from '../shared/logger.js';
import { type Identity, nobody, type Origin, type SignedInIdentity, type Viewer } from './viewer.js';

const believedForMs = 1_000;
const touchEveryMs = 5_000;

interface IdentityRow {
  id: string;
  kind: 'access' | 'api';
  scopes: Scope[] | null;
  expiresAt: Date | null;
  personId: string;
  login: string;
  role: Role;
  mustChangePassword: boolean;
}

const identitySql = `
  select t.id, t.kind, t.scopes, t.expires_at as "expiresAt", p.id as "personId", p.login, p.role,
         p.must_change_password as "mustChangePassword"
  from token t join person p on p.id = t.person_id
  where t.kind in ('access', 'api') and t.revoked_at is null and p.disabled_at is null
    and (t.expires_at is null or t.expires_at > now())`;

export class Authenticator {
  readonly #known = new LRUCache<string, SignedInIdentity>({ max: 10_000, ttl: believedForMs });
  #touched = new Map<string, string>();
  /** How often this process forgot. */
  #forgotten = 0;
  readonly #timer: NodeJS.Timeout;
  readonly #legacyHash: Buffer | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly log: Logger,
    /** A token like any other, though it does not look like one: LEGACY_IMEI_TOKEN. */
    legacyToken?: string | undefined,
  ) {
    this.#legacyHash = legacyToken === undefined ? undefined : sha256(legacyToken);
    this.#timer = setInterval(() => void this.#recordUse(), touchEveryMs).unref();
  }

  async viewer(token: string | undefined, origin: Origin): Promise<Viewer> {
    return { identity: token === undefined ? nobody : await this.#identify(token), origin };
  }

  /** Which of these tokens still stand for somebody, and for whom: sockets ask each second. */
  async recheck(tokenIds: readonly string[]): Promise<Map<string, SignedInIdentity>> {
    const { rows } = await this.pool.query<IdentityRow>(`${identitySql} and t.id = any($1)`, [tokenIds]);
    return new Map(rows.map((row) => [row.id, identityOf(row)]));
  }

  /** After a revocation or a change of role in this process. */
  forget(): void {
    this.#forgotten += 1;
    this.#known.clear();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#recordUse();
  }

  async #identify(token: string): Promise<Identity> {
    const hash = sha256(token);
    if (!isToken(token) && !this.#legacyHash?.equals(hash)) throw unknownToken();
    const key = hash.toString('base64');
    const known = this.#known.get(key);
    if (known && isAlive(known)) return known;
    const forgotten = this.#forgotten;
    const { rows } = await this.pool.query<IdentityRow>({
      name: 'identify',
      text: `${identitySql} and t.hash = $1`,
      values: [hash],
    });
    const [row] = rows;
    if (!row) throw unknownToken();
    const identity = identityOf(row);
    // A look-up that began before a revocation may have read what was there before: it is not believed a second longer.
    if (forgotten === this.#forgotten) this.#known.set(key, identity);
    this.#touched.set(identity.tokenId, identity.personId);
    return identity;
  }

  /** lastUsedAt and lastSeenAt lag a few seconds behind instead of costing a write for each request. */
  async #recordUse(): Promise<void> {
    if (this.#touched.size === 0) return;
    const touched = this.#touched;
    this.#touched = new Map();
    try {
      await this.pool.query(
        `with used as (update token set last_used_at = now() where id = any($1))
         update person set last_seen_at = now() where id = any($2)`,
        [[...touched.keys()], [...new Set(touched.values())]],
      );
    } catch (error) {
      this.log.warn({ err: error }, 'could not record when tokens were used');
    }
  }
}

/** The token of an Authorization header, empty where none follows the scheme; undefined for other schemes. */
export function bearerToken(authorization: string): string | undefined {
  const scheme = /^Bearer(?:\s+(\S.*))?$/i.exec(authorization.trim());
  return scheme ? (scheme[1] ?? '') : undefined;
}

const unknownToken = (): Failure => new Failure('UNAUTHENTICATED', 'The token is unknown, expired or revoked.');

const isAlive = (identity: SignedInIdentity): boolean =>
  identity.expiresAt === null || identity.expiresAt.getTime() > Date.now();

function identityOf(row: IdentityRow): SignedInIdentity {
  const { id: tokenId, kind, scopes, ...account } = row;
  return kind === 'api'
    ? { kind: 'token', tokenId, ...account, scopes: scopes ?? [] }
    : { kind: 'person', tokenId, ...account, scopes };
}
