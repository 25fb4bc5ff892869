// Everything at once on one mailing: people who pause, resume, change, retry, the planner, a worker that settles. At the end the
// counters say what the messages say, and nobody was told more than CONFLICT.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { systemViewer } from '../../src/auth/viewer.js';
import { inBatches, MessageQueue } from '../../src/domain/mailings/message-queue.js';
import { columnParsers } from '../../src/server/database.js';
import { endPool } from '../support/end-pool.js';
import { codeOf, createMailing, MailingCalls, told } from '../support/mailings.js';
import { type Client, type GraphqlAnswer, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;
let calls: MailingCalls;
let pool: pg.Pool;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  calls = new MailingCalls(staff);
  pool = new pg.Pool({
    connectionString: server.database.url,
    max: 4,
    types: columnParsers(),
    options: '-c timezone=UTC',
  });
  await server.database.query(
    `insert into client (phone, operator_code, tag, timezone) select '79' || lpad(n::text, 9, '0'), '900', (array['a', 'b', 'c'])[n % 3 + 1], 'Europe/Moscow'
     from generate_series(1, 6000) n`,
  );
});
afterAll(async () => {
  await endPool(pool);
  await server.close();
});

const plan = (): Promise<void> =>
  server.app.unit(systemViewer(randomUUID()), ({ plans }) => plans.bringOn(new AbortController().signal));

const expire = (): Promise<void> =>
  server.app.unit(systemViewer(randomUUID()), ({ upkeep }) => upkeep.expire(new AbortController().signal));

const counters = 'planned, queued, sending, sent, failed, expired, cancelled, suppressed, uncertain';

async function work(queue: MessageQueue, until: AbortSignal): Promise<void> {
  while (!until.aborted) {
    const { claims } = await queue.claim(64);
    const outcome = () => (['SENT', 'FAILED', 'UNCERTAIN', 'QUEUED'] as const)[Math.floor(Math.random() * 4)] ?? 'SENT';
    if (claims.length > 0) {
      const results = claims.map((claim) => ({ claim, as: outcome(), delayMs: 0, reason: null, place: 0 }));
      for (const batch of inBatches(results)) await queue.settle(batch);
    } else await sleep(5);
  }
}

it('leaves the counters right', async () => {
  const { id } = await createMailing(staff, { filter: { tags: ['a'] } });
  const over = new AbortController();
  const rows = async <Row extends object>(sql: string, params: readonly unknown[] = []) =>
    (await pool.query<Row>(sql, [...params])).rows;
  const workers = ['one', 'two'].map((name) => work(new MessageQueue({ rows }, name), over.signal));
  const planner = (async () => {
    while (!over.signal.aborted) {
      await plan();
      await sleep(5);
    }
  })();
  const answers: GraphqlAnswer<object>[] = [];
  const tags = [['a'], ['b'], ['a', 'c'], ['b', 'c'], []];
  const person = async (n: number): Promise<void> => {
    for (let i = 0; i < 25; i++) {
      const choice = Math.floor(Math.random() * 5);
      const call = [
        () => calls.control('pause', id),
        () => calls.control('resume', id),
        () => calls.retry(id, ['FAILED', 'UNCERTAIN']),
        () => calls.update(id, { filter: { tags: tags[(n + i) % tags.length] } }),
        () => calls.update(id, { text: `text ${n} ${i}`, window: i % 2 ? { from: '00:00', to: '23:59' } : null }),
      ][choice] as () => Promise<GraphqlAnswer<object>>;
      answers.push(await call());
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, n) => person(n)));
  await calls.control('resume', id);
  await calls.retry(id, ['FAILED', 'UNCERTAIN']);
  await sleep(300);
  told(await calls.control('cancel', id));
  over.abort();
  await Promise.all([...workers, planner]);
  await expire();
  expect(answers.filter((answer) => ![undefined, 'CONFLICT'].includes(codeOf(answer)))).toEqual([]);
  const [row] = await server.database.query<Record<string, number>>(`select ${counters} from mailing where id = $1`, [
    id,
  ]);
  const counted = await server.database.query<{ status: string; n: number }>(
    'select lower(status) as status, count(*)::int as n from message where mailing_id = $1 group by status',
    [id],
  );
  const { planned, ...byStatus } = row ?? {};
  expect(
    Object.entries(byStatus)
      .filter(([, n]) => n > 0)
      .sort(),
  ).toEqual(counted.map(({ status, n }): [string, number] => [status, n]).sort());
  expect([planned, row?.queued, row?.sending]).toEqual([counted.reduce((sum, { n }) => sum + n, 0), 0, 0]);
});
