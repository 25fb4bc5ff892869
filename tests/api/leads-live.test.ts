// Leads live: everything that happens to them, in order, to whoever may see them, as much of it as they may see.
import { LeadCalls, type LeadSeen, leadFields } from '../support/lead-calls.js';
import { newAddress, newPerson, stranger } from '../support/lead-doors.js';
import { told } from '../support/mailings.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

let server: TestServer;
let staff: Client;
let operator: LeadCalls;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  operator = new LeadCalls(staff);
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate lead, client'));

interface Told {
  readonly leads: {
    readonly id: string;
    readonly at: string;
    readonly kind: string;
    readonly leadId: string;
    readonly node: LeadSeen | null;
  };
}

const leads = (after?: string, fields = leadFields): string =>
  `subscription { leads${after === undefined ? '' : `(after: "${after}")`} { id at kind leadId node { ${fields} } } }`;

const listen = (as: Pick<Client, 'accessToken'>, after?: string, fields?: string) =>
  subscribe<Told>(server.url, as, leads(after, fields));

const add = async (fields: object = {}): Promise<LeadSeen> =>
  told(await operator.create({ ...newPerson(), ipAddress: newAddress(), ...fields }));

/** What a new subscriber may go on after. */
async function lastEvent(): Promise<string> {
  const { id: leadId } = await add();
  const find = () =>
    server.database.query<{ id: string }>(`select id from event where topic = 'lead' and subject = $1`, [leadId]);
  // Numbers are given out where somebody listens.
  const seen = await listen(staff);
  await until(async () => (await find()).length > 0, 5_000, 'the number of the last event');
  await seen.close();
  return (await find())[0]?.id ?? '';
}

it('tell who came, whichever door they took, and what became of them, until they are erased', async () => {
  const after = await lastEvent();
  const seen = await listen(staff, after);
  const kinds = (): string[] => seen.events.map(({ leads: { kind } }) => kind);
  const told_ = async (count: number): Promise<void> => {
    await until(() => seen.events.length >= count, 5_000, `${count} events`);
  };
  const lead = told<LeadSeen>(await new LeadCalls(stranger(server)).create(newPerson()));
  await told_(1);
  expect(seen.events[0]?.leads).toEqual({
    id: expect.stringMatching(/^\d+$/),
    at: expect.stringMatching(/Z$/),
    kind: 'CREATED',
    leadId: lead.id,
    node: lead,
  });
  const updated = told<LeadSeen>(await operator.update(lead.id, { note: 'hm', phone: '+79161112233' }));
  await told_(2);
  expect(seen.events[1]?.leads.node).toEqual(updated);
  told(await operator.convert(lead.id));
  await told_(3);
  expect(seen.events[2]?.leads.node).toEqual({ ...updated, status: 'CONVERTED' });
  told(await operator.remove(lead.id));
  await told_(4);
  expect(seen.events[3]?.leads).toMatchObject({ kind: 'DELETED', leadId: lead.id, node: null });
  expect(kinds()).toEqual(['CREATED', 'UPDATED', 'CONVERTED', 'DELETED']);
  await seen.close();

  const again = await listen(staff, after);
  await until(() => again.events.length === 4, 5_000, 'what was missed');
  expect(again.events.map(({ leads: { id, kind, node } }) => [id, kind, node])).toEqual(
    seen.events.map(({ leads: { id, kind } }) => [id, kind, null]),
  );
  await again.close();
});

it('come without a gap, each once and in order, to whoever goes on where they were cut off', async () => {
  const after = await lastEvent();
  const count = 60;
  const created: string[] = [];
  const storm = Promise.all(
    Array.from({ length: 6 }, async () => {
      for (let n = 0; n < count / 6; n++) created.push((await add()).id);
    }),
  );
  const told_: Told['leads'][] = [];
  while (told_.length < count) {
    const seen = await listen(staff, told_.at(-1)?.id ?? after);
    const wanted = Math.min(15, count - told_.length);
    await until(() => seen.events.length >= wanted, 10_000, 'some more events');
    await seen.close();
    told_.push(...seen.events.map(({ leads: event }) => event));
  }
  await storm;
  const ids = told_.map(({ id }) => Number(id));
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
  expect(told_.map(({ leadId }) => leadId).sort()).toEqual(created.sort());
});

it('show everybody what they may see of the same event', async () => {
  const after = await lastEvent();
  const fields = 'email phone client { phone }';
  const listeners = await Promise.all([
    listen(staff, after, fields),
    listen(await server.person('VIEWER'), after, fields),
    listen(await server.token('LEADS_READ'), after, 'email phone'),
  ]);
  await add({ email: 'anna@example.org', phone: '+79161112233' });
  await until(() => listeners.every(({ events }) => events.length === 1), 5_000, 'the event');
  const [whole, masked, token] = listeners.map(({ events }) => events[0]?.leads.node);
  expect(whole).toEqual({ email: 'anna@example.org', phone: '+79161112233', client: null });
  expect(masked).toEqual({ email: '•••@example.org', phone: '••••••••2233', client: null });
  expect(token).toEqual({ email: 'anna@example.org', phone: '+79161112233' });
  await Promise.all(listeners.map((listener) => listener.close()));
});

it('keep nothing of whom they tell about', async () => {
  const { id } = await add({ email: 'planted@example.org', phone: '+79165554433' });
  told(await operator.update(id, { note: 'planted too' }));
  const rows = await server.database.query(
    `select topic, subject, kind, data::text from event where topic = 'lead'
     union all select topic, subject, kind, data::text from event_pending`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(JSON.stringify(rows)).not.toMatch(/planted|5554433/);
});

it.each([
  ['an event that never was', '99999999999', 'BAD_USER_INPUT'],
  ['no event', 'x', 'BAD_USER_INPUT'],
])('are refused after %s', async (_what, after, code) => {
  const seen = await listen(staff, after);
  await until(() => seen.outcome.errors !== undefined, 5_000, 'a refusal');
  expect(seen.outcome.errors?.[0]?.extensions?.code).toBe(code);
  await seen.close();
});

it('are for nobody who may not read leads', async () => {
  for (const as of [server.nobody, await server.token('LEADS_WRITE'), await server.token('READ')]) {
    const seen = await listen(as);
    await until(() => seen.outcome.errors !== undefined || seen.outcome.closed !== undefined, 5_000, 'a refusal');
    expect(seen.events).toEqual([]);
    const code = as.accessToken ? 'FORBIDDEN' : 'UNAUTHENTICATED';
    expect(seen.outcome.errors?.[0]?.extensions?.code).toBe(code);
    await seen.close();
  }
});

it('are GONE where they are no longer kept', async () => {
  const after = await lastEvent();
  await server.database.query('update event_floor set id = $1::bigint + 1', [after]);
  const seen = await listen(staff, after);
  await until(() => seen.outcome.errors !== undefined, 5_000, 'a refusal');
  expect(seen.outcome.errors?.[0]?.extensions?.code).toBe('GONE');
  await seen.close();
});
