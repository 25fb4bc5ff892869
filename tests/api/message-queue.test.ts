// The queue by its rules: what a claim asks again, what a settlement is fenced by, and that the counters add up through all of
// it. Two workers on pools of their own, as two processes would have them.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { systemViewer } from '../../src/auth/viewer.js';
import type { Rows } from '../../src/domain/live/event-log.js';
import {
  type Claim,
  inBatches,
  MessageQueue,
  type Result,
  type SettledAs,
} from '../../src/domain/mailings/message-queue.js';
import { rollZones } from '../../src/domain/mailings/zones.js';
import { columnParsers } from '../../src/server/database.js';
import { endPool } from '../support/end-pool.js';
import { type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let pools: pg.Pool[];
let [first, second]: MessageQueue[] = [];
let db: Rows;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  pools = [1, 2].map(
    () =>
      new pg.Pool({
        connectionString: server.database.url,
        max: 3,
        types: columnParsers(),
        options: '-c timezone=UTC',
      }),
  );
  const [one, two] = pools.map((pool) => ({
    rows: async <Row extends object>(sql: string, params: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...params])).rows,
  }));
  db = one as Rows;
  first = new MessageQueue(one as Rows, 'first');
  second = new MessageQueue(two as Rows, 'second');
});
afterAll(async () => {
  await Promise.all(pools.map(endPool));
  await server.close();
});
afterEach(() =>
  server.database.query(
    'truncate client, message, message_lease, message_answer, suppression, mailing, mailing_zone, mailing_text cascade',
  ),
);

const queue = (one: MessageQueue | undefined): MessageQueue => one as MessageQueue;
const plan = () =>
  server.app.unit(systemViewer(randomUUID()), ({ plans }) => plans.bringOn(new AbortController().signal));
const reap = () => server.app.unit(systemViewer(randomUUID()), ({ upkeep }) => upkeep.reap());
const expire = () =>
  server.app.unit(systemViewer(randomUUID()), ({ upkeep }) => upkeep.expire(new AbortController().signal));

async function clients(count: number, { tag = 'a', timezone = 'Europe/Moscow' } = {}): Promise<void> {
  await server.database.query(
    `insert into client (phone, operator_code, tag, timezone) select '79' || lpad((n + (select count(*) from client))::text, 9, '0'), '900', $2, $3
     from generate_series(1, $1::int) n`,
    [count, tag, timezone],
  );
}

interface MailingColumns {
  readonly [column: string]: unknown;
}

/** RUNNING since a minute ago, for an hour, to everybody, as the columns say otherwise. */
async function mailing(columns: MailingColumns = {}): Promise<string> {
  const all = {
    starts_at: new Date(Date.now() - 60_000),
    ends_at: new Date(Date.now() + 3_600_000),
    started_at: new Date(Date.now() - 60_000),
    status: 'RUNNING',
    ...columns,
  };
  const names = Object.keys(all);
  const [row] = await server.database.query<{ id: string }>(
    `insert into mailing (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')}) returning id`,
    Object.values(all),
  );
  const id = row?.id ?? '';
  await server.database.query('insert into mailing_text values ($1, 1, $2)', [id, 'Hello']);
  await plan();
  return id;
}

const result = (claim: Claim, as: SettledAs, delayMs = 0): Result => ({ claim, as, delayMs, reason: null, place: 0 });
const counters = async (id: string) =>
  (
    await server.database.query<Record<string, number | string>>(
      'select status, planned, queued, sending, sent, failed, expired, cancelled, suppressed, uncertain, attempts from mailing where id = $1',
      [id],
    )
  )[0];
const set = (id: string, assignment: string) =>
  server.database.query(`update mailing set ${assignment} where id = $1`, [id]);

