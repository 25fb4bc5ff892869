// Leads: who left their data, encrypted; blocked addresses; the journal of attempts. Two sets of blind indexes, so that a
// new key can be filled in while the old one still keeps duplicates out.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261123000000 extends Migration {
  override up(): void {
    this.#leads();
    this.#keys();
    this.#attempts();
    this.#blocks();
    this.#store();
  }

  /** What is sealed is unreadable without the keys of the configuration; what is indexed can only be asked for with them. */
  #leads(): void {
    const sealed = `"sealed_key" text not null, "email" text not null, "phone" text not null`;
    const indexes = indexColumns.map((name) => `"${name}" bytea null`).join(', ');
    this.addSql(
      `create table "lead" ("id" bigserial primary key, "name" text not null, ${sealed}, "ip_address" inet not null, "status" text not null default 'NEW', "source" text null, "note" text null, "client_id" bigint null, "created_at" timestamptz(3) not null default now(), "updated_at" timestamptz(3) not null default now(), ${indexes});`,
    );
    this.addSql(`alter table "lead" set (fillfactor = 85);`);
    this.addSql(`alter table "lead" add constraint "lead_ip_address_unique" unique ("ip_address");`);
    for (const set of ['a', 'b']) {
      for (const name of [`email_${set}`, `phone_${set}`])
        this.addSql(`alter table "lead" add constraint "lead_${name}_unique" unique ("${name}");`);
      for (const name of [`domain_${set}`, `last_four_${set}`])
        this.addSql(`create index "lead_${name}_index" on "lead" ("${name}", "id") where ("${name}" is not null);`);
    }
    this.addSql(`create index "lead_status_id_index" on "lead" ("status", "id");`);
    this.addSql(
      `alter table "lead" add constraint "lead_status_check" check ("status" in ('NEW', 'CONTACTED', 'QUALIFIED', 'CONVERTED', 'LOST'));`,
    );
    this.addSql(
      `alter table "lead" add constraint "lead_client_id_foreign" foreign key ("client_id") references "client" ("id") on delete set null;`,
    );
  }

  /**
   * Which set of indexes counts, and under which key; while another is being filled, who stores a lead fills both. Whoever stores
   * says which version of this row it knows.
   */
  #keys(): void {
    this.addSql(`
      create table lead_keys (
        one boolean primary key default true check (one),
        version int not null default 1,
        active text not null default 'a' check (active in ('a', 'b')),
        kid text not null,
        phase text not null default 'STABLE' check (phase in ('STABLE', 'FILLING', 'CLEARING')),
        next_kid text,
        cursor bigint not null default 0,
        total int not null default 0,
        done int not null default 0,
        finished_at timestamptz(3)
      );
    `);
  }

  /** Who tried is not in it. A row may stand for as many that were alike. */
  #attempts(): void {
    this.addSql(`
      create table lead_attempt (
        id bigserial primary key,
        at timestamptz(3) not null default now(),
        outcome text not null check (outcome in ('ACCEPTED', 'DUPLICATE', 'INVALID', 'LIMITED')),
        reasons text[] not null default '{}',
        count int not null default 1
      );
    `);
    this.addSql('create index lead_attempt_at_index on lead_attempt using brin (at);');
  }

  #blocks(): void {
    this.addSql(
      `create table "blocked_ip" ("id" bigserial primary key, "cidr" cidr not null, "reason" text not null, "automatic" boolean not null default false, "hits" int not null default 0, "expires_at" timestamptz(3) null, "created_at" timestamptz(3) not null default now());`,
    );
    this.addSql(`alter table "blocked_ip" add constraint "blocked_ip_cidr_unique" unique ("cidr");`);
  }

  /**
   * One call stores a lead with its event and its line in the journal, or says with what it clashes. The shared lock is held
   * against a change of keys; the first of two who are alike wins by the constraints.
   */
  #store(): void {
    this.addSql(`
      create function store_lead(known_version int, lead_id bigint, lead_name text, key text, sealed_email text, sealed_phone text,
          address inet, lead_source text, indexes bytea[])
        returns table ("state" text, "createdAt" timestamptz, "reasons" text[])
        language plpgsql volatile as $body$
      declare
        stored timestamptz;
      begin
        perform pg_advisory_xact_lock_shared(7301007);
        if not exists (select from lead_keys where version = known_version) then
          return query select 'OUTDATED', null::timestamptz, null::text[];
          return;
        end if;
        loop
          insert into lead (id, name, sealed_key, email, phone, ip_address, source, ${indexColumns.join(', ')})
            values (lead_id, lead_name, key, sealed_email, sealed_phone, address, lead_source,
              ${indexColumns.map((_, place) => `indexes[${place + 1}]`).join(', ')})
            on conflict do nothing returning created_at into stored;
          if stored is not null then
            insert into lead_attempt (outcome) values ('ACCEPTED');
            insert into event_pending (topic, subject, kind, data) values ('lead', lead_id::text, 'CREATED', '{}');
            return query select 'STORED', stored, null::text[];
            return;
          end if;
          "reasons" := array_remove(array[
            case when exists (select from lead where email_a = indexes[1] or email_b = indexes[5]) then 'DUPLICATE_EMAIL' end,
            case when exists (select from lead where phone_a = indexes[2] or phone_b = indexes[6]) then 'DUPLICATE_PHONE' end,
            case when exists (select from lead where ip_address = address) then 'DUPLICATE_IP' end], null);
          -- What it clashed with may be gone by now.
          continue when cardinality("reasons") = 0;
          return query select 'DUPLICATE', null::timestamptz, "reasons";
          return;
        end loop;
      end
      $body$;
    `);
  }
}

const indexColumns = ['a', 'b'].flatMap((set) => [`email_${set}`, `phone_${set}`, `domain_${set}`, `last_four_${set}`]);
