// Explained, then watched: what is said about a person is what the worker then does. The gateway answers each number in a way of
// its own and remembers when it was asked.
import type { RecipientVerdict } from '../../src/entities/mailing.enums.js';
import { createMailing, type MailingSeen, told } from '../support/mailings.js';
import { PhoneGateway } from '../support/phone-gateway.js';
import { until } from '../support/program.js';
import { hang, ok, okBody, response, says } from '../support/raw-gateway.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

interface Explanation {
  readonly verdict: RecipientVerdict;
  readonly nextWindowAt: string | null;
  readonly explanation: string;
  readonly message: { readonly nextAttemptAt: string | null } | null;
}

let server: TestServer;
let gateway: PhoneGateway;
let staff: Client;
let next = 79_200_000_000;

beforeAll(async () => {
  gateway = await PhoneGateway.open();
  server = await testServer({ MESSAGE_GATEWAY_URL: gateway.url, ROLES: 'web,worker' });
  staff = await server.person('OPERATOR');
  await until(
    async () => (await server.database.query('select from gateway_worker')).length > 0,
    20_000,
    'a worker tells of itself',
  );
});
afterAll(async () => {
  await server?.close();
  await gateway?.close();
});

interface Someone {
  readonly id: string;
  readonly phone: string;
}

const soon = (ms: number): Date => new Date(Date.now() + ms);
const minute = 60_000;

/** Each of them with a tag of their own where nothing else is said. */
async function someone(tag = `tag ${next}`): Promise<Someone & { readonly tag: string }> {
  const phone = String(next++);
  const [row] = await server.database.query<{ id: string }>(
    `insert into client (phone, operator_code, tag, timezone) values ($1, '920', $2, 'UTC') returning id`,
    [phone, tag],
  );
  return { id: row?.id ?? '', phone, tag };
}

const send = (tag: string, input: object = {}): Promise<MailingSeen> =>
  createMailing(staff, { filter: { tags: [tag] }, ...input });

const explain = async ({ id: mailingId }: { id: string }, { id: clientId }: Someone): Promise<Explanation> =>
  told(
    await staff.graphql<Record<string, Explanation>>(
      `query ($mailingId: ID!, $clientId: ID!) { explainRecipient(mailingId: $mailingId, clientId: $clientId) {
        verdict nextWindowAt explanation message { nextAttemptAt } } }`,
      { mailingId, clientId },
    ),
  );

/** As soon as it is what it will be; gives the last answer. */
async function becomes(mailing: { id: string }, person: Someone, verdict: RecipientVerdict): Promise<Explanation> {
  let seen = await explain(mailing, person);
  const isSo = async (): Promise<boolean> => {
    seen = await explain(mailing, person);
    return seen.verdict === verdict;
  };
  await until(isSo, 30_000, `${verdict}, last ${JSON.stringify(seen)}`);
  return seen;
}

const change = (name: string, id: string, input?: object) =>
  staff.graphql(
    input
      ? `mutation ($id: ID!, $input: UpdateMailingInput!) { ${name}(id: $id, input: $input) { id } }`
      : `mutation ($id: ID!) { ${name}(id: $id) { id } }`,
    { id, ...(input ? { input } : {}) },
  );

/** Open from `from` to `to` minutes after now. */
function window(from: number, to: number): object {
  const clock = (minutes: number): string =>
    soon(minutes * minute)
      .toISOString()
      .slice(11, 16);
  return { from: clock(from), to: clock(to) };
}

it('OUTSIDE_WINDOW: nothing is sent until the window is another one', async () => {
  const person = await someone();
  const mailing = await send(person.tag, { window: window(10, 20) });
  await becomes(mailing, person, 'OUTSIDE_WINDOW');
  const seen = await explain(mailing, person);
  expect(Date.parse(seen.nextWindowAt ?? '')).toBeGreaterThan(Date.now());
  expect(gateway.asked(person.phone)).toEqual([]);
  await change('updateMailing', mailing.id, { window: window(-10, 20) });
  await becomes(mailing, person, 'SENT');
});

it('WINDOW_NEVER_OPENS: the end comes, and nothing was sent', async () => {
  const person = await someone();
  const mailing = await send(person.tag, { window: window(10, 20), endsAt: soon(3_000) });
  expect((await explain(mailing, person)).verdict).toBe('WINDOW_NEVER_OPENS');
  await becomes(mailing, person, 'EXPIRED');
  expect(gateway.asked(person.phone)).toEqual([]);
});

it('BEFORE_START: it is sent once the start has come', async () => {
  const person = await someone();
  const startsAt = soon(2_500);
  const mailing = await send(person.tag, { startsAt });
  expect((await explain(mailing, person)).verdict).toBe('BEFORE_START');
  await becomes(mailing, person, 'SENT');
  expect(gateway.asked(person.phone)[0]).toBeGreaterThanOrEqual(startsAt.getTime());
});

