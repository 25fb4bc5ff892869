// What becomes of messages that wait when their client is changed or deleted: they follow, or are cancelled, also while the
// mailing is being planned at that very moment; and the counters add up.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { systemViewer } from '../../src/auth/viewer.js';
import { messageStatus } from '../../src/domain/mailings/mailing.rows.js';
import { addClient, deleteClient, findClient, updateClient } from '../support/clients.js';
import { until } from '../support/program.js';
import { type Client as Asking, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: Asking;
let other: pg.Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
  other = new pg.Client({ connectionString: server.database.url });
  await other.connect();
});
afterAll(async () => {
  await other.end();
  await server.close();
});
afterEach(() =>
  server.database.query('truncate client, message, suppression, mailing, mailing_zone, mailing_text cascade'),
);

const plan = () =>
  server.app.unit(systemViewer(randomUUID()), ({ plans }) => plans.bringOn(new AbortController().signal));

/** PAUSED, to everybody there is, for an hour. */
async function mailing(columns: Record<string, unknown> = {}): Promise<string> {
  const all = {
    starts_at: new Date(Date.now() - 60_000),
    ends_at: new Date(Date.now() + 3_600_000),
    started_at: new Date(Date.now() - 60_000),
    status: 'PAUSED',
    ...columns,
  };
  const names = Object.keys(all);
  const [row] = await server.database.query<{ id: string }>(
    `insert into mailing (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')}) returning id`,
    Object.values(all),
  );
  await server.database.query('insert into mailing_text values ($1, 1, $2)', [row?.id, 'Hello']);
  await plan();
  return row?.id ?? '';
}

interface Message {
  readonly status: string;
  readonly phone: string;
  readonly timezone: string;
}

const messages = (clientId: string) =>
  server.database.query<Message>(
    `select ${messageStatus} as status, m.phone, z.timezone from message m join mailing g on g.id = m.mailing_id
     join mailing_zone z on z.mailing_id = m.mailing_id and z.zone = m.zone where m.client_id = $1 order by m.mailing_id`,
    [clientId],
  );
const counters = async (id: string) =>
  (
    await server.database.query<Record<string, unknown>>(
      'select status, planned, queued, sending, sent, cancelled from mailing where id = $1',
      [id],
    )
  )[0];
/** As a worker and a gateway would have left it. */
async function become(status: 'SENDING' | 'SENT' | 'FAILED', clientId: string): Promise<void> {
  const counter = status.toLowerCase();
  await server.database.query(
    `with moved as (
       update message set status = case when $1 = 'SENDING' then 'QUEUED' else $1 end, next_at = case when $1 = 'SENDING' then 'infinity'::timestamptz end
       where client_id = $2 returning mailing_id
     )
     update mailing set queued = queued - 1, ${counter} = ${counter} + 1 where id in (select mailing_id from moved)`,
    [status, clientId],
  );
}

describe('a new number or zone', () => {
  it('is where messages go that wait, also in a zone that the mailing had nobody in', async () => {
    const anna = await addClient(operator);
    const boris = await addClient(operator, { phone: '79007654321' });
    await mailing();
    await mailing({ window_from: 600, window_to: 660 });
    await updateClient(operator, anna.id, { phone: '79161234567', timezone: 'Asia/Tokyo' });
    const moved = { status: 'QUEUED', phone: '79161234567', timezone: 'Asia/Tokyo' };
    expect(await messages(anna.id)).toEqual([moved, moved]);
    const stayed = { status: 'QUEUED', phone: '79007654321', timezone: 'Europe/Moscow' };
    expect(await messages(boris.id)).toEqual([stayed, stayed]);
    const zones = await server.database.query<{ open: boolean; n: number }>(
      `select closes_at is null as open, count(*)::int as n from mailing_zone group by 1 order by 1`,
    );
    expect(zones).toEqual([
      { open: false, n: 2 },
      { open: true, n: 2 },
    ]);
    await updateClient(operator, anna.id, { timezone: 'Europe/Moscow' });
    expect(await messages(anna.id)).toEqual([
      { ...moved, timezone: 'Europe/Moscow' },
      { ...moved, timezone: 'Europe/Moscow' },
    ]);
  });

  it.each(['SENDING', 'SENT', 'FAILED'] as const)('does not change what a message was that is %s', async (status) => {
    const { id } = await addClient(operator);
    await mailing();
    await become(status, id);
    await updateClient(operator, id, { phone: '79161234567', timezone: 'Asia/Tokyo' });
    expect(await messages(id)).toEqual([{ status, phone: '79001234567', timezone: 'Europe/Moscow' }]);
  });

  it('comes from a file, too', async () => {
    const anna = await addClient(operator);
    const boris = await addClient(operator, { phone: '79007654321' });
    await mailing();
    await server.app.unit(systemViewer('test'), ({ clients, work }) =>
      work.write((tx) =>
        clients.upsertMany(tx, [
          { phone: anna.phone, timezone: 'Asia/Tokyo' },
          { phone: boris.phone, tag: 'vip' },
          { phone: '79160000000', timezone: 'Asia/Omsk' },
        ]),
      ),
    );
    expect(await messages(anna.id)).toMatchObject([{ timezone: 'Asia/Tokyo' }]);
    expect(await messages(boris.id)).toMatchObject([{ timezone: 'Europe/Moscow' }]);
  });
});

