// What the old words say about a mailing, and what they may change in one.
import { randomUUID } from 'node:crypto';
import {
  ahead,
  type Fields,
  form,
  impossibleIds,
  json,
  LegacyApi,
  type LegacyRow,
  notFound,
} from '../support/legacy-api.js';
import { type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let api: LegacyApi;
beforeAll(async () => {
  // Without a worker nothing is planned or sent while these tests look at it.
  server = await testServer({ ROLES: 'web' });
  api = new LegacyApi(server, await server.token('MAILINGS'));
});
afterAll(() => server.close());

describe('a mailing', () => {
  it('starts now, goes on for ten years and minds nobody’s time where nothing is said', async () => {
    const made = await api.newMailing({ start_day: undefined, end_day: undefined });
    expect(made).toEqual({
      id: made.id,
      start_day: expect.any(String),
      end_day: null,
      start_time: null,
      end_time: null,
      body: 'Добрый день',
      tag: '',
      operator_code: '',
    });
    expect(Math.abs(Date.parse(String(made.start_day)) - Date.now())).toBeLessThan(10_000);
    const [row] = await server.database.query<{ endsAt: Date; status: string }>(
      'select ends_at as "endsAt", status from mailing where id = $1',
      [made.id],
    );
    expect(row?.status).toBe('RUNNING');
    expect((row?.endsAt.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_650 * 86_400_000);
    const empty = { start_day: '', end_day: '', start_time: '', end_time: '', body: 'x', tag: '', operator_code: '' };
    const fromForm = await api.answer('/api/create/mailing', form('POST', empty));
    expect(fromForm.body).toMatchObject({ end_day: null, start_time: null, end_time: null });
  });

  it('can be sent back as it was read, and nothing has changed', async () => {
    for (const fields of [
      {},
      { start_day: '2020-01-01T00:00:00Z', end_day: undefined },
      { start_day: undefined, end_day: undefined, start_time: '22:00', end_time: '06:00' },
      { start_day: ahead(-1), tag: 'vip', operator_code: '900' },
    ]) {
      const made = await api.newMailing(fields);
      expect(await api.update(made, made)).toEqual({ status: 200, body: made });
      const kept = await server.database.query(
        'select text_version, planned_at, plan_cursor from mailing where id = $1',
        [made.id],
      );
      expect(kept).toEqual([{ text_version: 1, planned_at: null, plan_cursor: '0' }]);
    }
  });

  it('keeps what the old words cannot say when it is sent back as it was read', async () => {
    const { data } = await server.admin.graphql<{ createMailing: { id: string } }>(
      `mutation ($input: CreateMailingInput!) { createMailing(input: $input) { id } }`,
      {
        input: {
          text: 'x',
          startsAt: ahead(1),
          endsAt: ahead(2),
          filter: { tags: ['a', 'b'], operatorCodes: ['900', '901'] },
          window: { from: '09:00', to: '18:00', days: ['MON', 'FRI'] },
        },
      },
    );
    const { id } = data?.createMailing ?? { id: '' };
    const { statistics: _, ...read } = await api.get<LegacyRow>(`/api/mails/${id}`);
    expect(read).toMatchObject({ tag: 'a,b', operator_code: '900,901', start_time: '09:00:00', end_time: '18:00:00' });
    expect((await api.update(read, { ...read, body: 'y' })).body).toEqual({ ...read, body: 'y' });
    const stored = (): Promise<Fields[]> =>
      server.database.query('select operator_codes, tags, window_days from mailing where id = $1', [id]);
    expect(await stored()).toEqual([{ operator_codes: ['900', '901'], tags: ['a', 'b'], window_days: ['MON', 'FRI'] }]);
    await api.update(read, { tag: 'c', end_time: '19:00' });
    expect(await stored()).toEqual([{ operator_codes: ['900', '901'], tags: ['c'], window_days: ['MON', 'FRI'] }]);
    await api.update(read, { start_time: null, end_time: null, operator_code: '' });
    expect(await stored()).toEqual([{ operator_codes: [], tags: ['c'], window_days: null }]);
  });

  it('gets an end, and loses it again', async () => {
    const made = await api.newMailing({ end_day: undefined });
    const ended = await api.update(made, { end_day: '2096-01-01T00:00:00Z' });
    expect(ended.body).toEqual({ ...made, end_day: '2096-01-01T00:00:00Z' });
    expect((await api.update(made, { end_day: null })).body).toEqual(made);
    expect((await api.update(made, { start_day: '2080-01-01T00:00:00Z' })).body).toMatchObject({
      start_day: '2080-01-01T00:00:00Z',
      end_day: null,
    });
  });

  it('gets a window, and loses it again', async () => {
    const made = await api.newMailing();
    expect(await api.update(made, { start_time: '09:00' })).toEqual({
      status: 400,
      body: { end_time: [expect.any(String)] },
    });
    expect(await api.update(made, { end_time: '18:00' })).toEqual({
      status: 400,
      body: { start_time: [expect.any(String)] },
    });
    const windowed = { ...made, start_time: '09:00:00', end_time: '18:00:00' };
    expect((await api.update(made, { start_time: '9:00', end_time: '18:00:59' })).body).toEqual(windowed);
    expect(await api.update(made, { end_time: null })).toEqual({
      status: 400,
      body: { end_time: [expect.any(String)] },
    });
    expect((await api.update(made, { end_time: '08:00' })).body).toEqual({ ...windowed, end_time: '08:00:00' });
    expect((await api.update(made, { start_time: '', end_time: '' })).body).toEqual(made);
  });

  it.each([
    ['2096-02-29T12:00:00Z', '2096-02-29T12:00:00Z'],
    ['2096-02-29T12:00:00.125Z', '2096-02-29T12:00:00.125Z'],
    ['2096-02-29T12:00:00+03:00', '2096-02-29T09:00:00Z'],
    ['2096-02-29T12:00:00-0330', '2096-02-29T15:30:00Z'],
    ['2096-02-29T12:00+03', '2096-02-29T09:00:00Z'],
    // Without an offset it is UTC, as on the old server.
    ['2096-02-29T12:00:00', '2096-02-29T12:00:00Z'],
    ['2096-02-29 12:00', '2096-02-29T12:00:00Z'],
    ['2096-02-29', '2096-02-29T00:00:00Z'],
  ])('reads %s as %s', async (given, told) => {
    expect(await api.newMailing({ start_day: given, end_day: undefined })).toMatchObject({ start_day: told });
  });

  it.each<[string, Fields, string]>([
    ['no text', { body: undefined }, 'body'],
    ['an empty text', { body: ' ' }, 'body'],
    ['a text with NUL', { body: 'a\0b' }, 'body'],
    ['a text that is none', { body: { text: 'x' } }, 'body'],
    ['T12: an end before the start', { start_day: ahead(48), end_day: ahead(24) }, 'end_day'],
    ['T12: an end at the start', { start_day: '2096-01-01T00:00:00Z', end_day: '2096-01-01T00:00:00Z' }, 'end_day'],
    ['T12: an end that has passed', { start_day: ahead(-48), end_day: ahead(-24) }, 'end_day'],
    ['a day that is none', { start_day: '2095-02-29T00:00:00Z' }, 'start_day'],
    ['a start that is no moment', { start_day: 'tomorrow' }, 'start_day'],
    ['a number for a moment', { end_day: 4_000_000_000 }, 'end_day'],
    ['a year that is none', { end_day: '0000-00-00' }, 'end_day'],
    ['half a window', { start_time: '09:00' }, 'end_time'],
    ['the other half', { end_time: '09:00' }, 'start_time'],
    ['a window that never opens', { start_time: '09:00:10', end_time: '09:00:50' }, 'end_time'],
    ['24:00', { start_time: '09:00', end_time: '24:00' }, 'end_time'],
    ['a time that is none', { start_time: 'nine', end_time: '18:00' }, 'start_time'],
    ['an operator code that is none', { operator_code: 'mts' }, 'operator_code'],
    ['a tag with NUL', { tag: 'a\0b' }, 'tag'],
    ['two tags', { tag: ['a', 'b'] }, 'tag'],
  ])('is refused with %s, and nothing is stored', async (_what, fields, name) => {
    const count = 'select count(*) from mailing';
    const before = await server.database.query(count);
    const wanted = { start_day: ahead(24), end_day: ahead(48), body: 'x', ...fields };
    expect(await api.answer('/api/create/mailing', json('POST', wanted))).toEqual({
      status: 400,
      body: { [name]: [expect.any(String)] },
    });
    expect(await server.database.query(count)).toEqual(before);
  });

  it.each(impossibleIds)('is not found under the id %s', async (pk) => {
    expect(await api.answer(`/api/mails/${pk}`)).toEqual(notFound);
    expect(await api.answer(`/api/update/mailing/${pk}`, json('PUT', {}))).toEqual(notFound);
    expect(await api.answer(`/api/delete/mailing/${pk}`, { method: 'DELETE' })).toEqual(notFound);
  });

  it('that runs is cancelled before it is deleted, and statistics keep counting it', async () => {
    const made = await api.newMailing({ start_day: ahead(-1) });
    await api.putMessages(made.id, { SENT: 2, QUEUED: 3 });
    expect((await api.answer(`/api/delete/mailing/${made.id}`, { method: 'DELETE' })).status).toBe(200);
    const [row] = await server.database.query(
      'select status, hidden_at is null as shown, queued, cancelled from mailing where id = $1',
      [made.id],
    );
    expect(row).toEqual({ status: 'CANCELLED', shown: false, queued: 0, cancelled: 3 });
    const full = await api.get<{ 'Total sent messages': Fields }>('/api/mails/full');
    expect(full['Total sent messages'][made.id]).toEqual({ 'Total messages': 5, Sent: 2, 'No sent': 3 });
  });

  it('that is paused, or is over, can be deleted as well', async () => {
    for (const status of ['PAUSED', 'COMPLETED', 'EXPIRED', 'CANCELLED']) {
      const { id } = await api.newMailing();
      await server.database.query('update mailing set status = $2 where id = $1', [id, status]);
      const gone = await api.answer(`/api/delete/mailing/${id}`, { method: 'DELETE' });
      expect([status, gone.status]).toEqual([status, 200]);
    }
  });

  it('that is over cannot change any more: 409', async () => {
    const made = await api.newMailing();
    await server.database.query(`update mailing set status = 'COMPLETED' where id = $1`, [made.id]);
    expect(await api.update(made, { body: 'y' })).toEqual({ status: 409, body: { detail: expect.any(String) } });
  });

  it('is made once for each Idempotency-Key', async () => {
    const request = json('POST', { body: 'once' });
    const keyed = { ...request, headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() } };
    const [first, again] = [
      await api.answer('/api/create/mailing', keyed),
      await api.answer('/api/create/api/mailing', keyed),
    ];
    expect([first.status, again]).toEqual([200, first]);
  });
});