it('plans everybody once, in chunks, and puts the suppressed aside', async () => {
  await clients(12_000);
  await server.database.query(
    `insert into suppression (phone, channel, source) select phone, 'MESSAGE', 'STAFF' from client order by id limit 3`,
  );
  const id = await mailing();
  expect(await counters(id)).toMatchObject({ planned: 12_000, queued: 11_997, suppressed: 3 });
  const before = await server.database.query('select count(*) from message');
  await set(id, 'planned_at = null, plan_cursor = 0');
  await plan();
  expect(await server.database.query('select count(*) from message')).toEqual(before);
  expect(await counters(id)).toMatchObject({ planned: 12_000, queued: 11_997, suppressed: 3 });
});

it('finds room beside each row for the settled one, so that settling writes no index', async () => {
  await clients(1_000);
  const id = await mailing();
  const pages = () =>
    server.database.query<{ id: string; page: number }>(
      'select id, (ctid::text::point)[0]::int as page from message where mailing_id = $1 order by id',
      [id],
    );
  const before = await pages();
  const { claims } = await queue(first).claim(1_000);
  for (const batch of inBatches(claims.map((claim) => result(claim, 'SENT')))) await queue(first).settle(batch);
  expect(await counters(id)).toMatchObject({ sent: 1_000 });
  expect(await pages()).toEqual(before);
});

it('never gives one message to two workers', async () => {
  await clients(3_000);
  const id = await mailing();
  const seen: string[] = [];
  const work = async (one: MessageQueue) => {
    for (let got = 1; got > 0; ) {
      const { claims } = await one.claim(97);
      got = claims.length;
      seen.push(...claims.map((claim) => claim.id));
      await one.settle(claims.map((claim) => result(claim, 'SENT')));
    }
  };
  await Promise.all([work(queue(first)), work(queue(second)), work(queue(first))]);
  expect(seen).toHaveLength(3_000);
  expect(new Set(seen).size).toBe(3_000);
  expect(await counters(id)).toMatchObject({ status: 'COMPLETED', sent: 3_000, attempts: 3_000 });
});

it('is fair: a small mailing does not wait for a large one', async () => {
  await clients(2_000, { tag: 'large' });
  await clients(20, { tag: 'small' });
  await mailing({ tags: ['large'] });
  const small = await mailing({ tags: ['small'] });
  const { claims } = await queue(first).claim(100);
  expect(claims.filter(({ mailingId }) => mailingId === small)).toHaveLength(20);
});

it.each([
  ['paused', `status = 'PAUSED'`],
  ['cancelled', `status = 'CANCELLED'`],
  ['within the margin of its end', `ends_at = now() + interval '1 s'`],
  ['over', `ends_at = now() - interval '1 s'`],
  ['being pruned', 'prune_cursor = 0'],
])('claims nothing of a mailing that is %s', async (_state, assignment) => {
  await clients(5);
  const id = await mailing();
  await set(id, assignment);
  expect((await queue(first).claim(10)).claims).toHaveLength(0);
});

it('asks suppressions again at the claim', async () => {
  await clients(5);
  const id = await mailing();
  await server.database.query(
    `insert into suppression (phone, channel, source) select phone, 'MESSAGE', 'STAFF' from client order by id limit 2`,
  );
  const { claims } = await queue(first).claim(10);
  expect(claims).toHaveLength(3);
  expect(await counters(id)).toMatchObject({ queued: 0, sending: 3, suppressed: 2, attempts: 3 });
});

it('claims only where the window is open, soonest closing first, and rolls on what has closed', async () => {
  await clients(3, { timezone: 'Europe/Moscow' });
  await clients(3, { timezone: 'Asia/Omsk' });
  await clients(3, { timezone: 'Asia/Tokyo' });
  const id = await mailing();
  const zone = (timezone: string, opens: string, closes: string) =>
    server.database.query(
      `update mailing_zone set opens_at = now() + $2::interval, closes_at = now() + $3::interval where timezone = $1`,
      [timezone, opens, closes],
    );
  await set(id, 'window_from = 0, window_to = 1439');
  await zone('Europe/Moscow', '-1 h', '2 h');
  await zone('Asia/Omsk', '-1 h', '1 h');
  await zone('Asia/Tokyo', '-2 h', '-1 h');
  const { claims } = await queue(first).claim(5);
  const zones = await server.database.query<{ timezone: string; n: string }>(
    `select c.timezone, count(*) as n from message m join client c on c.id = m.client_id where m.id = any($1) group by 1 order by 1`,
    [claims.map((claim) => claim.id)],
  );
  expect(zones).toEqual([
    { timezone: 'Asia/Omsk', n: '3' },
    { timezone: 'Europe/Moscow', n: '2' },
  ]);
  expect(claims[0]?.until.getTime()).toBeLessThan(Date.now() + 2 * 3_600_000 + 5_000);
  expect(await rollZones(db)).toBe(1);
  const [tokyo] = await server.database.query<{ closes: Date }>(
    `select closes_at as closes from mailing_zone where timezone = 'Asia/Tokyo'`,
  );
  expect(tokyo?.closes.getTime()).toBeGreaterThan(Date.now());
});

