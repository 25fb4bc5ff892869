// People who may sign in: who they are, what they may do, and their passwords.
import { z } from 'zod';
import type { Keys } from '../../auth/keys.js';
import { hashPassword, verifyPassword } from '../../auth/passwords.js';
import type { SignInLimits } from '../../auth/sign-in-limits.js';
import { actorOf, isSignedIn, signedIn } from '../../auth/viewer.js';
import { newPassword } from '../../shared/crypto.js';
import { badInput, conflict, notFound } from '../../shared/errors.js';
import { violates } from '../constraints.js';
import { once } from '../idempotency.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import type { Rows } from '../live/event-log.js';
import type { Transaction, Work } from '../work.js';
import { loginField, nameField, passwordField, roleField } from './inputs.js';
import { lockPerson, type PersonRow, personColumns, replacePassword } from './person.rows.js';

export interface UserPorts {
  readonly keys: Keys;
  readonly limits: SignInLimits;
  readonly forgetTokens: () => void;
}

export const createUserInput = z
  .strictObject({
    login: loginField.describe('1 to 64 letters, digits or . _ @ + -; letters in lower case.'),
    name: nameField.describe('1 to 200 characters.'),
    password: passwordField.describe('8 to 128 characters.'),
    role: roleField.describe('What they may do.'),
  })
  .meta({ id: 'CreateUserInput', description: 'A new person who may sign in.' });
export const updateUserInput = z.strictObject({
  name: nameField.nullish(),
  role: roleField.nullish(),
  disabled: z.boolean().nullish(),
});
export const changePasswordInput = z.strictObject({
  currentPassword: z.string().max(1_000),
  newPassword: passwordField,
});

/** Two admins who demote each other at the same moment wait here, and the second one is refused. */
const lastAdminLock = 7_301_003;

export class UserService {
  constructor(
    private readonly work: Work,
    private readonly ports: UserPorts,
  ) {}

  list(): Promise<PersonRow[]> {
    return this.work.rows<PersonRow>(`select ${personColumns} from person order by id`);
  }

