// What may change of a mailing that is not finished, and what a change sets off. No worker runs here.
import { systemViewer } from '../../src/auth/viewer.js';
import {
  anHourAgo,
  codeOf,
  createMailing,
  fieldsOf,
  inAnHour,
  MailingCalls,
  mailingOf,
  plantMessages,
  setMailing,
  told,
} from '../support/mailings.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;
let calls: MailingCalls;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  calls = new MailingCalls(staff);
});
afterAll(() => server.close());

describe('a change', () => {
  const rowOf = async (id: string) =>
    (
      await server.database.query<Record<string, unknown>>(
        `select text_version, plan_cursor::text, planned_at is not null as planned, prune_cursor::text, rate_tokens, open_ended,
           (select array_agg(text order by version) from mailing_text where mailing_id = id) as texts from mailing where id = $1`,
        [id],
      )
    )[0];
  const planned = (id: string) =>
    setMailing(server.database, id, 'plan_cursor = 77, planned_at = now(), rate_tokens = 3');

  it('of nothing leaves everything', async () => {
    const made = await createMailing(staff, {
      filter: { tags: ['x'] },
      window: { from: '09:00', to: '18:00' },
      rateLimit: 7,
      startsAt: anHourAgo(),
    });
    await planned(made.id);
    expect(told(await calls.update(made.id, {}))).toEqual(made);
    const same = { text: made.text, filter: made.filter, startsAt: made.startsAt, endsAt: made.endsAt };
    expect(told(await calls.update(made.id, { ...same, window: made.window, rateLimit: 7 }))).toEqual(made);
    expect(await rowOf(made.id)).toMatchObject({
      text_version: 1,
      plan_cursor: '77',
      planned: true,
      prune_cursor: null,
      rate_tokens: 3,
      texts: ['Hello'],
    });
  });

  it('of the text is a new version, and what was sent keeps its own', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(server.database, id, { SENT: 1, QUEUED: 1 });
    expect(told(await calls.update(id, { text: 'Second' })).text).toBe('Second');
    const { nodes } = told(
      await staff.graphql<Record<string, { nodes: object[] }>>(
        'query ($id: ID!) { messages(mailingId: $id) { nodes { status text textVersion } } }',
        { id },
      ),
    );
    expect(nodes).toEqual([
      { status: 'SENT', text: 'Hello', textVersion: 1 },
      { status: 'QUEUED', text: 'Second', textVersion: 2 },
    ]);
    told(await calls.update(id, { text: 'Third' }));
    expect(await rowOf(id)).toMatchObject({ text_version: 3, texts: ['Hello', 'Second', 'Third'] });
  });

  it('of the filter has the audience planned anew; null is everybody', async () => {
    const { id } = await createMailing(staff, { filter: { tags: ['a'], operatorCodes: ['900'] } });
    await planned(id);
    expect(told(await calls.update(id, { filter: { tags: ['b'] } })).filter).toEqual({
      tags: ['b'],
      operatorCodes: [],
    });
    expect(await rowOf(id)).toMatchObject({ plan_cursor: '0', planned: false, prune_cursor: '0' });
    expect(told(await calls.update(id, { filter: null })).filter).toEqual({ tags: [], operatorCodes: [] });
  });

  it('of the filter cancels the queued who leave and plans those who join, once the planner has come by', async () => {
    await server.database.query(
      `insert into client (phone, operator_code, tag, timezone) select '7988000000' || n, '988', (array['old', 'both', 'new'])[n], 'Europe/Moscow'
       from generate_series(1, 3) n`,
    );
    const plan = () =>
      server.app.unit(systemViewer('test'), ({ plans }) => plans.bringOn(new AbortController().signal));
    const { id } = await createMailing(staff, { filter: { tags: ['old', 'both'] } });
    await plan();
    expect((await mailingOf(staff, id)).stats).toMatchObject({ planned: 2, queued: 2, cancelled: 0 });
    told(await calls.update(id, { filter: { tags: ['both', 'new'] } }));
    await plan();
    expect((await mailingOf(staff, id)).stats).toMatchObject({ planned: 3, queued: 2, cancelled: 1 });
    told(await calls.update(id, { filter: { tags: ['both', 'old'] } }));
    await plan();
    expect((await mailingOf(staff, id)).stats).toMatchObject({ planned: 3, queued: 2, cancelled: 1 });
  });

  it('of the window re-times its zones, and null opens it for good', async () => {
    const { id } = await createMailing(staff);
    await plantMessages(server.database, id, { QUEUED: 1 });
    const zone = async () =>
      (
        await server.database.query<{ open: boolean; closes: boolean }>(
          'select opens_at <= now() as open, closes_at is not null as closes from mailing_zone where mailing_id = $1',
          [id],
        )
      )[0];
    const day = { MON: 1, TUE: 2, WED: 3, THU: 4, FRI: 5, SAT: 6, SUN: 0 };
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).getUTCDay();
    const days = Object.entries(day).flatMap(([name, number]) => (number === inTwoDays ? [name] : []));
    const window = { from: '10:00', to: '12:00', days };
    expect(told(await calls.update(id, { window })).window).toEqual(window);
    expect(await zone()).toEqual({ open: false, closes: true });
    expect(told(await calls.update(id, { window: null })).window).toBeNull();
    expect(await zone()).toEqual({ open: true, closes: false });
  });

  it('of the limit begins with an empty bucket; null takes it away', async () => {
    const { id } = await createMailing(staff, { rateLimit: 5 });
    await planned(id);
    expect(told(await calls.update(id, { rateLimit: 9 })).rateLimit).toBe(9);
    expect(await rowOf(id)).toMatchObject({ rate_tokens: 0 });
    expect(told(await calls.update(id, { rateLimit: null })).rateLimit).toBeNull();
  });

  it('of a start that has passed is refused by name; of the end it has to lie ahead', async () => {
    const made = await createMailing(staff, { startsAt: anHourAgo() });
    for (const [input, field] of [
      [{ startsAt: inAnHour(), endsAt: '2090-01-01T00:00:00Z' }, 'startsAt'],
      [{ endsAt: anHourAgo() }, 'endsAt'],
      [{ text: null }, 'text'],
      [{ startsAt: null }, 'startsAt'],
      [{ endsAt: null }, 'endsAt'],
      [{ text: 'a\0' }, 'text'],
    ] as const) {
      const answer = await calls.update(made.id, input);
      expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', [field]]);
      const response = await calls.rest('PATCH', `/api/v1/mailings/${made.id}`, input);
      expect([response.status, await response.json()]).toMatchObject([400, { fields: [{ path: field }] }]);
    }
    const several = [
      [{ startsAt: inAnHour(), endsAt: anHourAgo() }, ['endsAt', 'startsAt']],
      [{ text: '', endsAt: anHourAgo() }, ['endsAt', 'text']],
    ] as const;
    for (const [input, fields] of several) expect(fieldsOf(await calls.update(made.id, input))).toEqual(fields);
    expect(await mailingOf(staff, made.id)).toEqual(made);
    expect(told(await calls.update(made.id, { endsAt: '2090-01-01T00:00:00Z' })).endsAt).toBe(
      '2090-01-01T00:00:00.000Z',
    );
  });

  it('of a start that has not come moves it; to now or earlier, and it runs', async () => {
    const later = { startsAt: '2089-01-01T00:00:00Z', endsAt: '2090-01-01T00:00:00Z' };
    const { id } = await createMailing(staff, later);
    expect(fieldsOf(await calls.update(id, { endsAt: '2088-01-01T00:00:00Z' }))).toEqual(['endsAt']);
    expect(fieldsOf(await calls.update(id, { startsAt: '2091-01-01T00:00:00Z' }))).toEqual(['endsAt']);
    expect(told(await calls.update(id, { startsAt: '2088-01-01T00:00:00Z' }))).toMatchObject({
      status: 'SCHEDULED',
      startsAt: '2088-01-01T00:00:00.000Z',
    });
    expect(told(await calls.update(id, { startsAt: anHourAgo() }))).toMatchObject({
      status: 'RUNNING',
      startedAt: expect.any(String),
    });
  });

  it('is told over REST as well, and names in the audit log what changed, not how', async () => {
    const { id } = await createMailing(staff);
    const response = await calls.rest('PATCH', `/api/v1/mailings/${id}`, { text: 'Новый', rateLimit: null });
    expect([response.status, await response.json()]).toMatchObject([200, { id, text: 'Новый', status: 'RUNNING' }]);
    const entries = await server.database.query<{ detail: unknown }>(
      `select detail from audit_entry where subject = $1 and action = 'updateMailing'`,
      [`mailing:${id}`],
    );
    expect(entries).toEqual([{ detail: { changed: ['text', 'rateLimit'] } }]);
  });
});
