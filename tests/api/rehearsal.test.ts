// Rehearsals over GraphQL and REST: whom they count, what they say, and that following their advice reaches all. Mailings lie in
// March 2031, so that the moment of the test does not matter.
import type { CreateMailingInput } from '../../src/domain/mailings/mailing.inputs.js';
import { inAnHour, told } from '../support/mailings.js';
import { type Client, type GraphqlAnswer, type TestServer, testServer } from '../support/server.js';

interface RehearsalSeen {
  readonly recipients: number;
  readonly suppressed: number;
  readonly segments: number;
  readonly finishesAt: string | null;
  readonly willMiss: number;
  readonly reasons: readonly { readonly key: string; readonly count: number }[];
  readonly curve: readonly { readonly at: string; readonly done: number }[];
  readonly advice: string | null;
}

type Input = Omit<Partial<CreateMailingInput>, 'startsAt' | 'endsAt'> & { startsAt?: string | null; endsAt?: string };

let server: TestServer;
let staff: Client;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  await people(60, { tag: 'gold', code: '901', timezone: 'Europe/Moscow' });
  await people(30, { tag: 'gold', code: '902', timezone: 'Asia/Vladivostok' });
  await people(10, { tag: 'basic', code: '902', timezone: 'Europe/Moscow' });
});
afterAll(() => server.close());
afterEach(() => server.database.query('delete from gateway_worker'));

async function people(count: number, { tag = '', code = '900', timezone = 'UTC' }): Promise<void> {
  await server.database.query(
    `insert into client (phone, operator_code, tag, timezone)
     select '79' || lpad((n + (select count(*) from client))::text, 9, '0'), $2, $3, $4 from generate_series(1, $1::int) n`,
    [count, code, tag, timezone],
  );
}

/** Monday 2031-03-03, noon in Moscow, for an hour. */
const monday: Input = { text: 'Hello', startsAt: '2031-03-03T09:00:00Z', endsAt: '2031-03-03T10:00:00Z' };

const ask = (input: Input, as = staff): Promise<GraphqlAnswer<Record<string, RehearsalSeen>>> =>
  as.graphql(
    `query ($input: CreateMailingInput!) { rehearseMailing(input: $input) {
      recipients suppressed segments finishesAt willMiss reasons { key count } curve { at done } advice } }`,
    { input: { ...monday, ...input } },
  );
const rehearse = async (input: Input = {}): Promise<RehearsalSeen> => told(await ask(input));
const post = (input: Input, as = staff): Promise<Response> =>
  as.fetch('/api/v1/mailings/rehearse', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...monday, ...input }),
  });
const worker = (perSecond: number, seen = 'now()'): Promise<object[]> =>
  server.database.query(
    `insert into gateway_worker (worker, name, breaker, concurrency, success_rate, p95_ms, per_second, seen_at)
     values (gen_random_uuid()::text, 'messages', 'CLOSED', 64, 1, 50, $1, ${seen})`,
    [perSecond],
  );

describe('the audience', () => {
  it.each([
    ['everybody', undefined, 100],
    ['one tag', { tags: ['gold'] }, 90],
    ['one of two codes', { operatorCodes: ['901', '902'] }, 100],
    ['a code and a tag', { operatorCodes: ['902'], tags: ['gold'] }, 30],
    ['nobody', { tags: ['silver'] }, 0],
  ])('counts %s', async (_, filter, recipients) => {
    expect(await rehearse({ filter })).toMatchObject({
      recipients,
      suppressed: 0,
      willMiss: 0,
      reasons: [],
      advice: null,
    });
  });

  it('counts those apart who must not be contacted, and leaves deleted ones out', async () => {
    await people(5, { tag: 'private' });
    await server.database.query(
      `insert into suppression (phone, channel, source)
       select phone, channel, 'STAFF' from (select phone, row_number() over (order by id) as n from client where tag = 'private') c
         join (values (1, 'MESSAGE'), (2, 'MESSAGE'), (2, 'CALL'), (3, 'CALL')) as s (n, channel) using (n)`,
    );
    await server.database.query(
      `update client set hidden_at = now() where id = (select max(id) from client where tag = 'private')`,
    );
    expect(await rehearse({ filter: { tags: ['private'] } })).toMatchObject({ recipients: 2, suppressed: 2 });
    await server.database.query(`delete from client where tag = 'private'`);
  });

  it('stores nothing', async () => {
    await rehearse();
    const [rows] = await server.database.query(
      'select (select count(*) from mailing)::int as mailings, (select count(*) from message)::int as messages',
    );
    expect(rows).toEqual({ mailings: 0, messages: 0 });
  });
});