  async byIds(ids: readonly string[]): Promise<Map<string, PersonRow>> {
    const rows = await this.work.rows<PersonRow>(`select ${personColumns} from person where id = any($1)`, [ids]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  get(id: string): Promise<PersonRow> {
    return personOf(this.work, id);
  }

  /** The person behind the viewer, or undefined for nobody. */
  async me(): Promise<PersonRow | undefined> {
    if (!isSignedIn(this.work.viewer)) return undefined;
    const { personId } = this.work.viewer.identity;
    return (await this.byIds([personId])).get(personId);
  }

  async create(input: z.input<typeof createUserInput>, idempotencyKey?: string | null): Promise<PersonRow> {
    const { login, name, password, role } = parseInput(createUserInput, input);
    const passwordHash = await hashPassword(password);
    const call = {
      actor: actorOf(this.work.viewer),
      operation: 'createUser',
      key: idempotencyKey,
      input: { login, name, password, role },
    };
    const created = this.work.write(async (tx) => {
      const { row } = await once<PersonRow>(tx, this.ports.keys, call, {
        create: () => this.#insert(tx, { login, name, role, passwordHash }),
        find: (id) => personOf(tx, id),
      });
      return row;
    });
    return created.catch((error: unknown) => {
      throw violates(error, 'person_login_unique') ? conflict('This login is taken.', 'DUPLICATE_LOGIN') : error;
    });
  }

  async update(id: string, input: z.input<typeof updateUserInput>): Promise<PersonRow> {
    const { name, role, disabled } = parseInput(updateUserInput, input);
    const updated = await this.work.write(async (tx) => {
      await tx.rows('select pg_advisory_xact_lock($1)', [lastAdminLock]);
      await personOf(tx, id);
      await tx.rows(
        `update person set name = coalesce($2, name), role = coalesce($3, role),
           disabled_at = case when $4 then coalesce(disabled_at, now()) when not $4 then null else disabled_at end
         where id = $1`,
        [id, name ?? null, role ?? null, disabled ?? null],
      );
      await refuseWithoutAdmin(tx);
      if (disabled) await endSessions(tx, id);
      tx.audit('updateUser', `person:${id}`, {
        changed: Object.entries(input).flatMap(([field, value]) => (value == null ? [] : [field])),
      });
      return personOf(tx, id);
    });
    this.ports.forgetTokens();
    return updated;
  }

  /** Other sessions of this person end; the one that asked goes on. */
  async changePassword(input: z.input<typeof changePasswordInput>): Promise<void> {
    const { currentPassword, newPassword: wanted } = parseInput(changePasswordInput, input);
    const { personId, login, tokenId } = signedIn(this.work.viewer);
    const verified = await this.#demandPassword(personId, login, currentPassword);
    const hash = await hashPassword(wanted);
    await this.work.write(async (tx) => {
      await replacePassword(tx, { id: personId, verified, hash });
      await tx.rows('update person set must_change_password = false where id = $1', [personId]);
      await endSessions(tx, personId, tokenId);
      tx.audit('changePassword', `person:${personId}`);
    });
    this.ports.forgetTokens();
  }

  /** A one-time password: shown once, to be changed at the next sign-in. */
  async resetPassword(id: string): Promise<string> {
    const password = newPassword();
    const passwordHash = await hashPassword(password);
    await this.work.write(async (tx) => {
      await personOf(tx, id);
      await tx.rows('update person set password_hash = $2, must_change_password = true where id = $1', [
        id,
        passwordHash,
      ]);
      await endSessions(tx, id);
      tx.audit('resetPassword', `person:${id}`);
    });
    this.ports.forgetTokens();
    return password;
  }

  /** `npm run admin -- reset <login>`: for those who can no longer sign in to do it. */
  async resetByLogin(login: string): Promise<string> {
    const [person] = await this.work.rows<{ id: string }>('select id from person where login = $1', [
      loginField.parse(login),
    ]);
    if (!person) throw notFound(`A person with the login «${login}»`);
    await this.work.rows('update person set disabled_at = null where id = $1', [person.id]);
    return this.resetPassword(person.id);
  }

  /** The first person, where there is nobody yet; undefined where there is somebody. */
  async createFirst(login: string, password: string): Promise<PersonRow | undefined> {
    const passwordHash = await hashPassword(password);
    return this.work.write(async (tx) => {
      await tx.rows('select pg_advisory_xact_lock($1)', [lastAdminLock]);
      const [somebody] = await tx.rows('select 1 from person limit 1');
      return somebody
        ? undefined
        : this.#insert(tx, { login: loginField.parse(login), name: 'Administrator', role: 'ADMIN', passwordHash });
    });
  }

  /** The login that a start can name to whoever lost the password. */
  async oldestAdmin(): Promise<string | undefined> {
    const [admin] = await this.work.rows<{ login: string }>(
      `select login from person where role = 'ADMIN' and disabled_at is null order by id limit 1`,
    );
    return admin?.login;
  }

  async #insert(
    tx: Transaction,
    person: { login: string; name: string; role: string; passwordHash: string },
  ): Promise<PersonRow> {
    const [row] = await tx.rows<PersonRow>(
      `insert into person (login, name, role, password_hash) values ($1, $2, $3, $4) returning ${personColumns}`,
      [person.login, person.name, person.role, person.passwordHash],
    );
    if (!row) throw new Error('an insert without a row');
    tx.audit('createUser', `person:${row.id}`, { role: row.role });
    return row;
  }

  /** The hash that it fits. A stolen token must not become a machine for guessing the password: the sign-in limits count here too. */
  async #demandPassword(personId: string, login: string, password: string): Promise<string> {
    const { address } = this.work.viewer.origin;
    await this.ports.limits.check(login, address);
    const [person] = await this.work.rows<{ hash: string }>('select password_hash as hash from person where id = $1', [
      personId,
    ]);
    if (!person || !(await verifyPassword(person.hash, password))) {
      await this.ports.limits.failed(login, address);
      throw badInput('currentPassword', 'WRONG', 'this is not your password');
    }
    await this.ports.limits.succeeded(login, address);
    return person.hash;
  }
}

async function personOf(db: Rows, id: string): Promise<PersonRow> {
  const [person] = isId(id) ? await db.rows<PersonRow>(`select ${personColumns} from person where id = $1`, [id]) : [];
  if (!person) throw notFound('The person');
  return person;
}

async function refuseWithoutAdmin(tx: Transaction): Promise<void> {
  const [admin] = await tx.rows("select 1 from person where role = 'ADMIN' and disabled_at is null limit 1");
  if (!admin) throw conflict('Somebody has to remain who may administer.', 'LAST_ADMIN');
}

/** API tokens stay: they are switched off with their owner and on again. */
async function endSessions(tx: Transaction, personId: string, exceptThatOf: string | null = null): Promise<void> {
  await lockPerson(tx, personId);
  await tx.rows(
    `update token set revoked_at = now() where person_id = $1 and kind <> 'api' and revoked_at is null
       and family is distinct from (select family from token where id = $2)`,
    [personId, exceptThatOf],
  );
}
