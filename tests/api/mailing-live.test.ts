// Mailings live: progress from the present state on, and final states of messages as events. Two processes of the program are
// asked; batches are settled in the database as workers settle them, in transactions that commit late and out of order.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { endPool } from '../support/end-pool.js';
import { EventServer } from '../support/event-server.js';
import { createMailing, plantMessages, setMailing, told } from '../support/mailings.js';
import { until } from '../support/program.js';
import { type Client, client, signIn } from '../support/server.js';
import { type Message, SocketClient } from '../support/socket-client.js';
import { subscribe } from '../support/subscription.js';

const events = 5_000;
const settings = { NODE_ENV: 'test', ROLES: 'web', ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}` };

let database: TestDatabase;
let pool: pg.Pool;
let servers: EventServer[];
let urls: string[];
let staff: Client;
let viewer: Client;

beforeAll(async () => {
  database = await testDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 12 });
  servers = [1, 2].map(() => new EventServer({ DATABASE_URL: database.url, ...settings }));
  urls = await Promise.all(servers.map((server) => server.url()));
  const [url = ''] = urls;
  staff = client(url, (await signIn(client(url, undefined), 'admin', 'a password for one run')).accessToken);
  const created = await staff.graphql(
    'mutation { createUser(login: "viewer", name: "V", password: "correct horse battery", role: VIEWER) { id } }',
  );
  expect(created.errors).toBeUndefined();
  viewer = client(url, (await signIn(client(url, undefined), 'viewer', 'correct horse battery')).accessToken);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await endPool(pool);
  await database.drop();
});

interface Progress {
  readonly mailingProgress: {
    mailing: { id: string; status: string };
    stats: { sent: number; planned: number };
    at: string;
  };
}

const progress = 'mailingProgress { mailing { id status text } stats { planned sent perSecond etaAt } at }';
const progressOf = (id: string): string => progress.replace('Progress', `Progress(mailingId: "${id}")`);
const control = async (name: string, id: string): Promise<void> => {
  told(await staff.graphql(`mutation ($id: ID!) { ${name}Mailing(id: $id) { id } }`, { id }));
};

describe('mailingProgress', () => {
  it('gives the present state first, then each change, whichever process made it', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(database, id, { SENT: 3 });
    const query = `subscription ($id: ID) { ${progress.replace('Progress', 'Progress(mailingId: $id)')} }`;
    const seen = await subscribe<Progress>(urls[1] ?? '', staff, query, { id });
    await until(() => seen.events.length > 0, 5_000, 'the present state');
    expect(seen.events[0]?.mailingProgress).toMatchObject({
      mailing: { id, status: 'RUNNING', text: 'Hello' },
      stats: { planned: 3, sent: 3, perSecond: 0, etaAt: null },
      at: expect.any(String),
    });
    await control('pause', id);
    const last = () => seen.events.at(-1)?.mailingProgress;
    await until(() => last()?.mailing.status === 'PAUSED', 5_000, 'the pause');
    await setMailing(database, id, 'planned = planned + 2, sent = sent + 2');
    await until(() => last()?.stats.sent === 5, 5_000, 'a change of which nobody told');
    await control('resume', id);
    await control('cancel', id);
    await until(() => last()?.mailing.status === 'CANCELLED', 5_000, 'the end');
    told(await staff.graphql('mutation ($id: ID!) { deleteMailing(id: $id) }', { id }));
    const again = await subscribe<Progress>(urls[0] ?? '', staff, query, { id });
    await until(() => again.events.length > 0, 5_000, 'one that was deleted');
    await Promise.all([seen.close(), again.close()]);
  });

  it('without an id gives all that run, then those that start', async () => {
    await database.query(`update mailing set status = 'CANCELLED', finished_at = now() where status = 'RUNNING'`);
    const first = await createMailing(staff);
    await createMailing(staff, { startsAt: '2089-01-01T00:00:00Z', endsAt: '2090-01-01T00:00:00Z' });
    const seen = await subscribe<Progress>(urls[1] ?? '', staff, `subscription { ${progress} }`);
    await until(() => seen.events.length > 0, 5_000, 'the one that runs');
    // Of those that were ended a moment ago the last word may still be told.
    const running = seen.events.filter(({ mailingProgress }) => mailingProgress.mailing.status !== 'CANCELLED');
    expect(running.map(({ mailingProgress }) => mailingProgress.mailing.id)).toEqual([first.id]);
    const second = await createMailing(staff);
    const told_ = () => seen.events.map(({ mailingProgress: { mailing } }) => `${mailing.id} ${mailing.status}`);
    await until(() => told_().includes(`${second.id} RUNNING`), 5_000, 'the one that starts');
    await control('cancel', first.id);
    await until(() => told_().includes(`${first.id} CANCELLED`), 5_000, 'the last word on the one that ends');
    await seen.close();
  });

  it('sends no second state of a mailing that rests, although its speed still fades', async () => {
    const watched: Awaited<ReturnType<typeof subscribe<Progress>>>[] = [];
    for (const status of ['COMPLETED', 'PAUSED', 'CANCELLED']) {
      const { id } = await createMailing(staff);
      await plantMessages(database, id, { SENT: 3 });
      await setMailing(database, id, `status = '${status}', speed = 900, speed_at = now()`);
      watched.push(await subscribe<Progress>(urls[0] ?? '', staff, `subscription { ${progressOf(id)} }`));
    }
    await until(() => watched.every(({ events: seen }) => seen.length > 0), 5_000, 'the present states');
    // The hub looks each second.
    await sleep(2_500);
    expect(watched.map(({ events: seen }) => seen.length)).toEqual([1, 1, 1]);
    await Promise.all(watched.map((one) => one.close()));
  });

  it.each(['999999', 'x', '0', '99999999999999999999'])('is NOT_FOUND of %s', async (id) => {
    const seen = await subscribe(urls[0] ?? '', staff, `subscription { mailingProgress(mailingId: "${id}") { at } }`);
    await until(() => seen.outcome.errors !== undefined, 5_000, 'a refusal');
    expect(seen.outcome.errors?.[0]?.extensions?.code).toBe('NOT_FOUND');
    await seen.close();
  });
});

interface Told {
  readonly id: string;
  readonly status: string;
  readonly message: {
    readonly id: string;
    readonly status: string;
    readonly phone: string;
    readonly client: { readonly phone: string };
  };
}

const fields = 'id status at message { id status phone text client { id phone } }';
const messageEvents = (mailingId: string, after?: string): string =>
  `subscription { messageEvents(mailingId: "${mailingId}"${after ? `, after: "${after}"` : ''}) { ${fields} } }`;

async function listen(url: string | undefined, query: string): Promise<SocketClient> {
  const socket = await new SocketClient(`${url?.replace(/^http/, 'ws')}/graphql`).ready(staff.accessToken);
  socket.subscribe('1', query);
  return socket;
}

const toldOn = (socket: SocketClient): Told[] =>
  socket.of('1').map(({ payload }: Message) => (payload as { data: { messageEvents: Told } }).data.messageEvents);

/** As a worker settles a batch: messages, counters and one event for all of it, in one transaction, that commits when it likes. */
async function settle(mailingId: string, ids: readonly string[], status: 'SENT' | 'FAILED', waitMs = 0): Promise<void> {
  const connection = await pool.connect();
  try {
    await connection.query('begin');
    await connection.query(
      'insert into event_pending (topic, subject, kind, data, items) values ($1, $2, $3, $4, $5)',
      ['message', mailingId, status, '{}', ids],
    );
    await connection.query(
      `update message set status = $3, next_at = null, text_version = 1 where mailing_id = $1 and id = any($2::bigint[])`,
      [mailingId, ids, status],
    );
    await sleep(waitMs);
    await connection.query(
      `update mailing set queued = queued - $2, ${status.toLowerCase()} = ${status.toLowerCase()} + $2 where id = $1`,
      [mailingId, ids.length],
    );
    await connection.query('commit');
  } finally {
    connection.release();
  }
}

async function queued(count: number): Promise<{ id: string; messages: string[] }> {
  const { id } = await createMailing(staff);
  await plantMessages(database, id, { QUEUED: count });
  const rows = await database.query<{ id: string }>('select id from message where mailing_id = $1 order by id', [id]);
  return { id, messages: rows.map((row) => row.id) };
}

/** Of one mailing, one by one, in their order. */
async function numbered(mailingId: string): Promise<{ id: string; item: string }[]> {
  return database.query(
    `select (id - cardinality(items) + place)::text as id, item from event, unnest(items) with ordinality as i (item, place)
     where topic = 'message' and subject = $1 order by event.id, place`,
    [mailingId],
  );
}

describe('messageEvents', () => {
  it('are told one by one, numbered in a row, masked for a VIEWER, and of one mailing only', async () => {
    const ours = await queued(7);
    const others = await queued(2);
    const seen = await subscribe<{ messageEvents: Told }>(urls[0] ?? '', staff, messageEvents(ours.id, '0'));
    const masked = await subscribe<{ messageEvents: Told }>(urls[1] ?? '', viewer, messageEvents(ours.id, '0'));
    await settle(others.id, others.messages, 'FAILED');
    await settle(ours.id, ours.messages.slice(0, 5), 'SENT');
    await settle(ours.id, ours.messages.slice(5), 'FAILED');
    await until(() => seen.events.length === 7 && masked.events.length === 7, 10_000, 'seven events');
    const told_ = seen.events.map(({ messageEvents: event }) => event);
    expect(told_.map(({ message, status }) => [message.id, status])).toEqual(
      ours.messages.map((id, n) => [id, n < 5 ? 'SENT' : 'FAILED']),
    );
    expect(told_.map(({ id }) => id)).toEqual((await numbered(ours.id)).map(({ id }) => id));
    for (const { message } of told_)
      expect([message.phone, message.client.phone]).toEqual(Array(2).fill(expect.stringMatching(/^79\d{9}$/)));
    for (const { messageEvents: event } of masked.events) {
      expect([event.message.phone, event.message.client.phone]).toEqual(
        Array(2).fill(expect.stringMatching(/^•{7}\d{4}$/)),
      );
    }
    await Promise.all([seen.close(), masked.close()]);
  });

  it('go on in the middle of a run, wherever a client had stopped', async () => {
    const { id, messages } = await queued(12);
    await settle(id, messages.slice(0, 6), 'SENT');
    await settle(id, messages.slice(6), 'SENT');
    // Nobody listens, whose hub would have numbered them.
    await database.query('select number_events(1000)');
    const all = await numbered(id);
    for (const place of [0, 2, 5, 6, 10, 11]) {
      const socket = await listen(urls[place % 2], messageEvents(id, all[place]?.id));
      await until(() => toldOn(socket).length === 11 - place, 5_000, `what came after ${place}`);
      expect(toldOn(socket).map((event) => [event.id, event.message.id])).toEqual(
        all.slice(place + 1).map((event) => [event.id, event.item]),
      );
      socket.end();
    }
  });

  it('are exact over a client that stops reading for seconds and resumes at the other process, none twice', async () => {
    const { id, messages } = await queued(events);
    const before = await listen(urls[0], messageEvents(id, '0'));
    const settling: Promise<void>[] = [];
    const work = (async () => {
      for (let from = 0; from < events; ) {
        const size = 1 + Math.floor(Math.random() * 60);
        settling.push(settle(id, messages.slice(from, from + size), 'SENT', Math.random() * 400));
        from += size;
        await sleep(Math.random() * 40);
      }
      await Promise.all(settling);
    })();
    await until(() => toldOn(before).length > 200, 10_000, 'the first two hundred');
    before.freeze();
    const seen = toldOn(before);
    await sleep(3_000);
    before.end();
    const after = await listen(urls[1], messageEvents(id, seen.at(-1)?.id));
    await work;
    await until(() => seen.length + toldOn(after).length >= events, 20_000, 'all of them');
    const told_ = [...seen, ...toldOn(after)];
    expect(told_.map((event) => [event.id, event.message.id])).toEqual(
      (await numbered(id)).map((event) => [event.id, event.item]),
    );
    expect(new Set(told_.map(({ message }) => message.id)).size).toBe(events);
    after.end();
  });

  it.each([
    ['a mailing that is not there', '999999', undefined, 'NOT_FOUND'],
    ['no id', 'x', undefined, 'NOT_FOUND'],
    ['an event that never was', undefined, '99999999999', 'BAD_USER_INPUT'],
    ['no event', undefined, 'x', 'BAD_USER_INPUT'],
  ])('are refused of %s', async (_what, wanted, after, code) => {
    const mailingId = wanted ?? (await createMailing(staff)).id;
    const seen = await subscribe(urls[0] ?? '', staff, messageEvents(mailingId, after));
    await until(() => seen.outcome.errors !== undefined, 5_000, 'a refusal');
    expect(seen.outcome.errors?.[0]?.extensions?.code).toBe(code);
    await seen.close();
  });

  it('are GONE where they are no longer kept', async () => {
    const { id } = await createMailing(staff);
    await database.query('update event_floor set id = 10');
    const seen = await subscribe(urls[0] ?? '', staff, messageEvents(id, '9'));
    await until(() => seen.outcome.errors !== undefined, 5_000, 'a refusal');
    expect(seen.outcome.errors?.[0]?.extensions?.code).toBe('GONE');
    await seen.close();
  });
});
