// The life of a mailing: every state with every operation, over GraphQL and REST, and what becomes of its messages. No worker runs
// here, so that each stays in the state it was put into.
import { systemViewer } from '../../src/auth/viewer.js';
import { type MailingStatus, mailingStatuses, messageStatuses } from '../../src/entities/mailing.enums.js';
import {
  anHourAgo,
  codeOf,
  createMailing,
  fieldsOf,
  MailingCalls,
  type MailingSeen,
  mailingOf,
  plantMessages,
  setMailing,
  told,
} from '../support/mailings.js';
import { type Client, type GraphqlAnswer, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;
let calls: MailingCalls;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  calls = new MailingCalls(staff);
});
afterAll(() => server.close());

describe('states', () => {
  const operations = {
    update: (id: string) => calls.update(id, { text: 'New' }),
    pause: (id: string) => calls.control('pause', id),
    resume: (id: string) => calls.control('resume', id),
    cancel: (id: string) => calls.control('cancel', id),
    retry: (id: string) => calls.retry(id, ['FAILED']),
    delete: (id: string) => calls.remove(id),
  };
  type Operation = keyof typeof operations;

  /** What becomes of it; what is not named is CONFLICT. */
  const allowed: Record<MailingStatus, Partial<Record<Operation, MailingStatus | 'gone'>>> = {
    SCHEDULED: { update: 'SCHEDULED', pause: 'PAUSED', cancel: 'CANCELLED', delete: 'gone' },
    RUNNING: { update: 'RUNNING', pause: 'PAUSED', cancel: 'CANCELLED', retry: 'RUNNING' },
    PAUSED: { update: 'PAUSED', resume: 'RUNNING', cancel: 'CANCELLED', retry: 'PAUSED' },
    COMPLETED: { retry: 'RUNNING', delete: 'gone' },
    EXPIRED: { delete: 'gone' },
    CANCELLED: { delete: 'gone' },
  };

  async function mailingIn(status: MailingStatus): Promise<string> {
    const startsAt = status === 'SCHEDULED' ? new Date(Date.now() + 1_800_000).toISOString() : anHourAgo();
    const { id } = await createMailing(staff, { startsAt });
    await plantMessages(server.database, id, { SENT: 1, FAILED: 2 });
    const finished = ['COMPLETED', 'EXPIRED', 'CANCELLED'].includes(status);
    await setMailing(server.database, id, `status = '${status}', finished_at = ${finished ? 'now()' : 'null'}`);
    return id;
  }

  const cases = mailingStatuses.flatMap((status) =>
    (Object.keys(operations) as Operation[]).map((operation) => ({
      status,
      operation,
      becomes: allowed[status][operation] ?? 'CONFLICT',
    })),
  );

  it.each(cases)('$status: $operation is $becomes', async ({ status, operation, becomes }) => {
    const id = await mailingIn(status);
    const answer = await operations[operation](id);
    if (becomes === 'CONFLICT') {
      expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reasons: [status] });
      expect((await mailingOf(staff, id)).status).toBe(status);
    } else if (becomes === 'gone') {
      expect(answer.data).toEqual({ deleteMailing: true });
      expect((await staff.graphql('query ($id: ID!) { mailing(id: $id) { id } }', { id })).data).toEqual({
        mailing: null,
      });
      expect(codeOf(await calls.remove(id))).toBe('NOT_FOUND');
    } else {
      expect(told(answer as GraphqlAnswer<Record<string, MailingSeen>>).status).toBe(becomes);
    }
  });

  it.each(cases.filter(({ operation }) => ['pause', 'resume', 'cancel', 'retry'].includes(operation)))(
    'REST $status: $operation is $becomes',
    async ({ status, operation, becomes }) => {
      const id = await mailingIn(status);
      const body = operation === 'retry' ? { status: ['FAILED'] } : undefined;
      const response = await calls.rest('POST', `/api/v1/mailings/${id}/${operation}`, body);
      expect([response.status, await response.json()]).toMatchObject(
        becomes === 'CONFLICT'
          ? [409, { code: 'CONFLICT', reasons: [status] }]
          : [200, { id, status: becomes, filter: { operatorCodes: [], tags: [] } }],
      );
    },
  );

  it.each([
    ['PAUSED', 'resume'],
    ['PAUSED', 'update'],
    ['RUNNING', 'update'],
    ['RUNNING', 'retry'],
    ['COMPLETED', 'retry'],
  ] as const)('%s, and its end has come: %s is CONFLICT', async (status, operation) => {
    const id = await mailingIn(status);
    await setMailing(server.database, id, 'ends_at = now()');
    expect((await operations[operation](id)).errors?.[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      reasons: [status],
    });
  });

  it('goes back to SCHEDULED where its start has not come', async () => {
    const id = await mailingIn('SCHEDULED');
    expect(told(await calls.control('pause', id)).status).toBe('PAUSED');
    expect(told(await calls.control('resume', id))).toMatchObject({ status: 'SCHEDULED', startedAt: null });
  });

  it('one that was deleted before its start never runs', async () => {
    const id = await mailingIn('SCHEDULED');
    await calls.remove(id);
    const [row] = await server.database.query<{ status: string }>('select status from mailing where id = $1', [id]);
    expect(row?.status).toBe('CANCELLED');
  });

  it.each(['0', '-1', 'abc', '1e3', '99999999999999999999', '999999999', ' 1', '\u0000'])(
    'is not found under the id %j',
    async (id) => {
      for (const operation of Object.values(operations)) expect(codeOf(await operation(id))).toBe('NOT_FOUND');
      expect((await staff.graphql('query ($id: ID!) { mailing(id: $id) { id } }', { id })).data).toEqual({
        mailing: null,
      });
    },
  );

  it('one of fifty who pause and resume at once wins each time, and the log has as many entries as there were changes', async () => {
    const { id } = await createMailing(staff);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => calls.control(n % 2 === 0 ? 'pause' : 'resume', id)),
    );
    const done = answers.filter(({ errors }) => !errors).length;
    expect(answers.every((answer) => [undefined, 'CONFLICT'].includes(codeOf(answer)))).toBe(true);
    const entries = await server.database.query(
      `select from audit_entry where subject = $1 and action in ('pauseMailing', 'resumeMailing')`,
      [`mailing:${id}`],
    );
    expect(entries).toHaveLength(done);
  });
});

