// Rehearsed, then run: what the virtual clock says is what the real one shows. Four mailings at once, with a worker, against a
// gateway that writes down when it was asked: one goes through, one misses its end, one finds its window closing, one opening.
import { randomUUID } from 'node:crypto';
import { createMailing, type MailingSeen, mailingOf, told } from '../support/mailings.js';
import { PhoneGateway } from '../support/phone-gateway.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

interface Rehearsal {
  readonly recipients: number;
  readonly finishesAt: string | null;
  readonly willMiss: number;
  readonly reasons: readonly { readonly key: string; readonly count: number }[];
}

interface Run {
  readonly rehearsed: Rehearsal;
  readonly seen: MailingSeen;
  readonly startsAt: number;
  /** When the gateway was asked, each of them. */
  readonly asked: readonly number[];
}

const minute = 60_000;
const recipients = { through: 600, tooMany: 12_000, closing: 6_000, opening: 800 };
type Name = keyof typeof recipients;

let server: TestServer;
let gateway: PhoneGateway;
let staff: Client;
let phones = 79_100_000_000;
/** The next full minute that leaves time enough to start before it. */
let boundary: number;
let runs: Record<Name, Run>;

beforeAll(async () => {
  gateway = await PhoneGateway.open();
  server = await testServer({ MESSAGE_GATEWAY_URL: gateway.url, ROLES: 'web,worker' });
  staff = await server.person('OPERATOR');
  for (const name of Object.keys(recipients) as Name[]) await people(name);
  boundary = Math.ceil((Date.now() + 25_000) / minute) * minute;
  const startsAt = new Date(Date.now() + 4_000);
  const clock = (moment: number): string => new Date(moment).toISOString().slice(11, 16);
  const inputs: Record<Name, object> = {
    through: { endsAt: new Date(startsAt.getTime() + 60 * minute), rateLimit: 30 },
    tooMany: { endsAt: new Date(startsAt.getTime() + minute), rateLimit: 50 },
    closing: {
      ...{ endsAt: new Date(boundary + 15_000), rateLimit: 20 },
      window: { from: clock(boundary - 30 * minute), to: clock(boundary) },
    },
    opening: {
      ...{ endsAt: new Date(boundary + 60 * minute), rateLimit: 30 },
      window: { from: clock(boundary), to: clock(boundary + 30 * minute) },
    },
  };
  const begun = await Promise.all(
    (Object.keys(inputs) as Name[]).map(async (name) => {
      const input = { text: 'Hello', filter: { tags: [name] }, startsAt, ...inputs[name] };
      const rehearsed = await rehearse(input);
      return { name, rehearsed, mailing: await createMailing(staff, input) };
    }),
  );
  const ended = begun.map(async ({ name, rehearsed, mailing }) => {
    const seen = await over(mailing.id);
    const run: Run = { rehearsed, seen, startsAt: startsAt.getTime(), asked: await askedOf(name) };
    return [name, run] as const;
  });
  runs = Object.fromEntries(await Promise.all(ended)) as Record<Name, Run>;
}, 240_000);
afterAll(async () => {
  await server?.close();
  await gateway?.close();
});

async function people(tag: Name): Promise<void> {
  await server.database.query(
    `insert into client (phone, operator_code, tag, timezone)
     select ($1::bigint + n)::text, '910', $2, 'UTC' from generate_series(1, $3::int) n`,
    [phones, tag, recipients[tag]],
  );
  phones += recipients[tag];
}

const rehearse = async (input: object): Promise<Rehearsal> =>
  told(
    await staff.graphql<Record<string, Rehearsal>>(
      `query ($input: CreateMailingInput!) {
        rehearseMailing(input: $input) { recipients finishesAt willMiss reasons { key count } } }`,
      { input: { ...input, idempotencyKey: randomUUID() } },
    ),
  );

async function over(id: string): Promise<MailingSeen> {
  let seen = await mailingOf(staff, id);
  const isOver = async (): Promise<boolean> => {
    seen = await mailingOf(staff, id);
    return ['COMPLETED', 'EXPIRED'].includes(seen.status) && seen.stats.queued === 0 && seen.stats.sending === 0;
  };
  await until(isOver, 180_000, `mailing ${id} is over`);
  return seen;
}

async function askedOf(tag: Name): Promise<number[]> {
  const rows = await server.database.query<{ phone: string }>('select phone from client where tag = $1', [tag]);
  return rows.flatMap(({ phone }) => gateway.asked(phone)).sort((one, other) => one - other);
}

/** Of the whole time that was rehearsed. */
function expectFinish({ rehearsed, seen, asked }: Run, since: number): void {
  const expected = Date.parse(rehearsed.finishesAt ?? '') - since;
  for (const finished of [asked.at(-1) ?? 0, Date.parse(seen.finishedAt ?? '')])
    expect(Math.abs(finished - since - expected)).toBeLessThanOrEqual(0.05 * expected);
}

function expectMisses({ rehearsed, seen, asked }: Run): void {
  expect(rehearsed.willMiss).toBeGreaterThan(0);
  expect(Math.abs((seen.stats.expired ?? 0) - rehearsed.willMiss)).toBeLessThanOrEqual(0.01 * rehearsed.willMiss);
  expect(seen.stats.sent).toBe(asked.length);
}

it('one that goes through finishes when it was said to, give or take 5 %', () => {
  const run = runs.through;
  expect(run.rehearsed).toMatchObject({ recipients: 600, willMiss: 0 });
  expect(run.seen).toMatchObject({ status: 'COMPLETED', stats: { sent: 600 } });
  expectFinish(run, run.startsAt);
});

it('one whose end comes too early misses as many as was said, give or take 1 %', () => {
  expect(runs.tooMany.rehearsed.reasons).toEqual([{ key: 'RATE_LIMIT', count: runs.tooMany.rehearsed.willMiss }]);
  expectMisses(runs.tooMany);
  expect(runs.tooMany.seen.status).toBe('EXPIRED');
});

it('one whose window closes stops at that moment, and misses as many as was said', () => {
  expectMisses(runs.closing);
  expect(runs.closing.asked.at(-1)).toBeLessThan(boundary);
});

it('one whose window opens begins at that moment, and finishes when it was said to', () => {
  const run = runs.opening;
  expect(run.seen).toMatchObject({ status: 'COMPLETED', stats: { sent: 800 } });
  expect(run.asked[0]).toBeGreaterThanOrEqual(boundary);
  expectFinish(run, boundary);
});
