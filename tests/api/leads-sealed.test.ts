// What a hand in the database can do to sealed leads: the field that it touched can't be read, everything else still comes.
// And the ORM, which reads them as they are, never finds anything to write back.
import { Lead } from '../../src/entities/lead.entity.js';
import { leadDoors, newPerson, stranger } from '../support/lead-doors.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

const unreadable = '(unreadable)';

let server: TestServer;
let staff: Client;
let viewer: Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  viewer = await server.person('VIEWER');
});
afterAll(() => server.close());

interface Seen {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

/** Of a source of its own. */
async function plant(source: string, howMany: number): Promise<Seen[]> {
  const leads: Seen[] = [];
  for (let n = 0; n < howMany; n++) {
    const door = leadDoors[n % leadDoors.length];
    const { lead, text } = (await door?.create(stranger(server), { ...newPerson(), source })) ?? { text: 'no door' };
    if (!lead) throw new Error(text);
    const { id, name, email, phone } = lead;
    leads.push({ id, name, email, phone });
  }
  return leads;
}

async function list(filter: object, as = staff): Promise<Seen[]> {
  const { data, errors } = await as.graphql<{ leads: { nodes: Seen[] } }>(
    `query ($filter: LeadFilter) { leads(filter: $filter, orderBy: OLDEST, first: 100) { nodes { id name email phone } } }`,
    { filter },
  );
  if (!data) throw new Error(JSON.stringify(errors));
  expect(errors).toBeUndefined();
  return data.leads.nodes;
}

interface Cells {
  readonly sealed_key: string;
  readonly email: string;
  readonly phone: string;
}

async function cellsOf(id: string): Promise<Cells> {
  const [row] = await server.database.query<Cells>('select sealed_key, email, phone from lead where id = $1', [id]);
  if (!row) throw new Error(`there is no lead ${id}`);
  return row;
}

const overwrite = (id: string, { sealed_key, email, phone }: Cells): Promise<unknown> =>
  server.database.query('update lead set sealed_key = $2, email = $3, phone = $4 where id = $1', [
    id,
    sealed_key,
    email,
    phone,
  ]);

/** One bit of what was sealed. */
function flipBit(cell: string): string {
  const parts = cell.split('.');
  const bytes = Buffer.from(parts.at(-1) ?? '', 'base64url');
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return parts.with(-1, bytes.toString('base64url')).join('.');
}

const neither = { email: unreadable, phone: unreadable };

describe.each<[string, (own: Cells, other: Cells) => Partial<Cells>, Partial<Seen>]>([
  ['one flipped bit of the e-mail', ({ email }) => ({ email: flipBit(email) }), { email: unreadable }],
  ['one flipped bit of the phone', ({ phone }) => ({ phone: flipBit(phone) }), { phone: unreadable }],
  ['one flipped bit of the row’s key', ({ sealed_key }) => ({ sealed_key: flipBit(sealed_key) }), neither],
  ['an e-mail moved here from another row', (_, { email }) => ({ email }), { email: unreadable }],
  ['a phone moved here from another row', (_, { phone }) => ({ phone }), { phone: unreadable }],
  ['a key moved here from another row', (_, { sealed_key }) => ({ sealed_key }), neither],
  ['all three moved here from another row', (_, other) => other, neither],
  ['e-mail and phone exchanged', ({ email, phone }) => ({ email: phone, phone: email }), neither],
  [
    'an unknown key id',
    ({ sealed_key }) => ({ sealed_key: sealed_key.split('.').with(1, 'nobody').join('.') }),
    neither,
  ],
  ['an unknown version', ({ email }) => ({ email: email.replace(/^v1/, 'v9') }), { email: unreadable }],
  ['a text that never was sealed', () => ({ phone: '+79001234567' }), { phone: unreadable }],
  ['nothing at all', () => ({ sealed_key: '', email: '', phone: '' }), neither],
])('%s', (source, harm, expected) => {
  it('fails closed there alone', async () => {
    const [first, broken, last] = (await plant(source, 3)) as [Seen, Seen, Seen];
    const own = await cellsOf(broken.id);
    await overwrite(broken.id, { ...own, ...harm(own, await cellsOf(first.id)) });
    const seen = { ...broken, ...expected };
    expect(await list({ source })).toEqual([first, seen, last]);
    const one = await staff.graphql('query ($id: ID!) { lead(id: $id) { id name email phone } }', { id: broken.id });
    expect(one).toEqual({ status: 200, data: { lead: seen } });
    const rest = await staff.fetch(`/leads/${broken.id}`);
    expect(await rest.json()).toMatchObject({ id: broken.id, ...expected });
    const masked = await list({ source }, viewer);
    expect(masked.map(({ id }) => id)).toEqual([first.id, broken.id, last.id]);
    for (const { email, phone } of [first, broken, last]) {
      expect(JSON.stringify(masked)).not.toContain(email);
      expect(JSON.stringify(masked)).not.toContain(phone);
    }
  });
});

it('what is found by its index is shown only as far as it can be read', async () => {
  const [lead] = (await plant('found', 1)) as [Seen];
  const own = await cellsOf(lead.id);
  await overwrite(lead.id, { ...own, email: flipBit(own.email) });
  expect(await list({ email: lead.email })).toEqual([{ ...lead, email: unreadable }]);
  expect(await list({ phone: lead.phone })).toEqual([{ ...lead, email: unreadable }]);
});

it('what can’t be read still keeps its like out, and can be given anew', async () => {
  const [lead] = (await plant('given anew', 1)) as [Seen];
  const own = await cellsOf(lead.id);
  await overwrite(lead.id, { ...own, sealed_key: flipBit(own.sealed_key) });
  const again = await leadDoors[0]?.create(stranger(server), { ...newPerson(), email: lead.email });
  expect([again?.as, again?.reasons]).toEqual(['DUPLICATE', ['DUPLICATE_EMAIL']]);
  const update = (input: object) =>
    staff.graphql<{ updateLead: Seen }>(
      'mutation ($id: ID!, $input: UpdateLeadInput!) { updateLead(id: $id, input: $input) { id name email phone } }',
      { id: lead.id, input },
    );
  const half = await update({ email: lead.email });
  expect(half.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'phone' }] });
  const { email, phone } = lead;
  expect((await update({ email, phone })).data).toEqual({ updateLead: lead });
  expect(await list({ source: 'given anew' })).toEqual([lead]);
});

it('a flush after 100 leads were loaded by the ORM writes nothing', async () => {
  await plant('flush', 100);
  const versions = () => server.database.query('select id, xmin::text, ctid::text from lead order by id');
  const before = await versions();
  const em = server.app.parts.database.orm.em.fork();
  const loaded = await em.find(Lead, { source: 'flush' });
  expect(loaded).toHaveLength(100);
  const unit = em.getUnitOfWork();
  unit.computeChangeSets();
  expect(unit.getChangeSets().map((set) => Object.keys(set.payload))).toEqual([]);
  await em.flush();
  expect(await versions()).toEqual(before);
});