describe('cancelling', () => {
  it('takes what waits out of the queue, tells of each, and leaves what is under way', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(server.database, id, { QUEUED: 1_200, SENDING: 3, SENT: 2 });
    const cancelled = told(await calls.control('cancel', id));
    expect(cancelled).toMatchObject({ status: 'CANCELLED', finishedAt: expect.any(String) });
    expect(cancelled.stats).toMatchObject({ planned: 1_205, queued: 0, cancelled: 1_200, sending: 3, sent: 2 });
    await server.database.query('select number_events(1000)');
    const runs = await server.database.query<{ n: number; kind: string }>(
      `select cardinality(items) as n, kind from event where topic = 'message' and subject = $1 order by id`,
      [id],
    );
    expect(runs).toEqual([500, 500, 200].map((n) => ({ n, kind: 'CANCELLED' })));
  });

  it('of a large one takes a first chunk and leaves the rest to the next tick, adding up', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(server.database, id, { QUEUED: 5_100 });
    expect(told(await calls.control('cancel', id)).stats).toMatchObject({
      planned: 5_100,
      queued: 3_100,
      cancelled: 2_000,
    });
    const counted = await server.database.query(
      'select status, count(*)::int as n from message where mailing_id = $1 group by status order by status',
      [id],
    );
    expect(counted).toEqual([
      { status: 'CANCELLED', n: 2_000 },
      { status: 'QUEUED', n: 3_100 },
    ]);
    await server.app.unit(systemViewer('test'), ({ upkeep }) => upkeep.expire(new AbortController().signal));
    expect((await mailingOf(staff, id)).stats).toMatchObject({ planned: 5_100, queued: 0, cancelled: 5_100 });
  });

  it('of a large one does not fail while the statistics of PostgreSQL know other mailings only', async () => {
    const [known, large] = [await createMailing(staff), await createMailing(staff)];
    await plantMessages(server.database, known.id, { SENT: 1_000 });
    await server.database.query('analyze message');
    await plantMessages(server.database, large.id, { QUEUED: 40_000 });
    expect(told(await calls.control('cancel', large.id))).toMatchObject({
      status: 'CANCELLED',
      stats: { planned: 40_000, queued: 38_000, cancelled: 2_000 },
    });
  });
});