describe('the speed', () => {
  it('is 500 a second where no worker has told of itself lately', async () => {
    await worker(7, "now() - interval '6 minutes'");
    expect((await rehearse()).finishesAt).toBe('2031-03-03T09:00:00.200Z');
  });

  it('is what the workers could do together, and 500 for one that has sent nothing yet', async () => {
    await worker(4);
    await worker(6, "now() - interval '4 minutes'");
    expect((await rehearse()).finishesAt).toBe('2031-03-03T09:00:10.000Z');
    await worker(0);
    expect((await rehearse()).finishesAt).toBe('2031-03-03T09:00:00.196Z');
  });

  it('is the limit where that is less', async () => {
    const { finishesAt, curve } = await rehearse({ rateLimit: 2 });
    expect(finishesAt).toBe('2031-03-03T09:00:50.000Z');
    expect(curve).toEqual([
      { at: '2031-03-03T09:00:00.000Z', done: 0 },
      { at: '2031-03-03T09:00:50.000Z', done: 100 },
    ]);
  });

  it('begins now where no start is given', async () => {
    const before = Date.now();
    const { finishesAt } = told<RehearsalSeen>(
      await staff.graphql('query ($input: CreateMailingInput!) { rehearseMailing(input: $input) { finishesAt } }', {
        input: { text: 'Hello', endsAt: inAnHour(), rateLimit: 10 },
      }),
    );
    const taken = Date.parse(finishesAt ?? '') - 10_000;
    expect(taken).toBeGreaterThanOrEqual(before);
    expect(taken).toBeLessThanOrEqual(Date.now());
  });
});

describe('the text', () => {
  it.each([
    ['Hello', 1],
    ['a'.repeat(161), 2],
    ['Привет', 1],
    ['я'.repeat(135), 3],
  ])('is counted in segments: %s', async (text, segments) => {
    expect((await rehearse({ text })).segments).toBe(segments);
  });
});

