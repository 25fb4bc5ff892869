// Leads that come at the same moment are stored by one statement: what holds one of them up holds up nobody else.
import pg from 'pg';
import { leadDoors, newAddress, newPerson, type Outcome, stranger } from '../support/lead-doors.js';
import { type TestServer, testServer } from '../support/server.js';

/** After so many milliseconds a statement of ours gives up waiting for somebody else's transaction: lock_timeout. */
const longestWait = 5_000;

let server: TestServer;
let somebodyElse: pg.Client;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  somebodyElse = new pg.Client({ connectionString: server.database.url });
  await somebodyElse.connect();
});
afterAll(async () => {
  await somebodyElse.end();
  await server.close();
});

const takeAddress = (address: string) =>
  somebodyElse.query(
    `insert into lead (name, sealed_key, email, phone, ip_address) values ('Somebody', 'k', 'e', 'p', $1)`,
    [address],
  );

const come = (addresses: readonly string[]): Promise<Outcome>[] =>
  addresses.map((address, n) => {
    const door = leadDoors[n % leadDoors.length] as (typeof leadDoors)[number];
    return door.create(stranger(server, address), newPerson());
  });

const countOf = async (addresses: readonly string[]): Promise<number> => {
  const [row] = await server.database.query<{ n: number }>(
    'select count(*)::int as n from lead where ip_address = any($1::inet[])',
    [addresses],
  );
  return row?.n ?? 0;
};

describe.each([
  ['commit', 'DUPLICATE'],
  ['rollback', 'STORED'],
] as const)('one who clashes with what nobody knows yet, and that ends by %s', (ending, as) => {
  it.each([0, 7])('keeps nobody waiting, and is told in the end, having come after %p others', async (before) => {
    const [early, late] = [before, 20 - before].map((count) => Array.from({ length: count }, newAddress));
    const open = newAddress();
    await somebodyElse.query('begin');
    await takeAddress(open);
    const addresses = [...(early ?? []), open, ...(late ?? [])];
    const begun = performance.now();
    const asked = come(addresses);
    const [held] = asked.splice(before, 1);
    expect((await Promise.all(asked)).map((outcome) => outcome.as)).toEqual(asked.map(() => 'STORED'));
    expect(performance.now() - begun).toBeLessThan(longestWait / 2);
    expect(await countOf(addresses)).toBe(20);
    await somebodyElse.query(ending);
    expect((await held)?.as).toBe(as);
    expect(await countOf(addresses)).toBe(21);
  });
});

it('those who wait for each other are both told', async () => {
  const [theirs, ours] = [newAddress(), newAddress()];
  await somebodyElse.query('begin');
  await takeAddress(theirs);
  const asked = come([newAddress(), ours, theirs]);
  expect((await asked[0])?.as).toBe('STORED');
  // Whichever of the two was faster: no deadlock is reported to either.
  const taken = await takeAddress(ours).then(
    () => true,
    (error: pg.DatabaseError) => error.constraint !== 'lead_ip_address_unique' && Promise.reject(error),
  );
  await somebodyElse.query(taken ? 'commit' : 'rollback');
  const others = (await Promise.all(asked)).slice(1).map(({ as }) => as);
  expect(others).toEqual(taken ? ['DUPLICATE', 'DUPLICATE'] : ['STORED', 'STORED']);
});