describe('retrying', () => {
  it('queues what failed and what is in doubt again, as was asked, and starts a completed one again', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(server.database, id, { SENT: 1, FAILED: 2, UNCERTAIN: 3, SUPPRESSED: 1 });
    await setMailing(server.database, id, `status = 'COMPLETED', finished_at = now()`);
    const failed = told(await calls.retry(id, ['FAILED', 'FAILED']));
    expect(failed).toMatchObject({ status: 'RUNNING', finishedAt: null });
    expect(failed.stats).toMatchObject({ planned: 7, queued: 2, failed: 0, uncertain: 3, sent: 1, suppressed: 1 });
    expect(told(await calls.retry(id, ['FAILED', 'UNCERTAIN'])).stats).toMatchObject({
      queued: 5,
      failed: 0,
      uncertain: 0,
    });
    const [kept] = await server.database.query<{ reasons: number }>(
      `select count(*) filter (where last_error is not null and text_version is null)::int as reasons from message where mailing_id = $1`,
      [id],
    );
    expect(kept?.reasons).toBe(2);
  });

  it('of a large one goes on after the first chunk, and takes only what had failed', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(server.database, id, { FAILED: 5_100, SENT: 1, UNCERTAIN: 1 });
    expect(told(await calls.retry(id, ['UNCERTAIN', 'FAILED'])).stats).toMatchObject({
      planned: 5_102,
      queued: 5_101,
      failed: 0,
      uncertain: 0,
      sent: 1,
    });
  });

  it('where nothing is to be done leaves a completed one as it is', async () => {
    const { id } = await createMailing(staff);
    await setMailing(server.database, id, `status = 'COMPLETED', finished_at = now()`);
    expect(told(await calls.retry(id, ['UNCERTAIN'])).status).toBe('COMPLETED');
  });

  it.each([...messageStatuses.filter((status) => !['FAILED', 'UNCERTAIN'].includes(status)), null])(
    'refuses %s',
    async (status) => {
      const { id } = await createMailing(staff);
      const answer = await calls.retry(id, status ? ['FAILED', status] : []);
      expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', [status ? 'status.1' : 'status']]);
    },
  );

  it('reaches people where they are now, and not those who were deleted', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(server.database, id, { FAILED: 2 });
    const [gone, moved] = await server.database.query<{ client_id: string }>(
      'select client_id from message where mailing_id = $1 order by id',
      [id],
    );
    await server.database.query('update client set hidden_at = now() where id = $1', [gone?.client_id]);
    await server.database.query(`update client set phone = '77010000001', timezone = 'Asia/Almaty' where id = $1`, [
      moved?.client_id,
    ]);
    expect(told(await calls.retry(id, ['FAILED'])).stats).toMatchObject({ queued: 1, failed: 1 });
    const queued = await server.database.query(
      `select m.phone, z.timezone from message m join mailing_zone z using (mailing_id, zone) where mailing_id = $1 and status = 'QUEUED'`,
      [id],
    );
    expect(queued).toEqual([{ phone: '77010000001', timezone: 'Asia/Almaty' }]);
  });
});

describe('a deleted mailing', () => {
  it('is in no list, counts in statistics, and its messages still lead to it', async () => {
    const { id } = await createMailing(staff, { text: 'Short-lived' });
    await plantMessages(server.database, id, { SENT: 2 });
    await setMailing(server.database, id, `status = 'COMPLETED', finished_at = now()`);
    const overview = '{ mailingOverview { mailings messages } }';
    const before = (await staff.graphql(overview)).data;
    expect((await calls.rest('DELETE', `/api/v1/mailings/${id}`)).status).toBe(204);
    expect((await calls.rest('GET', `/api/v1/mailings/${id}`)).status).toBe(404);
    expect((await staff.graphql(overview)).data).toEqual(before);
    const list = await staff.graphql(
      'query ($search: String) { mailings(filter: { search: $search }) { totalCount } }',
      { search: 'SHORT-LIVED' },
    );
    expect(list.data).toEqual({ mailings: { totalCount: 0 } });
    const messages = await staff.graphql(
      'query ($id: ID!) { messages(mailingId: $id) { totalCount nodes { mailing { id text } } } }',
      { id },
    );
    expect(messages.data).toEqual({
      messages: {
        totalCount: 2,
        nodes: [{ mailing: { id, text: 'Short-lived' } }, { mailing: { id, text: 'Short-lived' } }],
      },
    });
  });
});
