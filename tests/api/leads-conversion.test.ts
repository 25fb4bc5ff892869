// From a lead to a client of the directory, how soon they heard from us, and the figures of intake.
import { addClient, deleteClient, findClient } from '../support/clients.js';
import { type ConvertedClient, LeadCalls, type LeadSeen } from '../support/lead-calls.js';
import { newAddress, newPerson, stranger } from '../support/lead-doors.js';
import { codeOf, createMailing, fieldsOf, told } from '../support/mailings.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;
let operator: LeadCalls;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web', DEFAULT_TIMEZONE: 'Asia/Yekaterinburg' });
  staff = await server.person('OPERATOR');
  operator = new LeadCalls(staff);
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate lead, client, lead_attempt'));

const add = async (fields: object = {}): Promise<LeadSeen> =>
  told(await operator.create({ ...newPerson(), ipAddress: newAddress(), ...fields }));

const tied = async (id: string): Promise<object | null | undefined> =>
  (await operator.find(id, 'status client { id }')).data?.lead;

describe('convertLead', () => {
  it('makes a client with the lead’s name and number, in the default zone', async () => {
    const { id, name } = await add({ phone: '+79161112233' });
    const client = told<ConvertedClient>(await operator.convert(id));
    expect(client).toMatchObject({ phone: '79161112233', name, tag: '', timezone: 'Asia/Yekaterinburg' });
    expect(await tied(id)).toEqual({ status: 'CONVERTED', client: { id: client.id } });
  });

  it('gives a new client the tag and the zone that were said', async () => {
    const { id } = await add();
    const client = await operator.convert(id, { tag: ' web ', timezone: 'asia/tokyo' });
    expect(told(client)).toMatchObject({ tag: 'web', timezone: 'Asia/Tokyo' });
  });

  it('ties the lead to a client who has that number, and leaves the client alone', async () => {
    const known = await addClient(staff, { phone: '79161112233', name: 'Known', tag: 'vip' });
    const { id } = await add({ phone: '8 916 111 22 33' });
    const client = told<ConvertedClient>(await operator.convert(id, { tag: 'web', timezone: 'Asia/Tokyo' }));
    expect(client).toMatchObject({ id: known.id, name: 'Known', tag: 'vip', timezone: 'Europe/Moscow' });
    expect(await tied(id)).toEqual({ status: 'CONVERTED', client: { id: known.id } });
  });

  it('brings a deleted client back with the new fields', async () => {
    const gone = await addClient(staff, { phone: '79161112233', name: 'Gone', tag: 'old' });
    await deleteClient(staff, gone.id);
    const { id, name } = await add({ phone: '+79161112233' });
    const client = told<ConvertedClient>(await operator.convert(id, { tag: 'web' }));
    expect(client).toMatchObject({ id: gone.id, name, tag: 'web', timezone: 'Asia/Yekaterinburg' });
    expect(await findClient(staff, gone.id)).toMatchObject({ name, tag: 'web' });
  });

  it('is made once, however often and at once it is asked for', async () => {
    const { id } = await add();
    const answers = await Promise.all(Array.from({ length: 10 }, () => operator.convert(id)));
    expect(new Set(answers.map((answer) => told<ConvertedClient>(answer).id)).size).toBe(1);
    const [{ clients, told: entries, events } = { clients: 0, told: 0, events: 0 }] = await server.database.query<{
      clients: number;
      told: number;
      events: number;
    }>(
      `select (select count(*)::int from client) as clients,
         (select count(*)::int from audit_entry where action = 'convertLead' and subject = $1) as told,
         (select count(*)::int from (select topic, subject, kind from event union all select topic, subject, kind from event_pending) e
          where topic = 'lead' and kind = 'CONVERTED' and subject = $2) as events`,
      [`lead:${id}`, id],
    );
    expect({ clients, entries, events }).toEqual({ clients: 1, entries: 1, events: 1 });
  });

  it('refuses a number of another country, and changes nothing', async () => {
    const { id } = await add({ phone: '+49 151 12345678' });
    const refused = await operator.convert(id);
    expect([codeOf(refused), fieldsOf(refused)]).toEqual(['BAD_USER_INPUT', ['phone']]);
    expect(JSON.stringify(refused)).not.toContain('12345678');
    expect(await tied(id)).toEqual({ status: 'NEW', client: null });
  });

  it('refuses a number that can’t be read any more', async () => {
    const { id } = await add();
    await server.database.query(`update lead set phone = 'v1.own.x.y.z' where id = $1`, [id]);
    expect(fieldsOf(await operator.convert(id))).toEqual(['phone']);
  });

  it('tells all that is wrong with what was said', async () => {
    const { id } = await add();
    const refused = await operator.convert(id, { tag: 'a\u0000', timezone: 'Mars/Base' });
    expect([codeOf(refused), fieldsOf(refused)]).toEqual(['BAD_USER_INPUT', ['tag', 'timezone']]);
  });

  it('asks a token for the right to write clients too', async () => {
    const { id } = await add();
    const refused = await new LeadCalls(await server.token('LEADS_READ', 'LEADS_WRITE')).convert(id);
    expect(codeOf(refused)).toBe('FORBIDDEN');
    const token = await server.token('LEADS_READ', 'LEADS_WRITE', 'MAILINGS');
    expect(told(await new LeadCalls(token).convert(id))).toMatchObject({ tag: '' });
  });
});

