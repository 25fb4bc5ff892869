// The old mailing server's mailings and messages: every route in both of its spellings, and its statistics, counted right.
import { form, json, LegacyApi, type LegacyRow, multipart, notFound, someNumber } from '../support/legacy-api.js';
import { type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let api: LegacyApi;
beforeAll(async () => {
  // Without a worker nothing is planned or sent while these tests look at it.
  server = await testServer({ ROLES: 'web' });
  api = new LegacyApi(server, await server.token('MAILINGS'));
});
afterAll(() => server.close());

describe.each(['/api', '/api/', '/api/routes', '/api/routes/'])('GET %s', (path) => {
  it('is the list of routes that the old server told', async () => {
    expect(await api.get<string[]>(path)).toEqual([
      '/api/',
      '/api/clients',
      '/api/mails/<int:pk>',
      '/api/mails/full',
      '/api/messages',
      '/api/create/client/',
      '/api/delete/client/<int:pk>',
      '/api/update/client/<int:pk>',
      '/api/create/api/mailing',
      '/api/delete/api/mailing/<int:pk>',
      '/api/update/mailing/<int:pk>',
    ]);
  });
});

describe.each(['', '/'])('mailings, with %j at the end', (slash) => {
  const fields = {
    start_time: '09:00:00',
    end_time: '21:30:00',
    start_day: '2096-01-01T06:00:00Z',
    end_day: '2096-01-08T21:00:00Z',
    body: 'Скидка 20 %',
    tag: 'vip',
    operator_code: '900',
  };

  it.each(['/api/create/mailing', '/api/create/api/mailing'])('POST %s makes one', async (path) => {
    const fromJson = await api.answer(`${path}${slash}`, json('POST', fields));
    expect(fromJson).toEqual({ status: 200, body: { id: expect.any(Number), ...fields } });
    const fromForm = await api.answer(`${path}${slash}`, form('POST', fields));
    expect(fromForm).toEqual({ status: 200, body: { id: expect.any(Number), ...fields } });
    const fromFormData = await api.answer(`${path}${slash}`, multipart('POST', fields));
    expect(fromFormData).toEqual({ status: 200, body: { id: expect.any(Number), ...fields } });
  });

  it('GET /api/mails/{pk} tells it with its statistics by status', async () => {
    const { id, ...made } = await api.newMailing(fields);
    await api.putMessages(id, {
      QUEUED: 1,
      SENDING: 2,
      SENT: 3,
      FAILED: 4,
      EXPIRED: 5,
      CANCELLED: 6,
      SUPPRESSED: 7,
      UNCERTAIN: 8,
    });
    expect(await api.get(`/api/mails/${id}${slash}`)).toEqual({
      id,
      ...made,
      statistics: {
        'Total messages': 36,
        Sent: 3,
        'No sent': 33,
        by_status: { QUEUED: 1, SENDING: 2, SENT: 3, FAILED: 4, EXPIRED: 5, CANCELLED: 6, SUPPRESSED: 7, UNCERTAIN: 8 },
      },
    });
  });

  it('GET /api/mails/full counts right', async () => {
    const path = `/api/mails/full${slash}`;
    type Full = Record<string, number> & { 'Total sent messages': Record<string, unknown> };
    const before = await api.get<Full>(path);
    const [first, second, empty] = [await api.newMailing(), await api.newMailing(), await api.newMailing()];
    await api.putMessages(first.id, { SENT: 3, FAILED: 1, QUEUED: 2 });
    await api.putMessages(second.id, { SENT: 1 });
    const after = await api.get<Full>(path);
    expect(after).toEqual({
      'Total number of mailings': Number(before['Total number of mailings']) + 3,
      'The number of messages sent': Number(before['The number of messages sent']) + 4,
      'Total sent messages': {
        ...before['Total sent messages'],
        [first.id]: { 'Total messages': 6, Sent: 3, 'No sent': 3 },
        [second.id]: { 'Total messages': 1, Sent: 1, 'No sent': 0 },
        [empty.id]: { 'Total messages': 0, Sent: 0, 'No sent': 0 },
      },
    });
  });

  it('GET /api/messages tells what became of each', async () => {
    const { id } = await api.newMailing();
    await api.putMessages(id, { SENT: 1, QUEUED: 1, FAILED: 1 });
    const mine = (await api.get<LegacyRow[]>(`/api/messages${slash}`)).filter((message) => message.mail_sender === id);
    const shape = { id: expect.any(Number), created: expect.stringMatching(/^\d{4}-.*Z$/), mail_sender: id };
    expect(mine).toEqual([
      { ...shape, status: 'sent', client: 1_000_001 },
      { ...shape, status: 'no sent', client: 1_000_002 },
      { ...shape, status: 'no sent', client: 1_000_003 },
    ]);
  });

  it('PUT /api/update/mailing/{pk} changes what is given', async () => {
    const { id, ...before } = await api.newMailing(fields);
    const path = `/api/update/mailing/${id}${slash}`;
    const changes = { body: 'Скидка 30 %', tag: '', start_time: '10:00:00' };
    const changed = { id, ...before, ...changes };
    expect(await api.answer(path, json('PUT', changes))).toEqual({ status: 200, body: changed });
    expect((await api.answer(path, form('PUT', { operator_code: '912' }))).body).toEqual({
      ...changed,
      operator_code: '912',
    });
    const fromFormData = await api.answer(path, multipart('PUT', { operator_code: '913' }));
    expect(fromFormData).toEqual({ status: 200, body: { ...changed, operator_code: '913' } });
    expect(await api.get(`/api/mails/${id}`)).toMatchObject({ ...changed, operator_code: '913' });
  });

  it.each(['/api/delete/mailing', '/api/delete/api/mailing'])('DELETE %s/{pk} deletes, once', async (path) => {
    const { id } = await api.newMailing();
    const gone = `${path}/${id}${slash}`;
    expect(await api.answer(gone, { method: 'DELETE' })).toEqual({ status: 200, body: 'MailSender was deleted.' });
    expect(await api.answer(gone, { method: 'DELETE' })).toEqual(notFound);
    expect(await api.answer(`/api/mails/${id}${slash}`)).toEqual(notFound);
    expect(await api.answer(`/api/update/mailing/${id}${slash}`, json('PUT', {}))).toEqual(notFound);
  });
});

it('tells all messages, however many', async () => {
  const [one, two] = [await api.newMailing(), await api.newMailing()];
  await api.putMessages(two.id, { SENT: 1_500 });
  await api.putMessages(one.id, { QUEUED: 1_000, SENT: 1 });
  const all = await api.get<LegacyRow[]>('/api/messages');
  const of = (mailing: LegacyRow): LegacyRow[] => all.filter((message) => message.mail_sender === mailing.id);
  expect([of(one).length, of(two).length]).toEqual([1_001, 1_500]);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  const [{ count } = { count: 0 }] = await server.database.query<{ count: number }>(
    'select count(*)::int as count from message',
  );
  expect(all).toHaveLength(count);
});

it('whole life over the old API: a client, a mailing, its figures, changes, the end', async () => {
  const made = await api.answer(
    '/api/create/client/',
    json('POST', { number: someNumber(), operator_code: '955', tag: 'life', timezone: 'UTC' }),
  );
  const person = made.body as LegacyRow;
  const mailing = await api.newMailing({
    tag: 'life',
    operator_code: '955',
    start_time: '08:00:00',
    end_time: '20:00:00',
  });
  expect((await api.update(mailing, { ...mailing, body: 'Другой текст' })).status).toBe(200);
  expect(await api.get(`/api/mails/${mailing.id}`)).toMatchObject({
    body: 'Другой текст',
    statistics: { 'Total messages': 0 },
  });
  expect((await api.answer(`/api/update/client/${person.id}`, json('PUT', { ...person, tag: 'other' }))).status).toBe(
    200,
  );
  expect((await api.answer(`/api/delete/api/mailing/${mailing.id}/`, { method: 'DELETE' })).body).toBe(
    'MailSender was deleted.',
  );
  expect((await api.answer(`/api/delete/client/${person.id}/`, { method: 'DELETE' })).body).toBe('Client deleted.');
});