it('PAUSED: it is sent once somebody resumes it', async () => {
  const person = await someone();
  const mailing = await send(person.tag, { startsAt: soon(1_000) });
  await change('pauseMailing', mailing.id);
  await until(() => Date.now() > Date.parse(mailing.startsAt), 5_000, 'its start');
  expect((await explain(mailing, person)).verdict).toBe('PAUSED');
  expect(gateway.asked(person.phone)).toEqual([]);
  await change('resumeMailing', mailing.id);
  await becomes(mailing, person, 'SENT');
});

it('CANCELLED: it never is', async () => {
  const person = await someone();
  const mailing = await send(person.tag, { window: window(10, 20) });
  await becomes(mailing, person, 'OUTSIDE_WINDOW');
  await change('cancelMailing', mailing.id);
  expect((await becomes(mailing, person, 'CANCELLED')).explanation).toMatch(/^The mailing was cancelled/);
  expect(gateway.asked(person.phone)).toEqual([]);
});

it('NOT_IN_FILTER and SUPPRESSED: others are sent to', async () => {
  const [stranger, person] = [await someone(), await someone()];
  const stopped = await someone(person.tag);
  await server.database.query(`insert into suppression (phone, channel, source) values ($1, 'MESSAGE', 'STAFF')`, [
    stopped.phone,
  ]);
  const mailing = await send(person.tag);
  await becomes(mailing, person, 'SENT');
  expect((await explain(mailing, stranger)).verdict).toBe('NOT_IN_FILTER');
  expect((await explain(mailing, stopped)).verdict).toBe('SUPPRESSED');
  expect([...gateway.asked(stranger.phone), ...gateway.asked(stopped.phone)]).toEqual([]);
});

it('RATE_LIMITED: the last of four goes when three had their second', async () => {
  const people = [
    await someone('limited'),
    await someone('limited'),
    await someone('limited'),
    await someone('limited'),
  ];
  const mailing = await send('limited', { rateLimit: 1 });
  await becomes(mailing, people[3] as Someone, 'RATE_LIMITED');
  for (const person of people) await becomes(mailing, person, 'SENT');
  const asked = people.flatMap(({ phone }) => gateway.asked(phone)).sort((one, other) => one - other);
  expect(asked).toHaveLength(4);
  expect((asked[3] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(2_500);
});

it('RETRY_LATER: it is tried again at the moment that is told', async () => {
  const person = await someone();
  gateway.answer(person.phone, says(503, '', { 'retry-after': '2' }));
  const mailing = await send(person.tag);
  const seen = await becomes(mailing, person, 'RETRY_LATER');
  const nextAt = Date.parse(seen.message?.nextAttemptAt ?? '');
  gateway.answer(person.phone, ok);
  await becomes(mailing, person, 'SENT');
  const asked = gateway.asked(person.phone);
  expect(asked).toHaveLength(2);
  expect(asked[1]).toBeGreaterThanOrEqual(nextAt);
});

it('SENDING: the answer decides', async () => {
  const person = await someone();
  const waiting: (() => void)[] = [];
  gateway.answer(person.phone, (socket) => void waiting.push(() => socket.write(response(200, okBody))));
  const mailing = await send(person.tag);
  await until(() => waiting.length === 1, 20_000, 'the gateway is asked');
  expect((await explain(mailing, person)).explanation).toBe(
    'Attempt 1 is under way; its answer decides what comes next.',
  );
  waiting[0]?.();
  await becomes(mailing, person, 'SENT');
});

it('FAILED: it is not asked again', async () => {
  const person = await someone();
  gateway.answer(person.phone, says(400, '{"message":"no such number"}'));
  const mailing = await send(person.tag);
  await becomes(mailing, person, 'FAILED');
  expect(gateway.asked(person.phone)).toHaveLength(1);
});

it('UNCERTAIN: it is not asked again either, where lost answers are held', async () => {
  const person = await someone();
  gateway.answer(person.phone, (socket) => socket.destroy());
  const mailing = await send(person.tag, { onUncertain: 'HOLD' });
  await becomes(mailing, person, 'UNCERTAIN');
  expect(gateway.asked(person.phone)).toHaveLength(1);
});

it('EXPIRED: after the end nothing is begun', async () => {
  const person = await someone();
  gateway.answer(person.phone, hang);
  const endsAt = soon(4_000);
  const mailing = await send(person.tag, { endsAt });
  await becomes(mailing, person, 'EXPIRED');
  expect(gateway.asked(person.phone).every((at) => at < endsAt.getTime())).toBe(true);
});

it('GATEWAY_DOWN: it goes out by itself when the gateway is back', async () => {
  const [first, person] = [await someone(), await someone()];
  gateway.usual = says(401);
  await send(first.tag);
  const mailing = await send(person.tag);
  await becomes(mailing, person, 'GATEWAY_DOWN');
  gateway.usual = ok;
  await becomes(mailing, person, 'SENT');
});
