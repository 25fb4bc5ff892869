// Leads over REST, as staff read, change and erase them.
import { sendJson } from '../support/clients.js';
import { newAddress, newPerson, stranger } from '../support/lead-doors.js';
import { type Client, client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: Client;
let viewer: Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
  viewer = await server.person('VIEWER');
});
afterAll(() => server.close());

interface Lead {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly ip_address: string;
}

interface Refusal {
  readonly detail: string | { readonly loc: string[]; readonly msg: string; readonly type: string }[];
  readonly code?: string;
  readonly reasons?: string[];
}

const post = (as: Client, body: unknown, headers: Record<string, string> = {}) =>
  sendJson(as, { method: 'POST', path: '/leads', body, headers });
const patch = (as: Client, id: string, body: unknown) => sendJson(as, { method: 'PATCH', path: `/leads/${id}`, body });
const refusal = async (answer: Response) => (await answer.json()) as Refusal;

async function taken(as = stranger(server), input: object = newPerson()): Promise<Lead> {
  const answer = await post(as, input);
  if (answer.status !== 201) throw new Error(await answer.text());
  return (await answer.json()) as Lead;
}

async function listed(as: Client, query = ''): Promise<{ total: number; items: Lead[] }> {
  const answer = await as.fetch(`/leads${query}`);
  if (answer.status !== 200) throw new Error(await answer.text());
  return (await answer.json()) as { total: number; items: Lead[] };
}

describe('GET /leads', () => {
  it('pages by number, the newest first', async () => {
    const { total: before } = await listed(operator);
    const added: Lead[] = [];
    for (let i = 0; i < 5; i++) added.unshift(await taken());
    const all = await listed(operator, '?limit=5');
    expect([all.total, all.items.map(({ id }) => id)]).toEqual([before + 5, added.map(({ id }) => id)]);
    const { total, items } = await listed(operator, '/?limit=2&offset=3');
    expect([total, items.map(({ id }) => id)]).toEqual([before + 5, added.slice(3).map(({ id }) => id)]);
    expect((await listed(operator, '?offset=9007199254740991')).items).toEqual([]);
  });

  it('finds by e-mail and phone in any spelling', async () => {
    const person = newPerson();
    const lead = await taken(stranger(server), person);
    const eight = `8 (${person.phone.slice(2, 5)}) ${person.phone.slice(5)}`;
    for (const query of [
      `email=${person.email.toUpperCase()}`,
      `phone=${encodeURIComponent(person.phone)}`,
      `phone=${encodeURIComponent(eight)}&email=${person.email}`,
    ])
      expect([query, await listed(operator, `?${query}`)]).toEqual([
        query,
        { total: 1, items: [{ ...lead, status: 'NEW', source: null, note: null, client_id: null }] },
      ]);
    expect(await listed(operator, '?email=nobody@example.com')).toEqual({ total: 0, items: [] });
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=x', 'limit'],
    ['offset=-1', 'offset'],
    ['offset=1e99', 'offset'],
    ['email=nonsense', 'email'],
    ['phone=12', 'phone'],
    ['email=a@b.example&email=c@d.example', 'email'],
    ['email=%00', 'email'],
  ])('answers 422 to ?%s and names the parameter', async (query, name) => {
    const answer = await operator.fetch(`/leads?${query}`);
    expect([answer.status, (await refusal(answer)).detail]).toEqual([
      422,
      [{ loc: [expect.any(String), name], msg: expect.any(String), type: expect.any(String) }],
    ]);
  });

  it('shows a VIEWER neither e-mails nor numbers, and tells them of none', async () => {
    const person = newPerson();
    const { id } = await taken(stranger(server), person);
    const masked = { email: '•••@example.com', phone: `••••••••${person.phone.slice(-4)}` };
    expect((await listed(viewer)).items.find((lead) => lead.id === id)).toMatchObject(masked);
    expect(await (await viewer.fetch(`/leads/${id}`)).json()).toMatchObject(masked);
    expect((await viewer.fetch(`/leads?email=${person.email}`)).status).toBe(422);
    const fresh = client(server.url, viewer.accessToken, { 'x-forwarded-for': newAddress() });
    expect(await taken(fresh)).toMatchObject({ email: '•••@example.com' });
  });
});

