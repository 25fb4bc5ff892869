// Rotation of the leads' keys: whoever is known stays known in each of its phases, also while others are stored, and both keys
// read until the old one is needed no more.
import { systemViewer } from '../../src/auth/viewer.js';
import { leadDoors, newPerson, type Outcome, stranger } from '../support/lead-doors.js';
import {
  emailOf,
  findLeads,
  keyUse,
  newKey,
  phoneOf,
  plantLeads,
  rotate,
  rotationOf,
  type SeenRotation,
  settingOf,
} from '../support/lead-keys.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';

const [oldKey, key] = [newKey('old'), newKey('new')];
const web = { ROLES: 'web', REQUESTS_PER_MINUTE: '100000', USER_REQUESTS_PER_MINUTE: '100000' };
const open: TestServer[] = [];

/** The ones of a test, the last started first to go: the first one has the database. */
async function serverWith(settings: Record<string, string>): Promise<TestServer> {
  const server = await testServer({ ...web, ...settings });
  open.unshift(server);
  return server;
}

/** Leads under the old key, and a process for each of the two that writes with it. */
async function twoServers(leads: number): Promise<{ before: TestServer; after: TestServer; staff: Client }> {
  const before = await serverWith(settingOf(oldKey, key));
  await plantLeads(before.database, { key: oldKey, count: leads });
  const after = await serverWith({ ...settingOf(key, oldKey), DATABASE_URL: before.database.url });
  return { before, after, staff: after.admin };
}

afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
});

const bringOn = (server: TestServer, signal: AbortSignal = AbortSignal.timeout(60_000)): Promise<void> =>
  server.app.unit(systemViewer('test'), ({ leadKeys }) => leadKeys.bringOn(signal));

function leave(as: Client, person: object): Promise<Outcome> {
  const door = leadDoors.find(({ name }) => name === 'GraphQL');
  if (!door) throw new Error('there is no such door');
  return door.create(as, person);
}

/** As a death would leave it, some moments after it was true. */
async function bringOnUntil(server: TestServer, isEnough: () => Promise<boolean>, what: string): Promise<void> {
  const stop = new AbortController();
  const brought = bringOn(server, stop.signal);
  await until(isEnough, 20_000, what);
  stop.abort();
  await brought;
}

/** By every process: a known e-mail and a known number are told, somebody new is taken once and found at once. */
async function expectFirstToWin(servers: readonly TestServer[], known: number): Promise<void> {
  for (const server of servers) {
    const person = newPerson();
    const email = await leave(stranger(server), { ...person, email: emailOf(known) });
    const phone = await leave(stranger(server), { ...person, phone: phoneOf(known) });
    expect([email, phone]).toMatchObject([
      { as: 'DUPLICATE', reasons: ['DUPLICATE_EMAIL'] },
      { as: 'DUPLICATE', reasons: ['DUPLICATE_PHONE'] },
    ]);
    const ways = servers.flatMap((one) => [stranger(one), stranger(one)]);
    const outcomes = (await Promise.all(ways.map((way) => leave(way, person)))).map(({ as }) => as);
    expect(outcomes.sort()).toEqual([...Array(ways.length - 1).fill('DUPLICATE'), 'STORED']);
    for (const { admin } of servers) expect(await findLeads(admin, { email: person.email })).toHaveLength(1);
    expect(await findLeads(server.admin, { email: emailOf(known) })).toMatchObject([{ phone: phoneOf(known) }]);
    expect(await findLeads(server.admin, { phone: phoneOf(known) })).toMatchObject([{ email: emailOf(known) }]);
    expect(await findLeads(server.admin, { emailDomain: 'example.org', phoneLastFour: '0007' })).toHaveLength(1);
  }
}

