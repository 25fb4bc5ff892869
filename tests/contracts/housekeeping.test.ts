// What housekeeping deletes and what it leaves, on a real database.

import { systemViewer } from '../../src/auth/viewer.js';
import { HousekeepingService } from '../../src/domain/system/housekeeping.service.js';
import { Work } from '../../src/domain/work.js';
import { openDatabase } from '../../src/server/database.js';
import { systemClock } from '../../src/shared/clock.js';
import { createLogger } from '../../src/shared/logger.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

const log = createLogger({ level: 'silent', format: 'json' });
const retention = { journal: 90, audit: 30, events: 7 };
const running = new AbortController().signal;

let database: TestDatabase;
let opened: Awaited<ReturnType<typeof openDatabase>>;

beforeAll(async () => {
  database = await testDatabase();
  opened = await openDatabase({ url: database.url, poolSize: 4, log });
  await opened.prepare(AbortSignal.timeout(10_000));
});

afterAll(async () => {
  await opened.close();
  await database.drop();
});

beforeEach(async () => {
  await database.query(
    'truncate audit_entry, token, idempotency_key, telegram_link_code, rate_limit, import, person cascade',
  );
});

async function tidyUp(signal = running): Promise<void> {
  const { orm, pool } = opened;
  const surroundings = {
    orm,
    pool,
    clock: systemClock,
    log,
    wakeHubs: () => undefined,
    wakeHubsSoon: () => undefined,
    nudge: () => undefined,
  };
  await new HousekeepingService(new Work(systemViewer('test'), surroundings), retention).tidyUp(signal);
}

const names = async (sql: string): Promise<string[]> =>
  (await database.query<{ name: string }>(sql)).map(({ name }) => name).toSorted();

it('keeps the audit log for as long as RETENTION_DAYS says', async () => {
  await database.query(`insert into audit_entry (actor, action, at) values
    ('system', 'old', now() - interval '30 days 1 minute'), ('system', 'young', now() - interval '29 days 23 hours')`);
  await tidyUp();
  expect(await names('select action as name from audit_entry')).toEqual(['young']);
});

it('forgets tokens a day after their end, and none that has not ended, used or not', async () => {
  await database.query(`insert into person (id, login, name, role, password_hash) values (1, 'a', 'A', 'ADMIN', '')`);
  await database.query(`insert into token (person_id, kind, name, hash, expires_at, used_at) values
    (1, 'access', 'ended', '1', now() - interval '25 hours', null),
    (1, 'refresh', 'used and ended', '2', now() - interval '25 hours', now() - interval '2 days'),
    (1, 'access', 'just ended', '3', now() - interval '23 hours', null),
    (1, 'refresh', 'used', '4', now() + interval '1 day', now() - interval '20 days'),
    (1, 'api', 'endless', '5', null, null)`);
  await tidyUp();
  expect(await names('select name from token')).toEqual(['endless', 'just ended', 'used']);
});

it('forgets idempotency keys after a day, and link codes and limits when they are over', async () => {
  await database.query(`insert into person (id, login, name, role, password_hash) values
    (1, 'a', 'A', 'ADMIN', ''), (2, 'b', 'B', 'ADMIN', '')`);
  await database.query(`insert into idempotency_key (hash, input_hash, row_id, created_at) values
    ('old', '', 1, now() - interval '25 hours'), ('young', '', 2, now() - interval '23 hours')`);
  await database.query(`insert into telegram_link_code (hash, person_id, expires_at) values
    ('over', 1, now() - interval '1 second'), ('open', 2, now() + interval '1 minute')`);
  await database.query(`insert into rate_limit (key, points, expire) values
    ('over', 1, (extract(epoch from now()) * 1000)::bigint - 1000),
    ('open', 1, (extract(epoch from now()) * 1000)::bigint + 60000), ('endless', 1, null)`);
  await tidyUp();
  expect(await names(`select convert_from(hash, 'utf8') as name from idempotency_key`)).toEqual(['young']);
  expect(await names(`select convert_from(hash, 'utf8') as name from telegram_link_code`)).toEqual(['open']);
  expect(await names('select key as name from rate_limit')).toEqual(['endless', 'open']);
});

it('forgets uploads that never ended after a day, and what was wrong with a file after thirty', async () => {
  await database.query(`insert into import (id, kind, file_name, actor, created_at, received_at, finished_at) values
    (1, 'CLIENTS', 'broken off', 'system', now() - interval '25 hours', null, null),
    (2, 'CLIENTS', 'under way', 'system', now() - interval '23 hours', null, null),
    (3, 'CLIENTS', 'old', 'system', now() - interval '31 days', now() - interval '31 days', now() - interval '31 days'),
    (4, 'CLIENTS', 'young', 'system', now() - interval '29 days', now() - interval '29 days', now() - interval '29 days')`);
  await database.query("insert into import_part (import_id, part, bytes) values (1, 0, ''), (2, 0, '')");
  await database.query(`insert into import_problem (import_id, row_number, field, message) values
    (3, 1, 'phone', 'old'), (3, 2, 'phone', 'old too'), (4, 1, 'phone', 'young')`);
  await tidyUp();
  expect(await names('select file_name as name from import')).toEqual(['old', 'under way', 'young']);
  expect(await names('select import_id::text as name from import_part')).toEqual(['2']);
  expect(await names('select message as name from import_problem')).toEqual(['young']);
});

it('deletes more than one bite, and stops between two when the process does', async () => {
  const fill = `insert into audit_entry (actor, action, at)
    select 'system', 'old', now() - interval '1 year' from generate_series(1, 2500)`;
  await database.query(fill);
  await tidyUp(AbortSignal.abort());
  expect(await names('select action as name from audit_entry')).toHaveLength(2_500);
  await tidyUp();
  expect(await names('select action as name from audit_entry')).toEqual([]);
});
