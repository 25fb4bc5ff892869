// The table of scheduled jobs, made here and not by Agenda: processes that start together on an empty database race otherwise.
import { Migration } from '@mikro-orm/migrations';

export class Migration20261120020000 extends Migration {
  override up(): void {
    this.addSql(`
      create table agenda_jobs (
        id uuid primary key default gen_random_uuid(),
        name varchar(255) not null,
        priority integer not null default 0,
        next_run_at timestamptz,
        type varchar(10) not null default 'normal' check (type in ('normal', 'single')),
        locked_at timestamptz,
        last_finished_at timestamptz,
        failed_at timestamptz,
        fail_count integer,
        fail_reason text,
        repeat_timezone varchar(100),
        last_run_at timestamptz,
        repeat_interval varchar(255),
        data jsonb default '{}',
        repeat_at varchar(255),
        disabled boolean default false,
        progress real,
        fork boolean default false,
        last_modified_by varchar(255),
        debounce_started_at timestamptz,
        start_date timestamptz,
        end_date timestamptz,
        skip_days jsonb,
        created_at timestamptz default now(),
        updated_at timestamptz default now()
      ) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 200)`);
    this.addSql(`create unique index agenda_jobs_single on agenda_jobs (name) where type = 'single'`);
    this.addSql(`create index agenda_jobs_next on agenda_jobs (name, next_run_at) where disabled = false`);
    this.addSql(`create index agenda_jobs_locked on agenda_jobs (name, locked_at) where locked_at is not null`);
  }

  override down(): void {
    this.addSql(`drop table agenda_jobs`);
  }
}