describe('/leads/{id}', () => {
  it('shows, changes and erases', async () => {
    const person = newPerson();
    const { id } = await taken(stranger(server), { ...person, source: 'spring' });
    const shown = await (await operator.fetch(`/leads/${id}/`)).json();
    expect(shown).toMatchObject({ ...person, id, status: 'NEW', source: 'spring', note: null, client_id: null });
    const changes = { name: 'Анна', email: `new-${person.email}`, status: 'CONTACTED', note: 'called' };
    const changed = await patch(operator, id, changes);
    expect([changed.status, await changed.json()]).toEqual([200, { ...(shown as object), ...changes }]);
    expect(await (await patch(operator, id, { note: null })).json()).toMatchObject({ note: null, name: 'Анна' });
    expect((await operator.fetch(`/leads/${id}`, { method: 'DELETE' })).status).toBe(204);
    for (const gone of [await operator.fetch(`/leads/${id}`), await patch(operator, id, changes)])
      expect([gone.status, await refusal(gone)]).toEqual([404, { detail: 'There is no such lead.' }]);
    // What was theirs is free again.
    await taken(stranger(server), person);
  });

  it('refuses changes that clash or are wrong', async () => {
    const [first, second] = [await taken(), await taken()];
    const clash = await patch(operator, second.id, { email: first.email, name: 'Other' });
    expect([clash.status, (await refusal(clash)).reasons]).toEqual([409, ['DUPLICATE_EMAIL']]);
    const wrong = await patch(operator, second.id, { status: 'KING', phone: '12' });
    const { detail } = await refusal(wrong);
    expect([wrong.status, detail]).toEqual([
      422,
      [
        expect.objectContaining({ loc: ['body', 'phone'] }),
        { loc: ['body', 'status'], msg: expect.stringContaining('QUALIFIED'), type: 'value_error' },
      ],
    ]);
    expect(await (await operator.fetch(`/leads/${second.id}`)).json()).toMatchObject(second);
  });

  it('refuses a key or parameter that it does not know, where staff read and change', async () => {
    const { id } = await taken();
    const unknown = async (answer: Response) => [answer.status, (await refusal(answer)).detail];
    const fault = (where: string, name: string) => [
      422,
      [{ loc: [where, name], msg: 'This is not known here.', type: 'extra_forbidden' }],
    ];
    expect(await unknown(await patch(operator, id, { state: 'LOST' }))).toEqual(fault('body', 'state'));
    for (const path of ['/leads', `/leads/${id}`])
      expect([path, await unknown(await operator.fetch(`${path}?stauts=NEW`))]).toEqual([
        path,
        fault('query', 'stauts'),
      ]);
  });

  it.each(['0', '-1', '9223372036854775808', 'abc', '1;drop', '%00', 'x'.repeat(90)])(
    'an id that cannot exist is not found: %s',
    async (id) => {
      const answers = [await operator.fetch(`/leads/${id}`), await patch(operator, id, { name: 'Anna' })];
      answers.push(await operator.fetch(`/leads/${id}`, { method: 'DELETE' }));
      for (const answer of answers)
        expect([answer.status, typeof (await refusal(answer)).detail]).toEqual([404, 'string']);
    },
  );
});

describe('who may', () => {
  it('is told by the scopes and the role', async () => {
    const [{ id }, path] = [await taken(), '/leads'];
    const read = async (as: Client) => [(await as.fetch(path)).status, (await as.fetch(`${path}/${id}`)).status];
    const changed = async (as: Client) => (await patch(as, id, { note: 'n' })).status;
    const erased = async (as: Client) => (await as.fetch(`${path}/999999999`, { method: 'DELETE' })).status;
    for (const [as, reads, writes] of [
      [server.nobody, 401, [401, 401]],
      [viewer, 200, [403, 403]],
      [operator, 200, [200, 404]],
      [await server.token('LEADS_READ'), 200, [403, 403]],
      [await server.token('LEADS_WRITE'), 403, [403, 403]],
      [await server.token('LEADS_WRITE', 'LEADS_READ'), 200, [200, 404]],
      [await server.token('READ', 'MAILINGS'), 403, [403, 403]],
    ] as const)
      expect([await read(as), [await changed(as), await erased(as)]]).toEqual([[reads, reads], writes]);
    const refused = await server.nobody.fetch(path, { headers: { 'accept-language': 'ru' } });
    expect([refused.headers.has('www-authenticate'), await refusal(refused)]).toEqual([
      true,
      { detail: 'Войдите: токена нет, или он не действует.' },
    ]);
  });

  it('refuses a token that does not count, and stores nothing', async () => {
    const answer = await post(stranger(server), newPerson(), { authorization: 'Bearer wrong' });
    expect([answer.status, typeof (await refusal(answer)).detail]).toEqual([401, 'string']);
  });
});
