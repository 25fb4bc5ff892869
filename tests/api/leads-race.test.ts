// Fifty who come at the same moment with the same address, e-mail or phone: one of them is taken, whatever door they use.
import { leadDoors, newAddress, newPerson, type Outcome, stranger } from '../support/lead-doors.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

const atOnce = 50;
const repeats = 200;

let server: TestServer;
let staff: Client;
beforeAll(async () => {
  const unlimited = {
    LEADS_PER_MINUTE: '1000000',
    REQUESTS_PER_MINUTE: '100000000',
    USER_REQUESTS_PER_MINUTE: '100000000',
  };
  server = await testServer({ ROLES: 'web', ...unlimited });
  staff = await server.token('LEADS_WRITE');
});
afterAll(() => server.close());

/** Half of them by each door. */
function compete(repeat: number, same: { email?: string; phone?: string; ipAddress?: string }): Promise<Outcome[]> {
  return Promise.all(
    Array.from({ length: atOnce }, (_, n) => {
      const { ipAddress = newAddress(), ...given } = same;
      const door = leadDoors[(repeat + n) % leadDoors.length] as (typeof leadDoors)[number];
      const input = { ...newPerson(), ...given };
      return repeat % 2 ? door.create(staff, { ...input, ipAddress }) : door.create(stranger(server, ipAddress), input);
    }),
  );
}

/** How many were told what. */
function tally(outcomes: readonly Outcome[]): Record<string, number> {
  const told = outcomes.map(({ as, reasons = [] }) => [as, ...[...reasons].sort()].join(' '));
  return Object.fromEntries([...Map.groupBy(told, (one) => one)].map(([one, all]) => [one, all.length]));
}

const stored = async (): Promise<number> => {
  const [row] = await server.database.query<{ n: number }>('select count(*)::int as n from lead');
  return row?.n ?? 0;
};

describe.each([
  ['address', 'DUPLICATE_IP', () => ({ ipAddress: newAddress() })],
  ['e-mail', 'DUPLICATE_EMAIL', () => ({ email: newPerson().email })],
  ['phone', 'DUPLICATE_PHONE', () => ({ phone: newPerson().phone })],
] as const)('the same %s', (_what, reason, same) => {
  it(`has exactly one winner of ${atOnce}, ${repeats} times over`, async () => {
    const before = await stored();
    for (let repeat = 1; repeat <= repeats; repeat++) {
      const outcomes = await compete(repeat, same());
      expect([repeat, tally(outcomes)]).toEqual([repeat, { STORED: 1, [`DUPLICATE ${reason}`]: atOnce - 1 }]);
    }
    expect(await stored()).toBe(before + repeats);
  }, 300_000);
});

it('the winner of all three is told apart from nobody', async () => {
  const [{ email, phone }, ipAddress] = [newPerson(), newAddress()];
  const outcomes = await compete(1, { email, phone, ipAddress });
  expect(tally(outcomes)).toEqual({ STORED: 1, 'DUPLICATE DUPLICATE_EMAIL DUPLICATE_IP DUPLICATE_PHONE': atOnce - 1 });
});

it('who is left out by one clash keeps nothing of the rest', async () => {
  const [taken, other] = [newPerson(), newPerson()];
  const door = leadDoors[0] as (typeof leadDoors)[number];
  const address = newAddress();
  expect((await door.create(stranger(server, address), taken)).as).toBe('STORED');
  expect((await door.create(stranger(server, address), other)).as).toBe('DUPLICATE');
  expect((await door.create(stranger(server), other)).as).toBe('STORED');
});

it('one event and one line in the journal for each that was stored, none for the others', async () => {
  await server.app.parts.leadJournal.flush();
  const [row] = await server.database.query<Record<string, number>>(
    `select (select count(*)::int from lead) as leads,
       (select count(*)::int from (select subject from event_pending where topic = 'lead' union all
         select subject from event where topic = 'lead') e) as events,
       (select coalesce(sum(count), 0)::int from lead_attempt where outcome = 'ACCEPTED') as accepted,
       (select coalesce(sum(count), 0)::int from lead_attempt where outcome = 'DUPLICATE') as duplicates`,
  );
  const expected = row?.leads ?? 0;
  const losers = 3 * repeats * (atOnce - 1) + (atOnce - 1) + 1;
  expect(row).toEqual({ leads: expected, events: expected, accepted: expected, duplicates: losers });
});
