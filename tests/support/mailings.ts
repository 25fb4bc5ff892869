// Mailings for tests: made over GraphQL, with messages put straight into the table, so that each may be in any state.
import type { MailingStatus, MessageStatus } from '../../src/entities/mailing.enums.js';
import type { TestDatabase } from './database.js';
import type { Client, GraphqlAnswer } from './server.js';

export const figures = `planned queued sending sent failed expired cancelled suppressed uncertain attempts perSecond etaAt`;
export const mailingFields = `id text filter { operatorCodes tags } startsAt endsAt window { from to days } status rateLimit
  onUncertain createdAt startedAt finishedAt stats { ${figures} }`;

export interface MailingSeen {
  readonly id: string;
  readonly text: string;
  readonly filter: { readonly operatorCodes: string[]; readonly tags: string[] };
  readonly startsAt: string;
  readonly endsAt: string;
  readonly window: { readonly from: string; readonly to: string; readonly days: string[] | null } | null;
  readonly status: MailingStatus;
  readonly rateLimit: number | null;
  readonly onUncertain: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly stats: Record<string, number> & { readonly etaAt: string | null };
}

export const inAnHour = (): string => new Date(Date.now() + 3_600_000).toISOString();
export const anHourAgo = (): string => new Date(Date.now() - 3_600_000).toISOString();

/** The one field that was asked for; throws what went wrong instead. */
export function told<Value>({ data, errors }: GraphqlAnswer<Record<string, Value>>): Value {
  const [value] = Object.values(data ?? {});
  if (errors || value === undefined) throw new Error(JSON.stringify(errors));
  return value;
}

export const createMailing = async (as: Client, input: object = {}): Promise<MailingSeen> =>
  told(
    await as.graphql<Record<string, MailingSeen>>(
      `mutation ($input: CreateMailingInput!) { createMailing(input: $input) { ${mailingFields} } }`,
      { input: { text: 'Hello', endsAt: inAnHour(), ...input } },
    ),
  );

export const mailingOf = async (as: Client, id: string): Promise<MailingSeen> =>
  told(
    await as.graphql<Record<string, MailingSeen>>(`query ($id: ID!) { mailing(id: $id) { ${mailingFields} } }`, { id }),
  );

/** One message to a client of its own each, with the counters that go with them. */
export async function plantMessages(
  database: TestDatabase,
  mailingId: string,
  counts: Partial<Record<MessageStatus, number>>,
): Promise<void> {
  await database.query(
    `insert into mailing_zone (mailing_id, zone, timezone, opens_at) values ($1, 1, 'Europe/Moscow', 'epoch') on conflict do nothing`,
    [mailingId],
  );
  for (const [status, count] of Object.entries(counts)) {
    await database.query(
      `with people as (
         insert into client (phone, operator_code, tag, timezone)
         select '79' || lpad((n + (select coalesce(max(id), 0) from client))::text, 9, '0'), '900', 'planted', 'Europe/Moscow'
         from generate_series(1, $3::int) n returning id, phone
       ), added as (
         insert into message (mailing_id, client_id, phone, zone, status, next_at, text_version, last_error)
         select $1::bigint, id, phone, 1, case when $2 = 'SENDING' then 'QUEUED' else $2 end,
           case $2 when 'SENDING' then 'infinity' when 'QUEUED' then now() end,
           case when $2 not in ('QUEUED', 'SENDING', 'CANCELLED') then 1 end,
           case when $2 = 'FAILED' then 'rejected' end from people returning id, next_at
       ), leased as (
         insert into message_lease (mailing_id, text_version, worker, lease_until, ids)
         select $1::bigint, 1, 'planted', now() + interval '1 hour', array_agg(id) from added where next_at = 'infinity' having count(*) > 0
       )
       update mailing set planned_to = (select max(id) from people), planned = planned + $3,
         ${status.toLowerCase()} = ${status.toLowerCase()} + $3 where id = $1`,
      [mailingId, status, count],
    );
  }
}

export const setMailing = (database: TestDatabase, id: string, assignment: string): Promise<object[]> =>
  database.query(`update mailing set ${assignment} where id = $1`, [id]);

type Answer = GraphqlAnswer<Record<string, MailingSeen>>;

/** Every operation on a mailing, as one person asks for it, with whatever answer it gets. */
export class MailingCalls {
  constructor(private readonly as: Client) {}

  create(input: object): Promise<Answer> {
    return this.#ask('$input: CreateMailingInput!', 'createMailing(input: $input)', { input });
  }

  update(id: string, input: object): Promise<Answer> {
    return this.#ask('$id: ID!, $input: UpdateMailingInput!', 'updateMailing(id: $id, input: $input)', { id, input });
  }

  control(name: 'pause' | 'resume' | 'cancel', id: string): Promise<Answer> {
    return this.#ask('$id: ID!', `${name}Mailing(id: $id)`, { id });
  }

  retry(id: string, status: readonly string[]): Promise<Answer> {
    return this.#ask('$id: ID!, $status: [MessageStatus!]!', 'retryMessages(mailingId: $id, status: $status)', {
      id,
      status,
    });
  }

  remove(id: string): Promise<GraphqlAnswer<Record<string, boolean>>> {
    return this.as.graphql('mutation ($id: ID!) { deleteMailing(id: $id) }', { id });
  }

  rest(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
    const type: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
    return this.as.fetch(path, { method, headers: { ...type, ...headers }, body: body ? JSON.stringify(body) : null });
  }

  #ask(variables: string, call: string, values: Record<string, unknown>): Promise<Answer> {
    return this.as.graphql(`mutation (${variables}) { ${call} { ${mailingFields} } }`, values);
  }
}

export const codeOf = ({ errors }: GraphqlAnswer<object>): string | undefined => errors?.[0]?.extensions.code;
export const fieldsOf = ({ errors }: GraphqlAnswer<object>): string[] | undefined =>
  errors?.[0]?.extensions.fields?.map(({ path }) => path).sort();
