// How often an address may leave data, at every door of leads alike: counted by attempts, by an address that nobody can forge,
// and written down without saying whose it was.
import { type LeadDoor, leadDoors, newAddress, newPerson, type Outcome, stranger } from '../support/lead-doors.js';
import { until } from '../support/program.js';
import { type Client, client, type TestServer, testServer } from '../support/server.js';

const perMinute = 3;
let server: TestServer;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web', LEADS_PER_MINUTE: String(perMinute) });
});
afterAll(() => server.close());
afterEach(() => forget(server));

async function forget({ app, database }: TestServer): Promise<void> {
  await app.parts.leadJournal.flush();
  await database.query('truncate lead, lead_attempt, blocked_ip, rate_limit');
  await app.parts.addressBlocks.reload();
}

const outcomes = async (door: LeadDoor, as: Client, times: number): Promise<Outcome['as'][]> => {
  const all: Outcome['as'][] = [];
  for (let i = 0; i < times; i++) all.push((await door.create(as, newPerson())).as);
  return all;
};
const stored = async (of = server) =>
  (await of.database.query<{ ip: string }>('select host(ip_address) as ip from lead order by id')).map(({ ip }) => ip);
const journal = async (): Promise<Record<string, number>> => {
  await server.app.parts.leadJournal.flush();
  const rows = await server.database.query<{ outcome: string; count: number }>(
    'select outcome, sum(count)::int as count from lead_attempt group by outcome',
  );
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
};