it('keeps the first one in each phase, in processes that write with either key, and ends with the new key alone', async () => {
  const { before, after, staff } = await twoServers(5_000);
  const [both, database] = [[before, after], before.database];
  const phase = async (): Promise<string> => (await keyUse(database)).phase;
  expect(await rotationOf(staff)).toBeNull();
  await expectFirstToWin(both, 3);

  expect(await rotate(staff)).toMatchObject({ keyId: 'new', done: 0, finishedAt: null });
  expect(await phase()).toBe('FILLING');
  await expectFirstToWin(both, 3);
  await expect(testServer({ ...web, ...settingOf(key), DATABASE_URL: database.url })).rejects.toThrow(/«old»/);

  const started = async (): Promise<boolean> => ((await rotationOf(staff))?.done ?? 0) > 0;
  await bringOnUntil(after, started, 'some done');
  const { done = 0 } = (await rotationOf(staff)) ?? {};
  expect(done).toBeLessThan(5_000);
  await expectFirstToWin(both, 3);
  await expectFirstToWin(both, 4_990);

  await bringOnUntil(before, async () => (await phase()) === 'CLEARING', 'the sets changed places');
  expect(await keyUse(database)).toMatchObject({ phase: 'CLEARING', kid: 'new' });
  expect((await rotationOf(staff))?.finishedAt).toBeNull();
  await expectFirstToWin(both, 4_990);

  await bringOn(after);
  const rotation = await rotationOf(staff);
  const { total = 0 } = rotation ?? {};
  expect(rotation).toMatchObject({ keyId: 'new', done: total, finishedAt: expect.any(String) });
  await expectFirstToWin([after], 4_990);
  expect(await keyUse(database)).toMatchObject({ phase: 'STABLE', kid: 'new', indexedA: 0 });
}, 120_000);

it('misses nobody who is stored or changed while it runs', async () => {
  const { before, after, staff } = await twoServers(3_000);
  const people = Array.from({ length: 60 }, newPerson);
  await rotate(staff);
  let running = true;
  const rotation = bringOn(after).finally(() => {
    running = false;
  });
  const outcomes: string[] = [];
  const store = async (server: TestServer): Promise<void> => {
    for (const person of people) {
      outcomes.push((await leave(stranger(server), person)).as);
    }
  };
  const change = async (): Promise<void> => {
    for (let n = 0; running || n < 40; n++) {
      const [lead] = await findLeads(staff, { email: emailOf(n * 7) });
      const { errors } = await before.admin.graphql(
        'mutation ($id: ID!, $input: UpdateLeadInput!) { updateLead(id: $id, input: $input) { id } }',
        { id: lead?.id, input: { email: `changed-${n}@example.net` } },
      );
      expect(errors).toBeUndefined();
      if (n === 399) break;
    }
  };
  await Promise.all([rotation, change(), ...[before, after].flatMap((server) => [store(server), store(server)])]);
  expect(outcomes.filter((as) => as === 'STORED')).toHaveLength(people.length);
  expect(outcomes.filter((as) => as === 'DUPLICATE')).toHaveLength(people.length * 3);
  for (const { email } of people) expect(await findLeads(staff, { email })).toMatchObject([{ email }]);
  expect(await findLeads(staff, { email: 'changed-20@example.net' })).toMatchObject([{ phone: phoneOf(140) }]);
  expect(await findLeads(staff, { email: emailOf(140) })).toEqual([]);
  expect(await keyUse(before.database)).toMatchObject({ phase: 'STABLE', indexedA: 0, indexedB: 3_060 });
  const [{ next = -1 } = {}] = await before.database.query<{ next: number }>(
    'select count(*)::int as next from lead where email_b is null or phone_b is null',
  );
  expect(next).toBe(0);
}, 120_000);

it('leaves what can’t be read, says so, and takes it along once its key is back', async () => {
  const lost = newKey('lost');
  const first = await serverWith(settingOf(lost));
  await plantLeads(first.database, { key: lost, count: 3 });
  await first.database.query('update lead_keys set kid = $1', ['old']);
  await first.database.query('update lead set email_a = null, phone_a = null');
  const second = await serverWith({ ...settingOf(oldKey), DATABASE_URL: first.database.url });
  const asked = { ...newPerson(), email: emailOf(1) };
  expect((await leave(stranger(second), asked)).as).toBe('STORED');

  const third = await serverWith({ ...settingOf(key, oldKey), DATABASE_URL: first.database.url });
  const alarms = async () =>
    (await third.admin.graphql<{ systemStatus: { alarms: object[] } }>('{ systemStatus { alarms { kind message } } }'))
      .data?.systemStatus.alarms;
  await rotate(third.admin);
  await bringOn(third);
  expect(await rotationOf(third.admin)).toMatchObject({ total: 4, done: 4, finishedAt: expect.any(String) });
  expect(await alarms()).toEqual([
    { kind: 'LEADS_UNREADABLE', message: expect.stringContaining('3 leads were not brought to the key «new»') },
  ]);
  expect((await findLeads(third.admin, {})).map(({ email }) => email)).toEqual([
    emailOf(1),
    ...Array(3).fill('(unreadable)'),
  ]);

  const fourth = await serverWith({ ...settingOf(key, lost), DATABASE_URL: first.database.url });
  await rotate(fourth.admin);
  await bringOn(fourth);
  expect((await keyUse(first.database)).sealedWith).toEqual(['new']);
  expect(await findLeads(fourth.admin, { email: emailOf(0) })).toMatchObject([{ phone: phoneOf(0) }]);
  // The address went to somebody else in the meantime, who keeps it.
  expect(await findLeads(fourth.admin, { email: emailOf(1) })).toMatchObject([{ phone: asked.phone }]);
  expect(await findLeads(fourth.admin, { phone: phoneOf(1) })).toMatchObject([{ email: emailOf(1) }]);
}, 60_000);

