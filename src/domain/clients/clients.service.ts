// The directory of people who can be reached: by number, with operator code, tag and time zone.
import type { Keys } from '../../auth/keys.js';
import { seesPhones } from '../../auth/masking.js';
import { actorOf } from '../../auth/viewer.js';
import { conflict, notFound } from '../../shared/errors.js';
import { violates } from '../constraints.js';
import { once } from '../idempotency.js';
import { isId } from '../ids.js';
import { parseInput } from '../input.js';
import { type Page, type PageArgs, pageOf } from '../page.js';
import type { Transaction, Work } from '../work.js';
import {
  type ClientChanges,
  type ClientImportRow,
  type ClientQuery,
  type CreateClientInput,
  clientQueryInput,
  createClientInput,
  type NewClient,
  type UpdateClientInput,
  updateClientInput,
} from './client.inputs.js';
import { type ClientRow, clientColumns, clientsById } from './client.rows.js';
import { type BatchCounts, upsertClients } from './client-batch.js';
import { clientCondition, clientOrder } from './client-conditions.js';
import { holdDirectory, shareDirectory } from './directory-lock.js';
import { localTime } from './local-time.js';
import { cancelMessagesOf, followClients } from './queued-messages.js';

export interface ClientPorts {
  readonly keys: Keys;
  readonly defaultTimezone: string;
}

export interface CountByKey {
  readonly key: string;
  readonly count: number;
}

export class ClientService {
  constructor(
    private readonly work: Work,
    private readonly ports: ClientPorts,
  ) {}

  async list(query: ClientQuery, args: PageArgs): Promise<Page<ClientRow>> {
    const { filter, orderBy } = parseInput(clientQueryInput, query);
    const sees = seesPhones(this.work.viewer);
    return pageOf<ClientRow>(
      this.work,
      {
        select: clientColumns,
        from: 'client c',
        ...clientCondition(filter ?? undefined, sees),
        ...clientOrder(orderBy ?? 'NEWEST', sees),
      },
      args,
    );
  }

  async find(id: string): Promise<ClientRow | undefined> {
    if (!isId(id)) return undefined;
    const [client] = await this.work.rows<ClientRow>(
      `select ${clientColumns} from client c where c.id = $1 and c.hidden_at is null`,
      [id],
    );
    return client;
  }

  async get(id: string): Promise<ClientRow> {
    const client = await this.find(id);
    if (!client) throw notFound('The client');
    return client;
  }

  /** Hidden ones too: what refers to them still shows them. */
  byIds(ids: readonly string[]): Promise<Map<string, ClientRow>> {
    return clientsById(this.work, ids);
  }

  /** Those who have none are not counted. */
  tags(): Promise<CountByKey[]> {
    return this.#countBy('tag');
  }

  operatorCodes(): Promise<CountByKey[]> {
    return this.#countBy('operator_code');
  }

  localTime({ timezone }: Pick<ClientRow, 'timezone'>): string {
    return localTime(timezone, this.work.now());
  }

  create(input: CreateClientInput, idempotencyKey?: string | null): Promise<ClientRow> {
    const wanted = parseInput(createClientInput, input);
    const call = {
      actor: actorOf(this.work.viewer),
      operation: 'createClient',
      key: idempotencyKey,
      input: wanted,
    };
    return this.work.write(async (tx) => {
      const { row } = await once<ClientRow>(tx, this.ports.keys, call, {
        create: async () => {
          const row = await insert(tx, wanted);
          if (!row) throw knownPhone();
          return row;
        },
        find: (id) => clientOf(tx, id),
      });
      return row;
    });
  }

  /** Whoever has the number: as they are where the directory knows them, with these fields where they are new or were deleted. */
  async takeIn(tx: Transaction, input: CreateClientInput): Promise<ClientRow> {
    const wanted = parseInput(createClientInput, input);
    const added = await insert(tx, wanted);
    if (added) return added;
    const [known] = await tx.rows<ClientRow>(`select ${clientColumns} from client c where c.phone = $1`, [
      wanted.phone,
    ]);
    if (!known) throw new Error('a number that is taken by nobody');
    return known;
  }

