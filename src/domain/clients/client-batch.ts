// A batch of clients from a file: known numbers are updated, new ones added, hidden ones brought back, in one statement.
import type { Transaction } from '../work.js';
import type { ClientImportRow } from './client.inputs.js';
import { holdDirectory } from './directory-lock.js';
import { followClients } from './queued-messages.js';

/** They add up to the rows that were given. */
export interface BatchCounts {
  readonly created: number;
  readonly updated: number;
}

interface KeptRow {
  readonly id: string;
  readonly added: boolean;
  readonly moved: boolean;
}

/** Of a number that comes twice the last row wins, as if they had come one by one. */
export async function upsertClients(
  tx: Transaction,
  rows: readonly ClientImportRow[],
  defaultTimezone: string,
): Promise<BatchCounts> {
  await holdDirectory(tx);
  const given = [...lastOfEach(rows).values()];
  const kept = await tx.rows<KeptRow>(upsertSql, [
    given.map(({ phone }) => phone),
    given.map(({ operatorCode }) => operatorCode ?? null),
    given.map(({ tag }) => tag ?? null),
    given.map(({ timezone }) => timezone ?? null),
    given.map(({ name }) => name ?? null),
    defaultTimezone,
  ]);
  const moved = kept.filter((row) => row.moved);
  if (moved.length > 0) await followClients(tx, idsOf(moved));
  const created = kept.filter(({ added }) => added).length;
  return { created, updated: rows.length - created };
}

function lastOfEach(rows: readonly ClientImportRow[]): Map<string, ClientImportRow> {
  const byPhone = new Map<string, ClientImportRow>();
  for (const row of rows) {
    const said = Object.entries(row).filter(([, value]) => value !== undefined);
    byPhone.set(row.phone, { ...byPhone.get(row.phone), ...Object.fromEntries(said) } as ClientImportRow);
  }
  return byPhone;
}

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);

/** What did not change is not written. A hidden client comes back as the file says, not as it was. */
const upsertSql = `
  with given as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) as g (phone, operator_code, tag, timezone, name)
  ), known as (
    select c.phone, c.operator_code, c.tag, c.timezone, c.name from given g join client c on c.phone = g.phone
    where c.hidden_at is null
  ), kept as (
    insert into client as c (phone, operator_code, tag, timezone, name)
    select g.phone, coalesce(g.operator_code, k.operator_code, substr(g.phone, 2, 3)), coalesce(g.tag, k.tag, ''),
      coalesce(g.timezone, k.timezone, $6), coalesce(g.name, k.name)
    from given g left join known k on k.phone = g.phone order by g.phone
    on conflict (phone) do update set operator_code = excluded.operator_code, tag = excluded.tag, timezone = excluded.timezone,
      name = excluded.name, hidden_at = null, updated_at = now()
    where c.hidden_at is not null or (c.operator_code, c.tag, c.timezone, c.name)
      is distinct from (excluded.operator_code, excluded.tag, excluded.timezone, excluded.name)
    returning c.id, c.phone, c.timezone
  )
  select t.id, k.phone is null as added, k.timezone is distinct from t.timezone and k.phone is not null as moved
  from kept t left join known k on k.phone = t.phone`;