it('speedToContact: from intake to the first message that went out after it', async () => {
  const leads = [await add(), await add(), await add()];
  const [sent, queued, alone] = leads.map(({ id }) => id) as [string, string, string];
  const mailings = [await createMailing(staff), await createMailing(staff), await createMailing(staff)];
  const told_: [lead: string, seconds: number | null][] = [
    [sent, 90.9],
    [sent, 4_000],
    [sent, -60],
    [queued, null],
  ];
  const clients = new Map<string, string>();
  for (const id of [sent, queued]) clients.set(id, told<ConvertedClient>(await operator.convert(id)).id);
  for (const [place, [lead, seconds]] of told_.entries()) {
    await server.database.query(
      `insert into message (mailing_id, client_id, phone, zone, status, next_at, text_version, sent_at)
       select $1, $2, '79000000000', 1, case when $3::float8 is null then 'QUEUED' else 'SENT' end,
         case when $3::float8 is null then now() end, 1, created_at + make_interval(secs => $3) from lead where id = $4`,
      [mailings[place % 3]?.id, clients.get(lead), seconds, lead],
    );
  }
  const speeds = await Promise.all([sent, queued, alone].map((id) => operator.find(id, 'speedToContact')));
  expect(speeds.map(({ data }) => data?.lead)).toEqual([
    { speedToContact: 90 },
    { speedToContact: null },
    { speedToContact: null },
  ]);
});

describe('leadIntake', () => {
  interface Day {
    readonly day: string;
    readonly accepted: number;
  }
  const figures = 'day accepted duplicateEmail duplicatePhone duplicateIp invalid limited';
  const intake = async (args = ''): Promise<Day[]> =>
    told(await staff.graphql<Record<string, Day[]>>(`{ leadIntake${args} { ${figures} } }`));
  const none = { accepted: 0, duplicateEmail: 0, duplicatePhone: 0, duplicateIp: 0, invalid: 0, limited: 0 };

  it('counts what became of attempts, one that clashes in several ways in each of them', async () => {
    const lead = await add();
    const { name, email, phone, ipAddress } = lead;
    await operator.create({ ...newPerson(), email, ipAddress: newAddress() });
    await operator.create({ name, email, phone, ipAddress });
    const caller = new LeadCalls(stranger(server));
    for (let n = 0; n < 12; n++) await caller.create({ ...newPerson(), email: 'x', phone: 'x' });
    const today = async (): Promise<Day | undefined> => (await intake('(days: 1)'))[0];
    await until(async () => JSON.stringify(await today()).includes('"limited":2'), 10_000, 'the journal');
    expect(await today()).toMatchObject({
      ...{ accepted: 1, duplicateEmail: 2, duplicatePhone: 1, duplicateIp: 1, invalid: 10, limited: 2 },
    });
  });

  it('reckons days as they are in the default zone, and leaves none out', async () => {
    const attempt = (at: string) =>
      server.database.query(`insert into lead_attempt (at, outcome, count) values (${at}, 'ACCEPTED', 3)`);
    const midnight = `date_trunc('day', now() at time zone 'Asia/Yekaterinburg') at time zone 'Asia/Yekaterinburg'`;
    await attempt(midnight);
    await attempt(`${midnight} - interval '1 millisecond'`);
    await attempt(`${midnight} - interval '3 days'`);
    await attempt(`${midnight} - interval '3 days 1 millisecond'`);
    const days = await intake('(days: 4)');
    const [{ today } = { today: '' }] = await server.database.query<{ today: string }>(
      `select to_char(now() at time zone 'Asia/Yekaterinburg', 'YYYY-MM-DD') as today`,
    );
    expect(days.map(({ accepted }) => accepted)).toEqual([3, 0, 3, 3]);
    expect(days.at(-1)?.day).toBe(today);
    expect(days[1]).toEqual({ ...none, day: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) });
    expect(await intake()).toHaveLength(30);
    expect(await intake('(days: null)')).toHaveLength(30);
    expect(await intake('(days: 366)')).toHaveLength(366);
  });

  it.each([0, -1, 367, 2_147_483_647])('is not told of %i days', async (days) => {
    const refused = await staff.graphql(`{ leadIntake(days: ${days}) { day } }`);
    expect([codeOf(refused), fieldsOf(refused)]).toEqual(['BAD_USER_INPUT', ['days']]);
  });
});
