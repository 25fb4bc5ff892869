// Why one person was, or was not, reached: each verdict with the rows that lead to it, over GraphQL. No worker runs here; what
// workers tell of themselves is put into their table.
import type { RecipientVerdict } from '../../src/entities/mailing.enums.js';
import { told } from '../support/mailings.js';
import { type Client, type GraphqlAnswer, type TestServer, testServer } from '../support/server.js';

interface Explanation {
  readonly matched: boolean;
  readonly localTime: string;
  readonly windowOpen: boolean;
  readonly nextWindowAt: string | null;
  readonly suppressed: boolean;
  readonly message: { readonly id: string; readonly phone: string; readonly status: string } | null;
  readonly verdict: RecipientVerdict;
  readonly explanation: string;
}

type Columns = Readonly<Record<string, unknown>>;

interface Situation {
  readonly client?: Columns;
  readonly mailing?: Columns;
  /** Null: there is none. */
  readonly message?: Columns | null;
}

let server: TestServer;
let staff: Client;
let phones = 79_000_000_000;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
});
afterAll(() => server.close());
beforeEach(() => tellWorkers('CLOSED'));

const minutes = 60_000;
const fromNow = (ms: number): Date => new Date(Date.now() + ms);
/** Whole minutes of the day in UTC. */
const clock = (moment: Date): number => moment.getUTCHours() * 60 + moment.getUTCMinutes();

/** They stay in sight however long a test takes. */
async function tellWorkers(...breakers: string[]): Promise<void> {
  await server.database.query('delete from gateway_worker');
  await server.database.query(
    `insert into gateway_worker (worker, name, breaker, concurrency, success_rate, p95_ms, per_second, seen_at)
     select 'worker ' || n, 'messages', breaker, 64, 1, 50, 100, now() + interval '1 hour'
     from unnest($1::text[]) with ordinality as w (breaker, n)`,
    [breakers],
  );
}

async function insert(table: string, columns: Columns): Promise<string> {
  const names = Object.keys(columns);
  const [row] = await server.database.query<{ id: string }>(
    `insert into ${table} (${names.join(', ')}) values (${names.map((_, i) => `$${i + 1}`).join(', ')}) returning id`,
    Object.values(columns),
  );
  return row?.id ?? '';
}

/** RUNNING for everybody since an hour, for another one; one message of a person in UTC waits in it, and two of others. */
async function situation({ client = {}, mailing = {}, message = {} }: Situation = {}): Promise<[string, string]> {
  const phone = String(phones++);
  const clientId = await insert('client', { phone, operator_code: '900', tag: 'a', timezone: 'UTC', ...client });
  const status = String(message?.status ?? 'QUEUED').toLowerCase();
  const counters = status === 'queued' || !message ? { queued: 3 } : { queued: 2, [status]: 1 };
  const mailingId = await insert('mailing', {
    ...{ starts_at: fromNow(-60 * minutes), started_at: fromNow(-60 * minutes), ends_at: fromNow(60 * minutes) },
    ...{ status: 'RUNNING', planned_at: fromNow(-60 * minutes), planned: 3, ...counters },
    ...mailing,
  });
  await server.database.query(`insert into mailing_text values ($1, 1, 'Hello')`, [mailingId]);
  await server.database.query(`insert into mailing_zone values ($1, 1, 'UTC', 'epoch', null)`, [mailingId]);
  if (message) {
    const usual = { zone: 1, status: 'QUEUED', attempts: 0 };
    await insert('message', { mailing_id: mailingId, client_id: clientId, phone, ...usual, ...message });
  }
  return [mailingId, clientId];
}

const ask = (mailingId: string, clientId: string, as = staff): Promise<GraphqlAnswer<Record<string, Explanation>>> =>
  as.graphql(
    `query ($mailingId: ID!, $clientId: ID!) { explainRecipient(mailingId: $mailingId, clientId: $clientId) {
      matched localTime windowOpen nextWindowAt suppressed message { id phone status } verdict explanation } }`,
    { mailingId, clientId },
  );
const explain = async (given?: Situation): Promise<Explanation> => told(await ask(...(await situation(given))));

const opensIn2Hours = (): Columns => ({
  window_from: clock(fromNow(120 * minutes)),
  window_to: clock(fromNow(180 * minutes)),
});