  async update(id: string, input: UpdateClientInput): Promise<ClientRow> {
    const changes = parseInput(updateClientInput, input);
    let moved = false;
    const updated = this.work.write(async (tx) => {
      await (changes.phone === undefined && changes.timezone === undefined ? shareDirectory(tx) : holdDirectory(tx));
      const before = await clientOf(tx, id);
      const after = await replace(tx, changed(before, changes));
      moved = after.phone !== before.phone || after.timezone !== before.timezone;
      if (moved) await followClients(tx, [id]);
      tx.audit('updateClient', `client:${id}`, { changed: namesOf(changes) });
      return after;
    });
    const after = await updated.catch((error: unknown) => {
      throw violates(error, 'client_phone_unique') ? knownPhone() : error;
    });
    if (moved) await this.work.write((tx) => followClients(tx, [id]));
    return after;
  }

  /**
   * Hides: messages and calls still refer to them. A message that a worker put back into the queue in that very moment, still
   * believing in the client, is found by the second look, after the commit; likewise in update().
   */
  async delete(id: string): Promise<void> {
    if (!isId(id)) throw notFound('The client');
    await this.work.write(async (tx) => {
      await holdDirectory(tx);
      const [hidden] = await tx.rows(
        'update client set hidden_at = now(), updated_at = now() where id = $1 and hidden_at is null returning id',
        [id],
      );
      if (!hidden) throw notFound('The client');
      await cancelMessagesOf(tx, id);
      tx.audit('deleteClient', `client:${id}`);
    });
    await this.work.write((tx) => cancelMessagesOf(tx, id));
  }

  /** For imports, which leave an audit entry of their own. */
  upsertMany(tx: Transaction, rows: readonly ClientImportRow[]): Promise<BatchCounts> {
    return upsertClients(tx, rows, this.ports.defaultTimezone);
  }

  #countBy(column: 'tag' | 'operator_code'): Promise<CountByKey[]> {
    return this.work.rows<CountByKey>(
      `select ${column} as key, count(*)::int as count from client where hidden_at is null and ${column} <> ''
       group by 1 order by 2 desc, 1 limit ${mostKeys}`,
    );
  }
}

/** More would be no list to choose from. */
const mostKeys = 1_000;

const knownPhone = () => conflict('This phone number is in the directory already.', 'DUPLICATE_PHONE');

/** Digits 2 to 4. */
const codeOf = (phone: string): string => phone.slice(1, 4);

/** A hidden client comes back with what is wanted now, under the id that messages know. Undefined where the number is taken. */
async function insert(tx: Transaction, wanted: NewClient): Promise<ClientRow | undefined> {
  await shareDirectory(tx);
  const { phone, operatorCode, tag, timezone, name } = wanted;
  const [row] = await tx.rows<ClientRow>(
    `insert into client as c (phone, operator_code, tag, timezone, name) values ($1, $2, $3, $4, $5)
     on conflict (phone) do update set operator_code = excluded.operator_code, tag = excluded.tag, timezone = excluded.timezone,
       name = excluded.name, hidden_at = null, updated_at = now()
     where c.hidden_at is not null returning ${clientColumns}`,
    [phone, operatorCode ?? codeOf(phone), tag ?? '', timezone, name ?? null],
  );
  if (row) tx.audit('createClient', `client:${row.id}`, { fields: namesOf(wanted) });
  return row;
}

async function clientOf(tx: Transaction, id: string): Promise<ClientRow> {
  const [row] = isId(id)
    ? await tx.rows<ClientRow>(
        `select ${clientColumns} from client c where c.id = $1 and c.hidden_at is null for no key update`,
        [id],
      )
    : [];
  if (!row) throw notFound('The client');
  return row;
}

/** A code that was taken from the phone follows it. */
function changed(before: ClientRow, { phone = before.phone, ...changes }: ClientChanges): ClientRow {
  const { operatorCode, tag, timezone = before.timezone, name } = changes;
  const own = before.operatorCode === codeOf(before.phone) ? codeOf(phone) : before.operatorCode;
  return {
    ...before,
    phone,
    timezone,
    operatorCode: operatorCode === undefined ? own : (operatorCode ?? codeOf(phone)),
    tag: tag === undefined ? before.tag : (tag ?? ''),
    name: name === undefined ? before.name : name,
  };
}

async function replace(tx: Transaction, client: ClientRow): Promise<ClientRow> {
  const [row] = await tx.rows<ClientRow>(
    `update client c set phone = $2, operator_code = $3, tag = $4, timezone = $5, name = $6, updated_at = now()
     where c.id = $1 returning ${clientColumns}`,
    [client.id, client.phone, client.operatorCode, client.tag, client.timezone, client.name],
  );
  if (!row) throw new Error('an update without a row');
  return row;
}

const namesOf = (fields: object): string[] =>
  Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [name]));