it('keeps a limit over all workers, and says when the next one may go', async () => {
  await clients(200);
  await mailing({ rate_limit: 20, rate_at: new Date(), rate_tokens: 0 });
  const begun = performance.now();
  let got = 0;
  const work = async (one: MessageQueue) => {
    while (performance.now() - begun < 2_000) {
      const { claims, waitMs } = await one.claim(50);
      got += claims.length;
      await sleep(Math.min(waitMs ?? 5, 50));
    }
  };
  await Promise.all([work(queue(first)), work(queue(second))]);
  const passed = (performance.now() - begun) / 1_000;
  expect(got).toBeLessThanOrEqual(passed * 20 + 3);
  expect(got).toBeGreaterThanOrEqual(passed * 20 * 0.8);
});

it('gives nothing twice where one mailing may go on and the limit of another says wait', async () => {
  await clients(3);
  await mailing();
  await mailing({ rate_limit: 1, rate_at: new Date(), rate_tokens: 0 });
  const { claims, waitMs } = await queue(first).claim(50);
  expect([claims.length, new Set(claims.map(({ id }) => id)).size]).toEqual([3, 3]);
  expect(waitMs).toBeGreaterThan(0);
});

it('refuses the late answer of a worker whose message moved on', async () => {
  await clients(1);
  const id = await mailing();
  const [claim] = (await queue(first).claim(1)).claims;
  await server.database.query(`update message_lease set lease_until = now() - interval '1 s'`);
  await reap();
  expect(await counters(id)).toMatchObject({ queued: 1, sending: 0 });
  const [again] = (await queue(second).claim(1)).claims;
  expect(again?.id).toBe(claim?.id);
  expect(await queue(first).settle([result(claim as Claim, 'SENT')])).toMatchObject({ settled: 0 });
  expect(await counters(id)).toMatchObject({ sending: 1, sent: 0 });
  expect(await queue(second).settle([result(again as Claim, 'SENT')])).toMatchObject({ settled: 1 });
  expect(await counters(id)).toMatchObject({ status: 'COMPLETED', sent: 1, attempts: 2 });
});

it('holds what a dead worker had where a second request is not wanted', async () => {
  await clients(2);
  const id = await mailing({ on_uncertain: 'HOLD' });
  const { claims } = await queue(first).claim(1);
  expect(claims[0]?.hold).toBe(true);
  await server.database.query(`update message_lease set lease_until = now() - interval '1 s'`);
  await reap();
  expect(await counters(id)).toMatchObject({ queued: 1, uncertain: 1, sending: 0 });
});

it.each([
  ['RETRY', { queued: 1, uncertain: 0 }],
  ['HOLD', { queued: 0, uncertain: 1 }],
])('takes what a dead worker had noted for sent (%s)', async (on_uncertain, rest) => {
  await clients(4);
  const id = await mailing({ on_uncertain });
  const { claims } = await queue(first).claim(4);
  const [settled, noted, twice, silent] = claims as [Claim, Claim, Claim, Claim];
  await queue(first).note([settled, noted]);
  await queue(first).note([twice, noted]);
  await queue(first).settle([result(settled, 'SENT')]);
  await server.database.query(`update message_lease set lease_until = now() - interval '1 s'`);
  await reap();
  expect(await counters(id)).toMatchObject({ sent: 3, sending: 0, attempts: 4, ...rest });
  const rows = await server.database.query<{ id: string; sent: boolean; error: string | null; version: number | null }>(
    'select id, sent_at is not null as sent, last_error as error, text_version as version from message order by id',
  );
  const sent = { sent: true, error: null, version: 1 };
  expect(rows.slice(0, 3)).toEqual([settled, noted, twice].map((claim) => ({ id: claim.id, ...sent })));
  expect(rows[3]).toMatchObject({ id: silent.id, sent: false, error: 'the worker died' });
  expect(await server.database.query('select * from message_answer')).toEqual([]);
});