it('lets one of two have an index who turn out to be alike, and finds both by what is their own', async () => {
  const { before, after, staff } = await twoServers(300);
  const { cipher } = after.app.parts.leadStore;
  for (const n of [100, 200]) {
    const [{ id = '' } = {}] = await findLeads(staff, { phone: phoneOf(n) });
    const { sealedKey, email, phone } = cipher.seal(id, { email: 'twin@example.org', phone: phoneOf(n) });
    await before.database.query(
      'update lead set sealed_key = $2, email = $3, phone = $4, email_a = null where id = $1',
      [id, sealedKey, email, phone],
    );
  }
  await rotate(staff);
  await bringOn(after);
  expect(await rotationOf(staff)).toMatchObject({ total: 300, done: 300, finishedAt: expect.any(String) });
  expect(await findLeads(staff, { email: 'twin@example.org' })).toHaveLength(1);
  for (const n of [100, 200])
    expect(await findLeads(staff, { phone: phoneOf(n) })).toMatchObject([{ email: 'twin@example.org' }]);
}, 60_000);

it('is told to admins alone, live, started once, and not without a new key', async () => {
  const { before, after, staff } = await twoServers(1_000);
  const mutation = 'mutation { rotateLeadKeys { keyId } }';
  const people = [after.nobody, await after.person('OPERATOR'), await after.token('LEADS_WRITE', 'LEADS_READ')];
  for (const query of [mutation, '{ leadKeyRotation { keyId } }']) {
    const codes = await Promise.all(people.map(async (as) => (await as.graphql(query)).errors?.[0]?.extensions.code));
    expect(codes).toEqual(['UNAUTHENTICATED', 'FORBIDDEN', 'FORBIDDEN']);
  }
  const unchanged = await before.admin.graphql(mutation);
  expect(unchanged.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reasons: ['KEY_UNCHANGED'] });

  const refused = await subscribe(after.url, people[1] ?? staff, 'subscription { leadKeyRotationProgress { keyId } }');
  await until(() => refused.outcome.errors !== undefined, 5_000, 'the refusal');
  expect(refused.outcome.errors?.[0]?.extensions?.code).toBe('FORBIDDEN');
  await refused.close();
  const seen = await subscribe<{ leadKeyRotationProgress: SeenRotation }>(
    after.url,
    staff,
    'subscription { leadKeyRotationProgress { keyId total done finishedAt } }',
  );
  const started = await Promise.all([rotate(staff), rotate(staff), rotate(staff)]);
  expect(started).toEqual(Array(3).fill({ keyId: 'new', total: 1_000, done: 0, finishedAt: null }));
  const other = await before.admin.graphql(mutation);
  expect(other.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reasons: ['ROTATION_UNDER_WAY'] });
  await Promise.all([bringOn(before), bringOn(after)]);
  const states = () => seen.events.map(({ leadKeyRotationProgress }) => leadKeyRotationProgress);
  await until(() => states().at(-1)?.finishedAt != null, 5_000, 'the end');
  expect(states().at(-1)).toMatchObject({ keyId: 'new', total: 1_000, done: 1_000 });
  const done = states().map((state) => state.done);
  expect(done).toEqual([...done].sort((one, two) => one - two));
  await seen.close();
  const audited = await before.database.query("select subject from audit_entry where action = 'rotateLeadKeys'");
  expect(audited).toEqual([{ subject: 'key:new' }]);
}, 60_000);
