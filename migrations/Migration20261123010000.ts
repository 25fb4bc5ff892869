// Leads that come at the same moment are stored by one statement. store_lead() stays for processes of the version before.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123010000 extends Migration {
  /**
   * One call stores leads with their events and their line in the journal, and tells of each that it is stored, or with what it
   * clashes; of nobody where the keys have changed, which the shared lock keeps from happening meanwhile. The first of two who are
   * alike wins by the constraints. Nothing that it clashed with: that is gone by now, and it may be tried again.
   *
   * Who does not wait gives up where somebody else's transaction has to end first: many would wait for what concerns one of them,
   * and two who have stored what the other one is about to would wait for each other.
   */
  override up(): void {
    this.addSql(`
      create function store_leads(known_version int, waits boolean, ${columns.map((name) => `all_${name} ${typeOf(name)}[]`).join(', ')})
        returns table ("id" bigint, "createdAt" timestamptz, "reasons" text[])
        language plpgsql volatile as $body$
      declare
        stored_count int;
      begin
        if not waits then
          perform set_config('lock_timeout', '100ms', true);
        end if;
        perform pg_advisory_xact_lock_shared(7301007);
        if not exists (select from lead_keys where version = known_version) then
          return;
        end if;
        return query
          with stored as (
            insert into lead (${columns.join(', ')})
              select * from unnest(${columns.map((name) => `all_${name}`).join(', ')})
              on conflict do nothing returning lead.id, lead.created_at
          ), journal as (
            insert into lead_attempt (outcome, count) select 'ACCEPTED', count(*) from stored having count(*) > 0
          ), events as (
            insert into event_pending (topic, subject, kind, data) select 'lead', s.id::text, 'CREATED', '{}' from stored s
          )
          select s.id, s.created_at, null::text[] from stored s;
        get diagnostics stored_count = row_count;
        if stored_count = cardinality(all_id) then
          return;
        end if;
        return query
          select n.id, null::timestamptz, array_remove(array[
            case when exists (select from lead l where l.email_a = n.email_a or l.email_b = n.email_b) then 'DUPLICATE_EMAIL' end,
            case when exists (select from lead l where l.phone_a = n.phone_a or l.phone_b = n.phone_b) then 'DUPLICATE_PHONE' end,
            case when exists (select from lead l where l.ip_address = n.ip_address) then 'DUPLICATE_IP' end], null)
          from unnest(all_id, all_ip_address, all_email_a, all_phone_a, all_email_b, all_phone_b)
            as n (id, ip_address, email_a, phone_a, email_b, phone_b)
          where not exists (select from lead l where l.id = n.id);
      end
      $body$;
    `);
  }
}

const columns = [
  ...['id', 'name', 'sealed_key', 'email', 'phone', 'ip_address', 'source'],
  ...['a', 'b'].flatMap((set) => [`email_${set}`, `phone_${set}`, `domain_${set}`, `last_four_${set}`]),
];

function typeOf(column: string): string {
  if (/_[ab]$/.test(column)) return 'bytea';
  return { id: 'bigint', ip_address: 'inet' }[column] ?? 'text';
}