describe('a deleted client', () => {
  it('gets nothing that waits: it is cancelled, counted and told, and an emptied mailing is complete', async () => {
    const anna = await addClient(operator);
    const first = await mailing();
    const boris = await addClient(operator, { phone: '79007654321' });
    const second = await mailing();
    await deleteClient(operator, anna.id);
    expect((await messages(anna.id)).map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
    expect((await messages(boris.id)).map(({ status }) => status)).toEqual(['QUEUED']);
    expect(await counters(first)).toMatchObject({ planned: 1, queued: 0, cancelled: 1 });
    expect(await counters(second)).toMatchObject({ planned: 2, queued: 1, cancelled: 1 });
    const told = () =>
      server.database.query<{ subject: string; items: string[] }>(
        "select subject, items from event where topic = 'message' and kind = 'CANCELLED' and subject = any($1) order by id",
        [[first, second]],
      );
    await until(async () => (await told()).length === 2, 5_000, 'both events');
    const ids = await server.database.query<{ id: string; subject: string }>(
      'select id::text, mailing_id::text as subject from message where client_id = $1 order by mailing_id',
      [anna.id],
    );
    expect(await told()).toEqual(ids.map(({ id, subject }) => ({ subject, items: [id] })));
    await plan();
    expect([(await counters(first))?.status, (await counters(second))?.status]).toEqual(['COMPLETED', 'PAUSED']);
  });

  it('keeps what was sent, and what is being sent ends as it ends', async () => {
    const { id } = await addClient(operator);
    const sent = await mailing();
    await become('SENT', id);
    const sending = await mailing();
    await server.database.query(`update message set next_at = 'infinity' where mailing_id = $1`, [sending]);
    await server.database.query('update mailing set queued = 0, sending = 1 where id = $1', [sending]);
    await deleteClient(operator, id);
    expect((await messages(id)).map(({ status }) => status)).toEqual(['SENT', 'SENDING']);
    expect(await counters(sent)).toMatchObject({ sent: 1, cancelled: 0 });
    expect(await counters(sending)).toMatchObject({ sending: 1, cancelled: 0 });
  });

  it('is in no mailing that starts later, and back in those after they came back', async () => {
    const client = await addClient(operator);
    await deleteClient(operator, client.id);
    expect(await counters(await mailing())).toMatchObject({ planned: 0 });
    await addClient(operator);
    expect(await counters(await mailing())).toMatchObject({ planned: 1, queued: 1 });
  });
});

describe('while the audience is being planned', () => {
  /** A chunk as it is planned: it has read the directory, and has not committed yet. */
  async function planning(mailingId: string, clientId: string): Promise<void> {
    await other.query('begin');
    await other.query('select pg_advisory_xact_lock_shared(7301004)');
    await other.query(
      `insert into message (mailing_id, client_id, phone, zone, status)
       select $1, c.id, c.phone, z.zone, 'QUEUED' from client c join mailing_zone z on z.mailing_id = $1 and z.timezone = c.timezone
       where c.id = $2`,
      [mailingId, clientId],
    );
  }
  const planned = async (mailingId: string): Promise<void> => {
    await other.query('update mailing set planned = planned + 1, queued = queued + 1 where id = $1', [mailingId]);
    await other.query('commit');
  };
  const waits = async (): Promise<boolean> => {
    const [row] = await server.database.query<{ n: number }>(
      "select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted and objid = 7301004",
    );
    return (row?.n ?? 0) > 0;
  };

  it('a change waits for the chunk, and its message follows', async () => {
    await addClient(operator, { phone: '79007654321' });
    const id = await mailing();
    const anna = await addClient(operator);
    await planning(id, anna.id);
    const change = updateClient(operator, anna.id, { phone: '79161234567', timezone: 'Asia/Tokyo' });
    await until(waits, 5_000, 'the change to wait');
    await planned(id);
    expect((await change).data?.updateClient.phone).toBe('79161234567');
    expect(await messages(anna.id)).toEqual([{ status: 'QUEUED', phone: '79161234567', timezone: 'Asia/Tokyo' }]);
  });

  it('a deletion waits for the chunk, and its message is cancelled', async () => {
    await addClient(operator, { phone: '79007654321' });
    const id = await mailing();
    const anna = await addClient(operator);
    await planning(id, anna.id);
    const deletion = deleteClient(operator, anna.id);
    await until(waits, 5_000, 'the deletion to wait');
    await planned(id);
    expect((await deletion).data).toEqual({ deleteClient: true });
    expect(await messages(anna.id)).toMatchObject([{ status: 'CANCELLED' }]);
    expect(await counters(id)).toMatchObject({ planned: 2, queued: 1, cancelled: 1 });
  });

  it('other changes and new clients do not wait', async () => {
    await addClient(operator, { phone: '79007654321' });
    const id = await mailing();
    const anna = await addClient(operator);
    await planning(id, anna.id);
    await updateClient(operator, anna.id, { tag: 'vip', name: 'Anna' });
    const boris = await addClient(operator, { phone: '79160000000' });
    expect([await findClient(operator, anna.id), await findClient(operator, boris.id)]).toMatchObject([
      { tag: 'vip', name: 'Anna' },
      { phone: '79160000000' },
    ]);
    await planned(id);
  });
});

it('changes and deletions at the same moment as claims leave counters that add up', async () => {
  const clients = await Promise.all(
    Array.from({ length: 12 }, (_, i) => addClient(operator, { phone: `790000000${String(i).padStart(2, '0')}` })),
  );
  const ids = [await mailing(), await mailing(), await mailing()];
  const claim = (id: string) =>
    server.database.query(
      `with mine as materialized (select id from mailing where id = $1 for no key update), taken as (
         update message m set status = 'SENT', next_at = null from mine where m.mailing_id = mine.id and m.id = any (array(
           select id from message where mailing_id = $1 and status = 'QUEUED' limit 2)) and m.status = 'QUEUED' returning m.id)
       update mailing set queued = queued - (select count(*) from taken), sent = sent + (select count(*) from taken) where id = $1`,
      [id],
    );
  const answers = await Promise.all([
    ...clients.slice(0, 6).map(({ id }) => deleteClient(operator, id)),
    ...clients.slice(4).map(({ id }) => updateClient(operator, id, { timezone: 'Asia/Tokyo' })),
    ...[...ids, ...ids].map(claim),
    plan(),
    mailing(),
  ]);
  for (const answer of answers) {
    const errors = answer && typeof answer === 'object' && 'errors' in answer ? answer.errors : undefined;
    expect([undefined, 'NOT_FOUND']).toContain(errors?.[0]?.extensions.code);
  }
  for (const id of ids) {
    const counted = await counters(id);
    const [real] = await server.database.query<Record<string, number>>(
      `select count(*)::int as planned, count(*) filter (where status = 'QUEUED')::int as queued,
         count(*) filter (where status = 'SENT')::int as sent, count(*) filter (where status = 'CANCELLED')::int as cancelled
       from message where mailing_id = $1`,
      [id],
    );
    expect(counted).toMatchObject(real ?? {});
  }
  const [left] = await server.database.query<{ n: number }>(
    `select count(*)::int as n from message m join client c on c.id = m.client_id
     where m.status = 'QUEUED' and (c.hidden_at is not null or c.timezone <>
       (select z.timezone from mailing_zone z where z.mailing_id = m.mailing_id and z.zone = m.zone))`,
  );
  expect(left?.n).toBe(0);
});