describe('while it waits', () => {
  it('goes out when its turn comes, where nothing holds it back', async () => {
    const seen = await explain();
    expect(seen).toMatchObject({
      ...{ verdict: 'SENDING', matched: true, windowOpen: true, nextWindowAt: null, suppressed: false },
      message: { status: 'QUEUED' },
    });
    expect(seen.localTime).toMatch(/^\d\d:\d\d$/);
  });

  it.each([
    [['OPEN', 'OPEN'], 'GATEWAY_DOWN'],
    [['OPEN', 'HALF_OPEN'], 'SENDING'],
    [[], 'NO_WORKER'],
  ] satisfies [string[], RecipientVerdict][])('asks the workers: breakers %j are %s', async (breakers, verdict) => {
    await tellWorkers(...breakers);
    expect((await explain()).verdict).toBe(verdict);
  });

  it('is kept by the limit while more wait than it lets through', async () => {
    const limited = { rate_limit: 1, rate_tokens: 0, rate_at: fromNow(60 * minutes) };
    const seen = await explain({ mailing: limited });
    expect(seen.verdict).toBe('RATE_LIMITED');
    expect(seen.explanation).toBe(
      '3 wait in this mailing, and its limit lets 1 a second through; it goes out when its turn comes.',
    );
    // A full bucket of 1 + 5 for three.
    expect((await explain({ mailing: { rate_limit: 50 } })).verdict).toBe('SENDING');
  });

  it('is tried again later', async () => {
    const seen = await explain({ message: { next_at: fromNow(10 * minutes), attempts: 2, last_error: '503' } });
    expect(seen.verdict).toBe('RETRY_LATER');
    expect(seen.explanation).toMatch(/^Attempt 2 did not succeed \(503\); it is tried again at .* \(UTC\)\.$/);
  });

  it('waits for its window, and says when it opens', async () => {
    const window = opensIn2Hours();
    const seen = await explain({ mailing: { ...window, ends_at: fromNow(240 * minutes) } });
    expect(seen).toMatchObject({ verdict: 'OUTSIDE_WINDOW', windowOpen: false });
    expect(clock(new Date(seen.nextWindowAt ?? 0))).toBe(window.window_from);
    expect(Date.parse(seen.nextWindowAt ?? '')).toBeLessThanOrEqual(Date.now() + 120 * minutes);
    expect(seen.explanation).toContain(`it opens at ${seen.nextWindowAt?.slice(0, 16).replace('T', ' ')} (UTC).`);
  });

  it('waits in vain where its window does not open again before the end', async () => {
    const seen = await explain({ mailing: opensIn2Hours() });
    expect(seen).toMatchObject({ verdict: 'WINDOW_NEVER_OPENS', windowOpen: false, nextWindowAt: null });
  });

  it('looks at the clock where the person lives', async () => {
    const inKathmandu = new Date(Date.now() + 345 * minutes);
    const columns = { window_from: (clock(inKathmandu) + 1_420) % 1_440, window_to: (clock(inKathmandu) + 20) % 1_440 };
    const there = await explain({ client: { timezone: 'Asia/Kathmandu' }, mailing: columns });
    expect(there).toMatchObject({ verdict: 'SENDING', windowOpen: true });
    const minutesLater = Array.from({ length: 3 }, (_, n) => new Date(inKathmandu.getTime() + n * minutes));
    expect(minutesLater.map((moment) => moment.toISOString().slice(11, 16))).toContain(there.localTime);
    expect((await explain({ mailing: columns })).verdict).toBe('WINDOW_NEVER_OPENS');
  });

  it('is held while the mailing is paused', async () => {
    expect((await explain({ mailing: { status: 'PAUSED' } })).verdict).toBe('PAUSED');
  });

  it('is too late so close to the end', async () => {
    expect((await explain({ mailing: { ends_at: fromNow(4_000) } })).verdict).toBe('EXPIRED');
  });

  it('is not sent to a number that must not be contacted', async () => {
    const [mailingId, clientId] = await situation();
    await server.database.query(
      `insert into suppression (phone, channel, source) select phone, 'MESSAGE', 'STAFF' from client where id = $1`,
      [clientId],
    );
    expect(told(await ask(mailingId, clientId))).toMatchObject({ verdict: 'SUPPRESSED', suppressed: true });
  });
});

describe('before the start', () => {
  const scheduled: Columns = {
    ...{ status: 'SCHEDULED', started_at: null, planned_at: null, planned: 0, queued: 0 },
    ...{ starts_at: fromNow(30 * minutes), ends_at: fromNow(240 * minutes) },
  };

  it('says when it starts, and when the window opens then', async () => {
    const seen = await explain({ mailing: { ...scheduled, ...opensIn2Hours() }, message: null });
    expect(seen).toMatchObject({ verdict: 'BEFORE_START', matched: true, message: null });
    expect(seen.explanation).toMatch(/^The mailing starts at .* \(UTC\), and their window opens at .* \(UTC\)\.$/);
  });

  it('is told of one that was paused before', async () => {
    const ends = { ends_at: fromNow(240 * minutes), starts_at: fromNow(30 * minutes), queued: 0, planned: 0 };
    const seen = await explain({
      mailing: { ...scheduled, ...ends, status: 'PAUSED', planned_at: null },
      message: null,
    });
    expect(seen.verdict).toBe('PAUSED');
  });
});

