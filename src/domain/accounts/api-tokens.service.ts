// API tokens: made by a person for programs, with scopes, shown once, revocable.
import { z } from 'zod';
import type { Keys } from '../../auth/keys.js';
import { actorOf, signedIn } from '../../auth/viewer.js';
import type { Scope } from '../../entities/account.enums.js';
import { newToken, sha256 } from '../../shared/crypto.js';
import { conflict, Failure, notFound } from '../../shared/errors.js';
import { once } from '../idempotency.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import type { Rows } from '../live/event-log.js';
import type { Transaction, Work } from '../work.js';
import { futureField, nameField, scopesField } from './inputs.js';
import { lockPerson } from './person.rows.js';

export interface ApiTokenPorts {
  readonly keys: Keys;
  readonly forgetTokens: () => void;
}

export interface ApiTokenRow {
  id: string;
  ownerId: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  createdAt: Date;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** The secret is null where the same idempotency key asks again: only its hash was kept. */
export interface IssuedApiToken {
  readonly secret: string | null;
  readonly token: ApiTokenRow;
}

export const createApiTokenInput = z
  .strictObject({
    name: nameField.describe('Which program uses it; 1 to 200 characters.'),
    scopes: scopesField.describe('What it may do, and never more than its owner.'),
    expiresAt: futureField.nullish().describe('Until when it works; for good where left out.'),
  })
  .meta({ id: 'CreateApiTokenInput', description: 'A new API token.' });

const columns = `id, person_id as "ownerId", name, prefix, scopes, created_at as "createdAt",
  last_used_at as "lastUsedAt", expires_at as "expiresAt", revoked_at as "revokedAt"`;
const isLive = 'revoked_at is null and (expires_at is null or expires_at > now())';
/** Of one person: each of them has a limit of requests of its own. */
const mostLive = 50;
const prefixLength = 'sb_live_'.length + 4;

export class ApiTokenService {
  constructor(
    private readonly work: Work,
    private readonly ports: ApiTokenPorts,
  ) {}

  /** One's own, or another person's for an ADMIN; newest first. */
  async list(userId?: string | null): Promise<ApiTokenRow[]> {
    const { personId, role } = signedIn(this.work.viewer);
    const ownerId = userId ?? personId;
    if (ownerId !== personId && role !== 'ADMIN')
      throw new Failure('FORBIDDEN', "Other people's tokens are for admins.");
    if (!isId(ownerId)) return [];
    return this.work.rows<ApiTokenRow>(
      `select ${columns} from token where kind = 'api' and person_id = $1 order by id desc`,
      [ownerId],
    );
  }

  /** Another person's is not found, but for an ADMIN. */
  async get(id: string): Promise<ApiTokenRow> {
    const token = await tokenOf(this.work, id);
    this.#demandReach(token);
    return token;
  }

  create(input: z.input<typeof createApiTokenInput>, idempotencyKey?: string | null): Promise<IssuedApiToken> {
    const { name, scopes, expiresAt } = parseInput(createApiTokenInput, input);
    const { personId } = signedIn(this.work.viewer);
    const secret = newToken('live');
    const call = {
      actor: actorOf(this.work.viewer),
      operation: 'createApiToken',
      key: idempotencyKey,
      input: { name, scopes, expiresAt },
    };
    return this.work.write(async (tx) => {
      const { row, repeated } = await once<ApiTokenRow>(tx, this.ports.keys, call, {
        create: () => this.#insert(tx, { secret, personId, name, scopes, expiresAt: expiresAt ?? null }),
        find: (id) => tokenOf(tx, id),
      });
      return { secret: repeated ? null : secret, token: row };
    });
  }

  /** Revoking twice is no error: the first moment stands. */
  async revoke(id: string): Promise<ApiTokenRow> {
    const revoked = await this.work.write(async (tx) => {
      const token = await tokenOf(tx, id);
      this.#demandReach(token);
      await tx.rows('update token set revoked_at = now() where id = $1 and revoked_at is null', [id]);
      tx.audit('revokeApiToken', `token:${id}`);
      return tokenOf(tx, id);
    });
    this.ports.forgetTokens();
    return revoked;
  }

  #demandReach({ ownerId }: ApiTokenRow): void {
    const { personId, role } = signedIn(this.work.viewer);
    if (ownerId !== personId && role !== 'ADMIN') throw notFound('The token');
  }

  async #insert(
    tx: Transaction,
    token: { secret: string; personId: string; name: string; scopes: Scope[]; expiresAt: Date | null },
  ): Promise<ApiTokenRow> {
    const { secret, personId, name, scopes, expiresAt } = token;
    // One after the other, so that each sees what the others made.
    await lockPerson(tx, personId);
    const live = await tx.rows(`select from token where kind = 'api' and person_id = $1 and ${isLive} limit $2`, [
      ...[personId, mostLive],
    ]);
    if (live.length >= mostLive)
      throw conflict(`You have ${mostLive} live tokens, which is the most: revoke one first.`, 'TOO_MANY_TOKENS');
    const [row] = await tx.rows<ApiTokenRow>(
      `insert into token (kind, hash, prefix, person_id, name, scopes, expires_at) values ('api', $1, $2, $3, $4, $5, $6) returning ${columns}`,
      [sha256(secret), secret.slice(0, prefixLength), personId, name, scopes, expiresAt],
    );
    if (!row) throw new Error('an insert without a row');
    tx.audit('createApiToken', `token:${row.id}`, { scopes });
    return row;
  }
}

async function tokenOf(db: Rows, id: string): Promise<ApiTokenRow> {
  const [token] = isId(id)
    ? await db.rows<ApiTokenRow>(`select ${columns} from token where kind = 'api' and id = $1`, [id])
    : [];
  if (!token) throw notFound('The token');
  return token;
}