describe('those who would miss', () => {
  const cases: [string, Input, Partial<RehearsalSeen>, string][] = [
    [
      'by their window',
      { window: { from: '09:00', to: '18:00' } },
      { willMiss: 30, finishesAt: null, reasons: [{ key: 'WINDOW_NEVER_OPENS', count: 30 }] },
      'Widen the window from 09:00–18:00 to 09:00–19:05 to reach 30 more.',
    ],
    [
      'by the weekday',
      { filter: { tags: ['basic'] }, window: { from: '09:00', to: '18:00', days: ['TUE'] } },
      { willMiss: 10, reasons: [{ key: 'WINDOW_NEVER_OPENS', count: 10 }] },
      'Move the end from 2031-03-03T10:00:00Z to 2031-03-04T06:01:00Z to reach 10 more.',
    ],
    [
      'by the limit',
      { endsAt: '2031-03-03T09:00:50Z', rateLimit: 1, filter: { operatorCodes: ['901'] } },
      // 45 s at one a second, the last just before.
      { willMiss: 16, reasons: [{ key: 'RATE_LIMIT', count: 16 }] },
      'Raise the limit from 1 to 2 messages a second to reach 16 more.',
    ],
    [
      'by the limit where a later end is less of a change',
      { endsAt: '2031-03-03T09:00:50Z', rateLimit: 1 },
      { willMiss: 56, reasons: [{ key: 'RATE_LIMIT', count: 56 }] },
      'Move the end from 2031-03-03T09:00:50Z to 2031-03-03T09:02:00Z to reach 56 more.',
    ],
  ];

  it.each(cases)('%s are told, and reached where the advice is followed', async (_, input, expected, advice) => {
    const seen = await rehearse(input);
    expect(seen).toMatchObject(expected);
    expect(seen.advice).toBe(advice);
    expect(await rehearse({ ...input, ...advised(input, advice) })).toMatchObject({
      recipients: seen.recipients,
      willMiss: 0,
      advice: null,
    });
  });

  it('are told where the workers are too slow', async () => {
    await worker(1);
    const seen = await rehearse({ endsAt: '2031-03-03T09:01:20Z', rateLimit: 100 });
    expect(seen).toMatchObject({ willMiss: 26, reasons: [{ key: 'CAPACITY', count: 26 }] });
    expect(seen.advice).toBe('Move the end from 2031-03-03T09:01:20Z to 2031-03-03T09:02:00Z to reach 26 more.');
  });

  it('are told where their window is too short', async () => {
    await worker(1);
    const seen = await rehearse({ endsAt: '2031-03-03T18:00:00Z', window: { from: '12:30', to: '12:31' } });
    // In Vladivostok it is 16:00 at the start: never. In Moscow a minute at one a second, the last just before.
    expect(seen.reasons).toEqual([
      { key: 'WINDOW_NEVER_OPENS', count: 30 },
      { key: 'WINDOW_TOO_SHORT', count: 10 },
    ]);
  });
});

function advised(input: Input, advice: string): Input {
  const [, from = '', to = ''] = /to (\d\d:\d\d)–(\d\d:\d\d)/.exec(advice) ?? [];
  if (from) return { window: { ...input.window, from, to } };
  const endsAt = /^Move .* to (\S+Z) /.exec(advice)?.[1];
  return endsAt ? { endsAt } : { rateLimit: Number(/ to (\d+) messages/.exec(advice)?.[1]) };
}

describe('REST', () => {
  it('says the same', async () => {
    const input: Input = { window: { from: '09:00', to: '18:00' }, rateLimit: 3 };
    const answer = await post(input);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(await rehearse(input));
  });
});

describe('what is refused', () => {
  it.each([
    ['an end that has passed', { startsAt: null, endsAt: '2020-01-01T00:00:00Z' }, 'endsAt'],
    ['an end before the start', { endsAt: '2031-03-03T08:59:00Z' }, 'endsAt'],
    ['an empty window', { window: { from: '09:00', to: '09:00' } }, 'window.to'],
    ['no text', { text: ' ' }, 'text'],
    ['NUL in the text', { text: 'a\0b' }, 'text'],
    ['NUL in a tag', { filter: { tags: ['\0'] } }, 'filter.tags.0'],
    ['no limit at all', { rateLimit: 0 }, 'rateLimit'],
  ] satisfies [string, Input, string][])('%s', async (_, input: Input, path) => {
    const { errors } = await ask(input);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
    const answer = await post(input);
    expect([answer.status, await answer.json()]).toMatchObject([400, { code: 'BAD_USER_INPUT' }]);
  });

  it('is open to those who may send, over both doors', async () => {
    const viewer = await server.person('VIEWER');
    const doors = [viewer, server.nobody, await server.token('READ'), await server.token('MAILINGS')];
    const codes = await Promise.all(
      doors.map(async (as) => [(await ask({}, as)).errors?.[0]?.extensions.code, (await post({}, as)).status]),
    );
    expect(codes).toEqual([
      ['FORBIDDEN', 403],
      ['UNAUTHENTICATED', 401],
      ['FORBIDDEN', 403],
      [undefined, 200],
    ]);
  });
});