describe('without a message', () => {
  it('does not match the filter', async () => {
    const seen = await explain({ mailing: { tags: ['b'] }, message: null });
    expect(seen).toMatchObject({ verdict: 'NOT_IN_FILTER', matched: false, message: null });
  });

  it('joined after the audience had been put together', async () => {
    const seen = await explain({ mailing: { tags: ['a'], operator_codes: ['900'] }, message: null });
    expect(seen).toMatchObject({ verdict: 'NOT_IN_FILTER', matched: true });
    expect(seen.explanation).toContain('joined after the audience had been put together');
  });

  it('had a mailing that was cancelled before it started', async () => {
    const seen = await explain({
      mailing: { status: 'CANCELLED', planned_at: null, started_at: null, planned: 0, queued: 0 },
      message: null,
    });
    expect(seen.verdict).toBe('CANCELLED');
  });
});

describe('at last', () => {
  const cases: [string, Columns, RecipientVerdict, RegExp][] = [
    ['is under way', { next_at: 'infinity', attempts: 2 }, 'SENDING', /^Attempt 3 /],
    [
      'was sent',
      { status: 'SENT', sent_at: fromNow(-minutes) },
      'SENT',
      /^The gateway took the message at .* \(UTC\)\.$/,
    ],
    ['was refused', { status: 'FAILED', last_error: 'no such number' }, 'FAILED', /\(no such number\)/],
    ['is held', { status: 'UNCERTAIN', last_error: 'timeout' }, 'UNCERTAIN', /may have been sent/],
    ['came too late', { status: 'EXPIRED' }, 'EXPIRED', /end of the mailing/],
    ['was put aside', { status: 'SUPPRESSED' }, 'SUPPRESSED', /must not be contacted/],
    ['was taken back', { status: 'CANCELLED' }, 'CANCELLED', /taken back/],
  ];

  it.each(cases)('%s', async (_, message, verdict, sentence) => {
    const seen = await explain({ message });
    expect(seen).toMatchObject({ verdict, message: { status: verdict } });
    expect(seen.explanation).toMatch(sentence);
  });

  it.each([
    ['the mailing was cancelled', { mailing: { status: 'CANCELLED' } }, /^The mailing was cancelled/],
    ['the person was deleted', { client: { hidden_at: fromNow(-minutes) } }, /^This person was deleted/],
    ['the person left the audience', { mailing: { tags: ['b'] } }, /^This person left the audience/],
  ] satisfies [string, Situation, RegExp][])('was taken back because %s', async (_, given, sentence) => {
    const seen = await explain({ ...given, message: { status: 'CANCELLED' } });
    expect(seen.verdict).toBe('CANCELLED');
    expect(seen.explanation).toMatch(sentence);
  });
});

describe('who may ask', () => {
  it('a VIEWER, who sees four digits of the number', async () => {
    const viewer = await server.person('VIEWER');
    const seen = told(await ask(...(await situation({ message: { phone: '79161234567' } })), viewer));
    expect(seen.message?.phone).toBe('•••••••4567');
    expect(seen.explanation).not.toMatch(/7916/);
  });

  it('tokens with READ or MAILINGS, and nobody else', async () => {
    const [mailingId, clientId] = await situation();
    const doors = [
      await server.token('READ'),
      await server.token('MAILINGS'),
      await server.token('CALLS'),
      server.nobody,
    ];
    const codes = await Promise.all(
      doors.map(async (as) => (await ask(mailingId, clientId, as)).errors?.[0]?.extensions.code),
    );
    expect(codes).toEqual([undefined, undefined, 'FORBIDDEN', 'UNAUTHENTICATED']);
  });

  it('and what is not there is not found', async () => {
    const [mailingId, clientId] = await situation();
    const gone = await situation({ client: { hidden_at: new Date() }, message: null });
    const deleted = await situation({
      mailing: { hidden_at: new Date(), status: 'COMPLETED', queued: 0, planned: 0 },
      message: null,
    });
    for (const pair of [[mailingId, '999999'], ['999999', clientId], ['x', clientId], [mailingId, '0'], gone, deleted])
      expect((await ask(...(pair as [string, string]))).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });
});