it('forgets what was noted with the lease that it belongs to', async () => {
  await clients(2);
  await mailing();
  const { claims } = await queue(first).claim(2);
  await queue(first).note(claims);
  await queue(first).settle(claims.slice(0, 1).map((claim) => result(claim, 'SENT')));
  expect(await server.database.query('select ids from message_answer')).toEqual([{ ids: claims.map(({ id }) => id) }]);
  await queue(first).settle(claims.slice(1).map((claim) => result(claim, 'SENT')));
  expect(await server.database.query('select * from message_answer')).toEqual([]);
  await queue(first).note(claims);
  await reap();
  expect(await server.database.query('select * from message_answer')).toEqual([]);
});

it('extends the leases of what is still in hand', async () => {
  await clients(2);
  await mailing();
  const leases = [await queue(first).claim(1), await queue(first).claim(1)].map(
    ({ claims }) => claims[0]?.leaseId ?? '',
  );
  await server.database.query(`update message_lease set lease_until = now() + interval '1 s'`);
  expect(await queue(first).extend([leases[0] as string, '4711'])).toEqual([leases[0]]);
  const rows = await server.database.query<{ id: string }>(
    `select id from message_lease where lease_until > now() + interval '20 s'`,
  );
  expect(rows.map(({ id }) => id)).toEqual([leases[0]]);
});

it('puts what failed back for later, what never left back at once, and counts attempts right', async () => {
  await clients(2);
  const id = await mailing();
  const { claims } = await queue(first).claim(2);
  await queue(first).settle([result(claims[0] as Claim, 'QUEUED', 60_000), result(claims[1] as Claim, 'BACK')]);
  expect(await counters(id)).toMatchObject({ queued: 2, sending: 0, attempts: 1 });
  const again = (await queue(first).claim(2)).claims;
  expect(again.map((claim) => claim.id)).toEqual([claims[1]?.id]);
});

it('cancels, or expires, what comes back after the end of its mailing', async () => {
  await clients(2);
  const cancelled = await mailing();
  const [claim] = (await queue(first).claim(1)).claims;
  await set(cancelled, `status = 'CANCELLED', finished_at = now()`);
  await queue(first).settle([result(claim as Claim, 'QUEUED', 1_000)]);
  await expire();
  expect(await counters(cancelled)).toMatchObject({ cancelled: 2, queued: 0, sending: 0 });
  const over = await mailing();
  const [late] = (await queue(first).claim(1)).claims;
  await set(over, `ends_at = now() - interval '1 s'`);
  await expire();
  expect(await counters(over)).toMatchObject({ status: 'EXPIRED', expired: 1, sending: 1 });
  await queue(first).settle([result(late as Claim, 'QUEUED', 1_000)]);
  expect(await counters(over)).toMatchObject({ status: 'EXPIRED', expired: 2, sending: 0 });
});

it('completes a mailing with its last answer, and one that reaches nobody at once', async () => {
  const nobody = await mailing({ tags: ['nobody'] });
  expect(await counters(nobody)).toMatchObject({ status: 'COMPLETED', planned: 0 });
  await clients(1);
  const id = await mailing();
  const { claims } = await queue(first).claim(1);
  await set(id, `ends_at = now() + interval '10 ms'`);
  await sleep(20);
  await expire();
  expect(await counters(id)).toMatchObject({ status: 'RUNNING', sending: 1 });
  await queue(first).settle(claims.map((claim) => result(claim, 'SENT')));
  expect(await counters(id)).toMatchObject({ status: 'COMPLETED', sent: 1 });
});