describe.each(leadDoors)('leads from one address over $name', (door) => {
  it('are as many a minute as LEADS_PER_MINUTE says, whatever became of them', async () => {
    const nobody = stranger(server);
    const person = newPerson();
    expect((await door.create(nobody, person)).as).toBe('STORED');
    expect((await door.create(nobody, person)).as).toBe('DUPLICATE');
    expect((await door.create(nobody, { ...newPerson(), email: 'a@' })).as).toBe('INVALID');
    const refused = await door.create(nobody, newPerson());
    expect(refused.as).toBe('LIMITED');
    expect(refused.retryAfter).toBeGreaterThan(0);
    expect(refused.retryAfter).toBeLessThanOrEqual(60);
    expect((await door.create(stranger(server), newPerson())).as).toBe('STORED');
    expect(await stored()).toHaveLength(2);
    expect(await journal()).toEqual({ ACCEPTED: 2, DUPLICATE: 1, INVALID: 1, LIMITED: 1 });
  });

  it('are refused before their fields are looked at, in one and the same way', async () => {
    const nobody = stranger(server);
    const known = newPerson();
    await door.create(nobody, known);
    await outcomes(door, nobody, perMinute - 1);
    const texts = new Set<string>();
    for (const input of [known, newPerson(), { ...newPerson(), phone: 'x' }]) {
      const { as, text } = await door.create(nobody, input);
      expect(as).toBe('LIMITED');
      texts.add(text.replace(/\d+ s\b|"retryAfter":\d+|"requestId":"[^"]+"/g, ''));
    }
    expect(texts.size).toBe(1);
  });

  it('are counted for a whole /64 of IPv6', async () => {
    const net = `2001:db8:${door.name === 'REST' ? 1 : 2}:7`;
    const from = (host: string) => stranger(server, `${net}:${host}`);
    expect(await outcomes(door, from(':1'), 1)).toEqual(['STORED']);
    expect(await outcomes(door, from('ffff::2'), 1)).toEqual(['STORED']);
    expect(await outcomes(door, from('1:2:3:4'), 2)).toEqual(['STORED', 'LIMITED']);
  });

  it('are not limited for staff and for programs that have a token', async () => {
    for (const as of [await server.person('OPERATOR'), await server.token('LEADS_WRITE')]) {
      for (let i = 0; i < perMinute + 2; i++) {
        const outcome = await door.create(as, { ...newPerson(), ipAddress: newAddress() });
        expect(outcome.as).toBe('STORED');
      }
    }
  });

  it('are not made more by an address that is written into them', async () => {
    const address = newAddress();
    const nobody = stranger(server, address);
    for (let i = 0; i < perMinute; i++) await door.create(nobody, { ...newPerson(), ipAddress: newAddress() });
    expect((await door.create(nobody, { ...newPerson(), ipAddress: newAddress() })).as).toBe('LIMITED');
    expect(await stored()).toEqual([address]);
  });

  it('T11: have the address that the nearest proxy of ours names, whatever is forged further out', async () => {
    const [forged, real] = [newAddress(), newAddress()];
    expect((await door.create(stranger(server, `${forged}, ${real}`), newPerson())).as).toBe('STORED');
    expect(await stored()).toEqual([real]);
    await server.database.query('truncate lead');
    const seen = await Promise.all(
      Array.from({ length: perMinute }, () => door.create(stranger(server, `${newAddress()}, ${real}`), newPerson())),
    );
    expect(seen.filter(({ as }) => as === 'LIMITED')).toHaveLength(1);
    expect(await stored()).toEqual([real]);
  });

  it('go on being refused until the address is blocked, which is no attempt any more', async () => {
    const address = newAddress();
    const nobody = stranger(server, address);
    await outcomes(door, nobody, perMinute);
    expect(await outcomes(door, nobody, 10)).toEqual(Array(10).fill('LIMITED'));
    await until(async () => (await door.create(nobody, newPerson())).as === 'BLOCKED', 5_000, 'a block');
    const before = await journal();
    for (const each of leadDoors) expect((await each.create(nobody, newPerson())).as).toBe('BLOCKED');
    expect(await journal()).toEqual(before);
    expect(await server.database.query('select host(cidr) as ip, automatic from blocked_ip')).toEqual([
      { ip: address, automatic: true },
    ]);
    expect((await door.create(stranger(server), newPerson())).as).toBe('STORED');
  });
});

/** Knows the e-mail of a lead and guesses its number. Gives how the tries ended; the last one has the right number. */
async function guess(door: LeadDoor, callers: readonly Client[]): Promise<Outcome[]> {
  const lead = newPerson();
  await door.create(stranger(server), lead);
  const ended: Outcome[] = [];
  for (const [index, caller] of callers.entries()) {
    const phone = index === callers.length - 1 ? lead.phone : newPerson().phone;
    ended.push(await door.create(caller, { ...lead, phone }));
  }
  return ended;
}

async function tokenOf(owner: Client): Promise<Client> {
  const { data } = await owner.graphql<{ createApiToken: { secret: string } }>(
    'mutation { createApiToken(name: "test", scopes: [READ]) { secret } }',
  );
  return client(server.url, data?.createApiToken.secret);
}

const earlierToday = (conflicts: number) =>
  server.database.query(`update rate_limit set points = points + $1 where key like 'lead-conflicts:%'`, [conflicts]);

describe.each(leadDoors)('conflicts over $name', (door) => {
  it('do not let a VIEWER unmask a lead by a known e-mail and guessed numbers', async () => {
    const viewer = await server.person('VIEWER');
    const tries = await guess(door, Array(20).fill(viewer));
    expect(tries.map(({ as }) => as)).toEqual([...Array(perMinute).fill('DUPLICATE'), ...Array(17).fill('LIMITED')]);
    expect(tries.at(-1)?.text).not.toMatch(/DUPLICATE|known/);
  });

  it('are told to a VIEWER as often a day as LEADS_PER_MINUTE says, and each is in the audit log', async () => {
    const viewer = await server.person('VIEWER');
    const [first] = await guess(door, [viewer]);
    expect(first?.reasons).toEqual(['DUPLICATE_EMAIL', 'DUPLICATE_PHONE']);
    await earlierToday(perMinute - 1);
    const [second] = await guess(door, [viewer]);
    expect([second?.as, second?.text.match(/DUPLICATE|known/)]).toEqual(['LIMITED', null]);
    expect(second?.retryAfter).toBeGreaterThan(3_600);
    const refused = { refused: ['DUPLICATE_EMAIL', 'DUPLICATE_PHONE'] };
    expect(
      await server.database.query('select subject, detail from audit_entry where actor = $1 and action = $2', [
        `person:${viewer.id}`,
        'createLead',
      ]),
    ).toEqual([first, second].map(() => ({ subject: null, detail: refused })));
    expect((await door.create(stranger(server), newPerson())).as).toBe('STORED');
  });

  it('are not told more often to a person with many tokens, or with a token that may not write leads', async () => {
    const owner = await server.person('OPERATOR');
    const tokens = await Promise.all(Array.from({ length: 6 }, () => tokenOf(owner)));
    const tries = await guess(door, tokens);
    expect(tries.map(({ as }) => as)).toEqual([...Array(perMinute).fill('DUPLICATE'), ...Array(3).fill('LIMITED')]);
  });

  it('do not let an anonymous caller try numbers out by changing addresses within a /48', async () => {
    const net = `2001:db8:${door.name === 'REST' ? 'a' : 'b'}`;
    const tries = await guess(
      door,
      Array.from({ length: 20 }, (_, index) => stranger(server, `${net}:${index}::1`)),
    );
    expect(tries.map(({ as }) => as)).toEqual([...Array(perMinute).fill('DUPLICATE'), ...Array(17).fill('LIMITED')]);
    expect(tries.at(-1)?.text).not.toMatch(/DUPLICATE|known/);
    const unaware = { ...newPerson(), ipAddress: newAddress() };
    expect((await door.create(stranger(server, `${net}:99::1`), unaware)).as).toBe('STORED');
  });

  it('are told to staff and to programs that may write leads, however many there are', async () => {
    const staff = await server.person('OPERATOR');
    const program = await server.token('LEADS_WRITE');
    const tries = await guess(door, [staff, program, staff, program, staff, program, staff, program]);
    expect(tries.map(({ as }) => as)).toEqual(Array(8).fill('DUPLICATE'));
    expect(tries.at(-1)?.reasons).toEqual(['DUPLICATE_EMAIL', 'DUPLICATE_PHONE']);
  });
});

it('leads from one address are counted together over all doors', async () => {
  const nobody = stranger(server);
  const [rest, graphql] = leadDoors as [LeadDoor, LeadDoor];
  await outcomes(rest, nobody, 2);
  await outcomes(graphql, nobody, 1);
  expect([...(await outcomes(rest, nobody, 1)), ...(await outcomes(graphql, nobody, 1))]).toEqual([
    'LIMITED',
    'LIMITED',
  ]);
});

it('attempts are counted, not requests: two in one document are two', async () => {
  const nobody = stranger(server);
  const [first, second] = [newPerson(), newPerson()];
  const { data, errors } = await nobody.graphql(
    `mutation ($first: CreateLeadInput!, $second: CreateLeadInput!) {
      first: createLead(input: $first) { id } second: createLead(input: $second) { id }
    }`,
    { first, second },
  );
  expect([data, errors?.[0]?.extensions.reasons]).toEqual([null, ['DUPLICATE_IP']]);
  const [rest] = leadDoors as [LeadDoor];
  expect(await outcomes(rest, nobody, perMinute - 1)).toEqual(['DUPLICATE', 'LIMITED']);
});

it('the journal says how many and why, and of nobody', async () => {
  const address = newAddress();
  const person = newPerson();
  const [rest] = leadDoors as [LeadDoor];
  await rest.create(stranger(server, address), person);
  await rest.create(stranger(server), person);
  await rest.create(stranger(server), { ...person, email: 'anna@' });
  await outcomes(rest, stranger(server, address), perMinute);
  await journal();
  const [text] = await server.database.query<{ all: string }>('select json_agg(a)::text as all from lead_attempt a');
  expect(text?.all).toMatch(/DUPLICATE_EMAIL.*DUPLICATE_PHONE/);
  for (const secret of [address, person.email, person.phone, person.name, 'anna'])
    expect(text?.all).not.toContain(secret);
});

describe('from a peer that nobody trusts', () => {
  let direct: TestServer;
  beforeAll(async () => {
    direct = await testServer({ ROLES: 'web', LEADS_PER_MINUTE: String(perMinute), TRUSTED_PROXIES: '' });
  });
  afterAll(() => direct.close());

  it.each(leadDoors)('T11: a forged X-Forwarded-For changes nothing over $name', async (door) => {
    await forget(direct);
    const forging = () => client(direct.url, undefined, { 'x-forwarded-for': newAddress(), 'x-real-ip': newAddress() });
    // Written by somebody who is not loopback itself any more, once they say that they speak for others.
    const outcome = await door.create(forging(), { ...newPerson(), ipAddress: newAddress() });
    const others = [];
    for (let i = 0; i < perMinute; i++) others.push((await door.create(forging(), newPerson())).as);
    if (door.name === 'REST') {
      expect(outcome.lead?.ipAddress).toBe('127.0.0.1');
      expect(others).toEqual(['DUPLICATE', 'DUPLICATE', 'LIMITED']);
      expect(await stored(direct)).toEqual(['127.0.0.1']);
    } else {
      // The same peer, so the same count.
      expect([outcome.as, ...others]).toEqual(Array(perMinute + 1).fill('LIMITED'));
    }
  });
});

describe('a body that is no lead', () => {
  const post = (body: BodyInit, type: string) =>
    stranger(server).fetch('/leads', { method: 'POST', headers: { 'content-type': type }, body });
  const huge = JSON.stringify({ ...newPerson(), source: 'x'.repeat(257 * 1_024) });

  it.each<[string, string, BodyInit, number]>([
    ['too large as JSON', 'application/json', huge, 413],
    ['too large as a form', 'application/x-www-form-urlencoded', `name=${'x'.repeat(257 * 1_024)}`, 413],
    ['plain text', 'text/plain', JSON.stringify(newPerson()), 415],
    ['XML', 'application/xml', '<lead/>', 415],
    ['no JSON', 'application/json', '{"name":', 422],
    ['a list', 'application/json', '[]', 422],
    ['nothing', 'application/json', '', 422],
  ])('%s: is told so, and nothing is stored', async (_name, type, body, status) => {
    const answer = await post(body, type);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(text).toContain(type.includes('form') ? '<form' : '"detail"');
    expect(await stored()).toEqual([]);
  });

  it('a GraphQL document of 257 KB is not read', async () => {
    expect((await stranger(server).graphql('{ __typename }', { filler: 'x'.repeat(257 * 1_024) })).status).toBe(413);
  });
});
