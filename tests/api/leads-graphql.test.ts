// Leads over GraphQL: how they are taken in, looked for, changed and erased, and who sees how much of them.
import { LeadCalls, type LeadSeen } from '../support/lead-calls.js';
import { newAddress, newPerson, stranger } from '../support/lead-doors.js';
import { codeOf, fieldsOf, told } from '../support/mailings.js';
import { client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: LeadCalls;
let viewer: LeadCalls;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = new LeadCalls(await server.person('OPERATOR'));
  viewer = new LeadCalls(await server.person('VIEWER'));
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate lead, client'));

const anna = { name: 'Anna', email: 'anna@example.org', phone: '+79161112233' };

/** From an address that nobody had before. */
const add = async (fields: object = {}): Promise<LeadSeen> =>
  told(await operator.create({ ...newPerson(), ipAddress: newAddress(), ...fields }));

const names = async (variables: object, calls = operator): Promise<string[]> =>
  (told(await calls.list(variables)) as { nodes: LeadSeen[] }).nodes.map(({ name }) => name);

describe('createLead', () => {
  it('takes in from anybody, in one spelling, under the address of the caller', async () => {
    const lead = told<LeadSeen>(
      await new LeadCalls(stranger(server, '203.0.113.9')).create({
        name: ' Anna ',
        email: ' Anna@EXAMPLE.org',
        phone: '8 (916) 111-22-33',
        ipAddress: '203.0.113.77',
        source: ' spring ',
      }),
    );
    expect(lead).toEqual({
      ...anna,
      id: expect.stringMatching(/^\d+$/),
      ipAddress: '203.0.113.9',
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      status: 'NEW',
      source: 'spring',
      note: null,
    });
    expect(told(await operator.find(lead.id))).toEqual(lead);
  });

  it('honours an address from whoever may write leads, and from nobody else', async () => {
    const input = { ...anna, ipAddress: '203.0.113.5' };
    const refused = told<LeadSeen>(await new LeadCalls(await server.token('LEADS_READ')).create(input));
    expect(refused.ipAddress).not.toBe('203.0.113.5');
    await operator.remove(refused.id);
    const taken = told<LeadSeen>(await new LeadCalls(await server.token('LEADS_WRITE')).create(input));
    expect(taken.ipAddress).toBe('203.0.113.5');
  });

  it('tells all that is wrong at once, and repeats none of it', async () => {
    const refused = await new LeadCalls(stranger(server)).create({
      name: ' ',
      email: 'anna.secret@',
      phone: '12-98765',
      ipAddress: '300.1.1.1',
      source: 'a\u0000b',
    });
    expect([codeOf(refused), fieldsOf(refused)]).toEqual([
      'BAD_USER_INPUT',
      ['email', 'ipAddress', 'name', 'phone', 'source'],
    ]);
    expect(JSON.stringify(refused)).not.toMatch(/secret|98765|300\.1/);
  });

  it('tells with what it clashes, and not with whom', async () => {
    const known = await add(anna);
    const refused = await operator.create({ ...anna, name: 'Another', ipAddress: known.ipAddress });
    expect([codeOf(refused), [...(refused.errors?.[0]?.extensions.reasons ?? [])].sort()]).toEqual([
      'CONFLICT',
      ['DUPLICATE_EMAIL', 'DUPLICATE_IP', 'DUPLICATE_PHONE'],
    ]);
    expect(JSON.stringify(refused)).not.toMatch(/anna|Anna|9161112233|198\.|"id"/);
    const byPhone = await operator.create({ ...newPerson(), phone: '89161112233', ipAddress: newAddress() });
    expect(byPhone.errors?.[0]?.extensions.reasons).toEqual(['DUPLICATE_PHONE']);
  });

  it('gives the same lead again under the same key, and CONFLICT for another input', async () => {
    const caller = new LeadCalls(stranger(server));
    const first = told<LeadSeen>(await caller.create({ ...anna, idempotencyKey: 'k1' }));
    expect(told(await caller.create({ ...anna, idempotencyKey: 'k1' }))).toEqual(first);
    const other = await caller.create({ ...newPerson(), idempotencyKey: 'k1' });
    expect([codeOf(other), other.errors?.[0]?.extensions.reasons]).toEqual(['CONFLICT', ['IDEMPOTENCY_KEY_REUSED']]);
    const elsewhere = await new LeadCalls(stranger(server)).create({ ...anna, idempotencyKey: 'k1' });
    expect(elsewhere.errors?.[0]?.extensions.reasons).toEqual(['DUPLICATE_EMAIL', 'DUPLICATE_PHONE']);
  });

  it('tells nobody, who asks again, what staff made of it since', async () => {
    const caller = new LeadCalls(stranger(server));
    const first = told<LeadSeen>(await caller.create({ ...anna, idempotencyKey: 'k1' }));
    told(await operator.update(first.id, { note: 'rude', status: 'LOST', email: 'new@example.org' }));
    expect(told(await caller.create({ ...anna, idempotencyKey: 'k1' }))).toEqual(first);
  });

  it('opens neither the directory nor anything else to nobody', async () => {
    const input = `{ name: "N", email: "n@example.org", phone: "+79161112233" }`;
    const { data, errors } = await stranger(server).graphql<{ createLead: { client: null } }>(
      `mutation { createLead(input: ${input}) { client { id } } }`,
    );
    expect([data?.createLead.client, errors?.[0]?.extensions.code]).toEqual([null, 'UNAUTHENTICATED']);
  });
});

describe('leads', () => {
  beforeEach(async () => {
    await add({ ...anna, source: 'spring', ipAddress: '203.0.113.1' });
    await add({ name: 'Boris 100%', email: 'boris@пример.рф', phone: '+79161114455', ipAddress: '2001:db8::1' });
    const late = await add({ name: 'Clara_', email: 'clara@example.org', phone: '+4915112344455' });
    told(await operator.update(late.id, { status: 'LOST' }));
  });

  it.each<[string, object, string[]]>([
    ['nothing', {}, ['Clara_', 'Boris 100%', 'Anna']],
    ['an e-mail address in another spelling', { email: 'ANNA@Example.ORG ' }, ['Anna']],
    ['a domain', { emailDomain: 'Example.org' }, ['Clara_', 'Anna']],
    ['a domain in another alphabet', { emailDomain: 'пример.рф' }, ['Boris 100%']],
    ['a number in another spelling', { phone: '8 916 111 22 33' }, ['Anna']],
    ['the last four digits', { phoneLastFour: '4455' }, ['Clara_', 'Boris 100%']],
    ['part of a name', { name: 'ANN' }, ['Anna']],
    ['a name with what patterns are made of', { name: '0%' }, ['Boris 100%']],
    ['a name with another of these', { name: '_' }, ['Clara_']],
    ['an address', { ipAddress: '2001:DB8:0::1' }, ['Boris 100%']],
    ['a source', { source: 'spring' }, ['Anna']],
    ['statuses', { status: ['LOST', 'QUALIFIED'] }, ['Clara_']],
    ['empty keys', { status: [], name: '', email: null }, ['Clara_', 'Boris 100%', 'Anna']],
    ['a time before', { createdAt: { to: '2001-01-01T00:00:00Z' } }, []],
    ['a time since', { createdAt: { from: '0000-01-01T00:00:00Z' } }, ['Clara_', 'Boris 100%', 'Anna']],
    ['several at once', { emailDomain: 'example.org', status: ['NEW'] }, ['Anna']],
    ['what nobody has', { email: 'nobody@example.org' }, []],
  ])('are found by %s', async (_what, filter, found) => {
    expect(await names({ filter })).toEqual(found);
    expect(told<{ totalCount: number }>(await operator.list({ filter })).totalCount).toBe(found.length);
  });

  it('come in both orders, page by page in both directions', async () => {
    expect(await names({ orderBy: 'OLDEST' })).toEqual(['Anna', 'Boris 100%', 'Clara_']);
    const first = (await operator.list({ first: 2 })).data?.leads;
    expect([first?.pageInfo, first?.totalCount]).toEqual([{ hasNextPage: true, hasPreviousPage: false }, 3]);
    expect(await names({ first: 2, after: first?.edges[1]?.cursor })).toEqual(['Anna']);
    expect(await names({ last: 1, before: first?.edges[1]?.cursor })).toEqual(['Clara_']);
  });

  it.each<[object, string[]]>([
    [{ filter: { email: 'x' } }, ['filter.email']],
    [{ filter: { phoneLastFour: '12', emailDomain: '@' } }, ['filter.emailDomain', 'filter.phoneLastFour']],
    [{ filter: { ipAddress: '10.0.0.0/8' } }, ['filter.ipAddress']],
    [{ filter: { name: 'a\u0000' } }, ['filter.name']],
    [{ filter: { source: 'a\u0000' } }, ['filter.source']],
    [{ first: 101 }, ['first']],
    [{ after: 'x' }, ['after']],
  ])('are not listed by %j', async (variables, fields) => {
    const refused = await operator.list(variables);
    expect([codeOf(refused), fieldsOf(refused)]).toEqual(['BAD_USER_INPUT', fields]);
  });

  it('show a VIEWER, and a token of one, the domain and the last four digits', async () => {
    const person = await server.person('VIEWER');
    const { data } = await person.graphql<{ createApiToken: { secret: string } }>(
      'mutation { createApiToken(name: "t", scopes: [LEADS_READ]) { secret } }',
    );
    const token = new LeadCalls(client(server.url, data?.createApiToken.secret));
    for (const calls of [viewer, token]) {
      const answer = await calls.list({ filter: { phoneLastFour: '2233', emailDomain: 'example.org' } });
      expect(answer.data?.leads.nodes).toEqual([
        expect.objectContaining({ name: 'Anna', email: '•••@example.org', phone: '••••••••2233' }),
      ]);
      expect(JSON.stringify(answer)).not.toMatch(/anna@|916/);
      const [{ id = '' } = {}] = answer.data?.leads.nodes ?? [];
      expect((await calls.find(id)).data?.lead).toEqual(answer.data?.leads.nodes[0]);
    }
  });

  it('tell a VIEWER nothing about a whole address or number that was guessed', async () => {
    for (const [email, phone] of [
      [anna.email, anna.phone],
      ['nobody@example.org', '+79990000000'],
    ]) {
      const refused = await viewer.list({ filter: { email, phone } });
      expect([codeOf(refused), fieldsOf(refused)]).toEqual(['BAD_USER_INPUT', ['filter.email', 'filter.phone']]);
    }
  });

  it('say of what can’t be read that it can’t, and go on', async () => {
    await server.database.query(`update lead set email = 'v1.own.x.y.z' where name = 'Anna'`);
    for (const calls of [operator, viewer]) {
      const all = (await calls.list()).data?.leads.nodes;
      expect(all?.map(({ email }) => email === '(unreadable)')).toEqual([false, false, true]);
    }
  });
});

describe('lead', () => {
  it.each(['999999999', '0', 'x', '-1', '1.5', '99999999999999999999'])('is null for %s', async (id) => {
    expect((await operator.find(id)).data?.lead).toBeNull();
    expect(codeOf(await operator.update(id, { name: 'N' }))).toBe('NOT_FOUND');
    expect(codeOf(await operator.remove(id))).toBe('NOT_FOUND');
    expect(codeOf(await operator.convert(id))).toBe('NOT_FOUND');
  });

  it('asks for the directory’s own right where it leads into it', async () => {
    const { id } = await add(anna);
    const { id: clientId } = told<{ id: string }>(await operator.convert(id));
    const ask = 'client { id phone }';
    expect((await viewer.find(id, ask)).data?.lead).toEqual({ client: { id: clientId, phone: '•••••••2233' } });
    const token = new LeadCalls(await server.token('LEADS_READ'));
    expect(codeOf(await token.find(id, ask))).toBe('FORBIDDEN');
    expect((await token.find(id)).data?.lead).toMatchObject(anna);
  });
});

describe('updateLead', () => {
  it('changes what is given, in one spelling, and finds it there afterwards', async () => {
    const before = await add(anna);
    const after = told(
      await operator.update(before.id, {
        email: 'Anna.B@Example.com',
        phone: '8 916 999 00 11',
        status: 'CONTACTED',
        note: ' hm ',
      }),
    );
    expect(after).toEqual({
      ...before,
      email: 'anna.b@example.com',
      phone: '+79169990011',
      status: 'CONTACTED',
      note: 'hm',
    });
    expect(await names({ filter: { email: 'anna.b@example.com', phoneLastFour: '0011' } })).toEqual(['Anna']);
    expect(await names({ filter: { email: anna.email } })).toEqual([]);
    expect(told(await operator.update(before.id, { note: null }))).toEqual({ ...(after as LeadSeen), note: null });
    expect(told(await operator.update(before.id, {}))).toMatchObject({ status: 'CONTACTED' });
  });

  it('takes nobody else’s address or number', async () => {
    await add(anna);
    const { id } = await add();
    const byEmail = await operator.update(id, { email: anna.email });
    const byPhone = await operator.update(id, { phone: anna.phone });
    expect([codeOf(byEmail), byEmail.errors?.[0]?.extensions.reasons]).toEqual(['CONFLICT', ['DUPLICATE_EMAIL']]);
    expect([codeOf(byPhone), byPhone.errors?.[0]?.extensions.reasons]).toEqual(['CONFLICT', ['DUPLICATE_PHONE']]);
    expect(JSON.stringify([byEmail, byPhone])).not.toMatch(/anna|Anna|9161112233/);
  });

  it('tells all that is wrong at once', async () => {
    const { id } = await add();
    const refused = await operator.update(id, { name: null, email: null, phone: 'x', status: null, note: '\u0000' });
    expect([codeOf(refused), fieldsOf(refused)]).toEqual([
      'BAD_USER_INPUT',
      ['email', 'name', 'note', 'phone', 'status'],
    ]);
  });
});

describe('deleteLead', () => {
  it('erases, so that the same person may come again', async () => {
    const { id, ipAddress } = await add(anna);
    expect(told(await operator.remove(id))).toBe(true);
    expect((await operator.find(id)).data?.lead).toBeNull();
    expect(codeOf(await operator.remove(id))).toBe('NOT_FOUND');
    expect(await add({ ...anna, ipAddress })).toMatchObject(anna);
  });
});

it('what staff writes is known to the audit log, by names of fields and ids alone', async () => {
  const { id } = await add(anna);
  await operator.update(id, { email: 'b@example.org', note: 'hm' });
  const { id: clientId } = told<{ id: string }>(await operator.convert(id));
  await operator.remove(id);
  const entries = await server.database.query<{ action: string; detail: object | null }>(
    `select action, detail from audit_entry where subject = $1 and action like '%Lead' order by id`,
    [`lead:${id}`],
  );
  expect(entries).toEqual([
    { action: 'createLead', detail: null },
    { action: 'updateLead', detail: { changed: ['email', 'note'] } },
    { action: 'convertLead', detail: { client: clientId } },
    { action: 'deleteLead', detail: null },
  ]);
});