it('takes those who left the audience out, and those who are in it again back', async () => {
  await clients(3, { tag: 'a' });
  await clients(2, { tag: 'b' });
  const id = await mailing({ tags: ['a'] });
  await set(id, `tags = '{b}', plan_cursor = 0, planned_at = null, prune_cursor = 0`);
  await plan();
  expect(await counters(id)).toMatchObject({ planned: 5, queued: 2, cancelled: 3 });
  await set(id, `tags = '{}', plan_cursor = 0, planned_at = null, prune_cursor = 0`);
  await plan();
  expect(await counters(id)).toMatchObject({ planned: 5, queued: 5, cancelled: 0 });
  expect(new Set((await queue(first).claim(10)).claims.map((claim) => claim.id)).size).toBe(5);
  expect((await queue(first).claim(10)).claims).toHaveLength(0);
});

it('claims whoever moves to another zone once, whether the turn of that zone is past or not', async () => {
  await clients(4, { timezone: 'Europe/Moscow' });
  await clients(4, { timezone: 'Asia/Omsk' });
  const id = await mailing();
  const claimed = (await queue(first).claim(3)).claims.map((claim) => claim.id);
  const people = await server.database.query<{ id: string; timezone: string }>('select id, timezone from client');
  for (const { id: client, timezone } of people) {
    const other = timezone === 'Asia/Omsk' ? 'Europe/Moscow' : 'Asia/Omsk';
    await server.app.unit(systemViewer(randomUUID()), (services) =>
      services.clients.update(client, { timezone: other }),
    );
  }
  for (let some = await queue(second).claim(2); some.claims.length > 0; some = await queue(second).claim(2))
    claimed.push(...some.claims.map((claim) => claim.id));
  expect([claimed.length, new Set(claimed).size]).toEqual([8, 8]);
  expect(await counters(id)).toMatchObject({ queued: 0, sending: 8 });
});

it('takes nothing over from a dead worker that had come back to the queue, and is another one’s now', async () => {
  await clients(2);
  const id = await mailing();
  const { claims } = await queue(first).claim(2);
  await queue(first).settle([result(claims[0] as Claim, 'QUEUED')]);
  const [again] = (await queue(second).claim(2)).claims;
  expect(again?.id).toBe(claims[0]?.id);
  await server.database.query(`update message_lease set lease_until = now() - interval '1 s' where worker = 'first'`);
  await reap();
  expect(await counters(id)).toMatchObject({ queued: 1, sending: 1 });
  expect(await queue(second).settle([result(again as Claim, 'SENT')])).toMatchObject({ settled: 1 });
  expect(await counters(id)).toMatchObject({ queued: 1, sending: 0, sent: 1 });
});

it('remembers the text that each was sent with', async () => {
  await clients(2);
  const id = await mailing();
  const [early] = (await queue(first).claim(1)).claims;
  await server.database.query('insert into mailing_text values ($1, 2, $2)', [id, 'Hello again']);
  await set(id, 'text_version = 2');
  const [late] = (await queue(first).claim(1)).claims;
  expect(await queue(first).text(early as Claim)).toBe('Hello');
  expect(await queue(first).text(late as Claim)).toBe('Hello again');
  for (const batch of inBatches([result(early as Claim, 'SENT'), result(late as Claim, 'SENT')]))
    await queue(first).settle(batch);
  expect(await server.database.query('select text_version as version from message order by id')).toEqual([
    { version: 1 },
    { version: 2 },
  ]);
});

it('starts what is due, and expires what nobody could start in time', async () => {
  await clients(1);
  const due = await mailing({ status: 'SCHEDULED', started_at: null });
  expect(await counters(due)).toMatchObject({ status: 'RUNNING', queued: 1 });
  const missed = await mailing({ status: 'SCHEDULED', started_at: null, ends_at: new Date(Date.now() - 1_000) });
  await expire();
  expect(await counters(missed)).toMatchObject({ status: 'EXPIRED', planned: 0 });
});
