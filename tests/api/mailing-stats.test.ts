// Figures: of one mailing, of all together, and what the system says of its queue and its gateways. No worker runs here.
import { createMailing, type MailingSeen, mailingOf, plantMessages, setMailing, told } from '../support/mailings.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
});
afterAll(() => server.close());

const all = { QUEUED: 8, SENDING: 2, SENT: 5, FAILED: 1, EXPIRED: 3, CANCELLED: 4, SUPPRESSED: 6, UNCERTAIN: 7 };

async function running(counts: Partial<typeof all>, assignment = 'speed = 0'): Promise<MailingSeen> {
  const { id } = await createMailing(staff);
  await plantMessages(server.database, id, counts);
  await setMailing(server.database, id, assignment);
  return mailingOf(staff, id);
}

describe('the figures of a mailing', () => {
  it('add up, over GraphQL and REST', async () => {
    const { id, stats } = await running(all, 'attempts = 15');
    const { QUEUED, SENDING, SENT, FAILED, EXPIRED, CANCELLED, SUPPRESSED, UNCERTAIN } = all;
    const expected = {
      ...{ planned: 36, queued: QUEUED, sending: SENDING, sent: SENT, failed: FAILED, expired: EXPIRED },
      ...{
        cancelled: CANCELLED,
        suppressed: SUPPRESSED,
        uncertain: UNCERTAIN,
        attempts: 15,
        perSecond: 0,
        etaAt: null,
      },
    };
    expect(stats).toEqual(expected);
    const response = await staff.fetch(`/api/v1/mailings/${id}/stats`);
    expect([response.status, await response.json()]).toEqual([200, expected]);
    expect((await staff.fetch('/api/v1/mailings/999999/stats')).status).toBe(404);
  });

  it('tell the speed now, which fades, and when the last one will be sent', async () => {
    const asked = Date.now();
    const { stats } = await running({ QUEUED: 100, SENDING: 20 }, 'speed = 12, speed_at = now()');
    expect(stats.perSecond).toBeGreaterThan(1);
    expect(stats.perSecond).toBeLessThanOrEqual(12);
    const seconds = (Date.parse(stats.etaAt ?? '') - asked) / 1_000;
    expect(seconds).toBeGreaterThanOrEqual(10);
    const old = await running({ QUEUED: 100 }, `speed = 12, speed_at = now() - interval '1 hour'`);
    expect(old.stats).toMatchObject({ perSecond: 0, etaAt: null });
  });

  it.each([
    ['nothing is left', { SENT: 5 }, 'speed = 12, speed_at = now()'],
    ['it is paused', { QUEUED: 5 }, `speed = 12, speed_at = now(), status = 'PAUSED'`],
    ['it is finished', { FAILED: 5 }, `speed = 12, speed_at = now(), status = 'COMPLETED', finished_at = now()`],
  ])('promise no moment where %s', async (_what, counts, assignment) => {
    expect((await running(counts, assignment)).stats.etaAt).toBeNull();
  });

  it('promise none before a window opens again', async () => {
    const { id } = await running({ QUEUED: 5 }, 'speed = 1000, speed_at = now()');
    await server.database.query(
      `insert into mailing_zone values ($1, 2, 'Asia/Almaty', now() + interval '3 hours', now() + interval '4 hours'),
         ($1, 3, 'Europe/Paris', null, null)`,
      [id],
    );
    const eta = async () => Date.parse((await mailingOf(staff, id)).stats.etaAt ?? '') - Date.now();
    expect(await eta()).toBeLessThan(60_000);
    await server.database.query(
      `update mailing_zone set opens_at = now() + interval '2 hours', closes_at = now() + interval '5 hours' where mailing_id = $1 and zone = 1`,
      [id],
    );
    expect(await eta()).toBeGreaterThan(7_190_000);
    expect(await eta()).toBeLessThan(7_300_000);
  });
});

describe('the overview', () => {
  const overview =
    '{ mailingOverview { mailings byMailingStatus { status count } messages byMessageStatus { status count } } }';

  it('counts mailings and messages by status, each status once, and is the same over REST', async () => {
    await server.database.query('truncate mailing, mailing_text, mailing_zone, message cascade');
    const response = await staff.graphql<Record<string, { mailings: number; messages: number }>>(overview);
    expect(told(response)).toMatchObject({ mailings: 0, messages: 0 });
    await running(all);
    await running({ SENT: 2 }, `status = 'COMPLETED', finished_at = now()`);
    await running({ CANCELLED: 1 }, `status = 'CANCELLED', finished_at = now(), hidden_at = now()`);
    const seen = told(await staff.graphql<Record<string, object>>(overview));
    const count = (numbers: Record<string, number>) =>
      Object.entries(numbers).map(([status, n]) => ({ status, count: n }));
    expect(seen).toEqual({
      mailings: 3,
      byMailingStatus: count({ SCHEDULED: 0, RUNNING: 1, PAUSED: 0, COMPLETED: 1, EXPIRED: 0, CANCELLED: 1 }),
      messages: 39,
      byMessageStatus: count({ ...all, SENT: 7, CANCELLED: 5 }),
    });
    expect(await (await staff.fetch('/api/v1/mailings/stats')).json()).toEqual(seen);
  });
});

describe('the system', () => {
  it('tells how many messages wait, and of the gateway what each living worker last saw', async () => {
    await server.database.query('truncate mailing, mailing_text, mailing_zone, message cascade');
    await running({ QUEUED: 3, SENDING: 1 });
    await running({ QUEUED: 4 });
    await server.database.query(
      `insert into gateway_worker (worker, name, breaker, concurrency, success_rate, p95_ms, per_second, last_error, seen_at) values
         ('host 1', 'messages', 'HALF_OPEN', 32, 0.75, 180, 41, '503', now()), ('host 2', 'messages', 'CLOSED', 64, 1, 20, 0, null, now()),
         ('host 3', 'messages', 'OPEN', 1, 0, 0, 0, 'gone', now() - interval '11 s')`,
    );
    const asked =
      '{ systemStatus { queuedMessages gateways { name worker breaker concurrency successRate p95Ms lastError } } }';
    const expected = {
      queuedMessages: 7,
      gateways: [
        {
          name: 'messages',
          worker: 'host 1',
          breaker: 'HALF_OPEN',
          concurrency: 32,
          successRate: 0.75,
          p95Ms: 180,
          lastError: '503',
        },
        {
          name: 'messages',
          worker: 'host 2',
          breaker: 'CLOSED',
          concurrency: 64,
          successRate: 1,
          p95Ms: 20,
          lastError: null,
        },
      ],
    };
    expect(told(await staff.graphql<Record<string, object>>(asked))).toEqual(expected);
    const reader = await server.token('READ');
    expect(told(await reader.graphql<Record<string, object>>(asked))).toEqual(expected);
  });
});
