// Mailings over GraphQL and REST: what a new one may hold, and how they are listed. No worker runs here.
import {
  anHourAgo,
  codeOf,
  createMailing,
  fieldsOf,
  inAnHour,
  MailingCalls,
  mailingOf,
  told,
} from '../support/mailings.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let staff: Client;
let calls: MailingCalls;

beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  staff = await server.person('OPERATOR');
  calls = new MailingCalls(staff);
});
afterAll(() => server.close());

const mailings = async (): Promise<number> =>
  (await server.database.query<{ n: number }>('select count(*)::int as n from mailing'))[0]?.n ?? 0;

describe('a new mailing', () => {
  it('starts at once where no start is given, and is all that was said', async () => {
    const made = await createMailing(staff, {
      text: 'Привет',
      filter: { operatorCodes: ['900', '901', '900'], tags: ['a'] },
      window: { from: '21:00', to: '06:30', days: ['MON', 'SUN'] },
      rateLimit: 5,
      onUncertain: 'HOLD',
    });
    expect(made).toMatchObject({
      text: 'Привет',
      filter: { operatorCodes: ['900', '901'], tags: ['a'] },
      window: { from: '21:00', to: '06:30', days: ['MON', 'SUN'] },
      rateLimit: 5,
      onUncertain: 'HOLD',
      status: 'RUNNING',
      startedAt: expect.any(String),
      finishedAt: null,
      stats: { planned: 0, queued: 0, perSecond: 0, etaAt: null },
    });
    expect(await mailingOf(staff, made.id)).toEqual(made);
  });

  it('starts at once within its span, and keeps the start that was given', async () => {
    const startsAt = anHourAgo();
    expect(await createMailing(staff, { startsAt })).toMatchObject({ status: 'RUNNING', startsAt });
  });

  it('waits for a start in the future', async () => {
    const made = await createMailing(staff, {
      startsAt: inAnHour(),
      endsAt: new Date(Date.now() + 7_200_000).toISOString(),
    });
    expect(made).toMatchObject({
      status: 'SCHEDULED',
      startedAt: null,
      window: null,
      rateLimit: null,
      onUncertain: 'RETRY',
      filter: { operatorCodes: [], tags: [] },
    });
  });

  const hour = (n: number): string => new Date(Date.now() + n * 3_600_000).toISOString();
  it.each([
    ['an end before the start', { startsAt: hour(2), endsAt: hour(1) }],
    ['an end at the start', { startsAt: '2090-01-01T00:00:00Z', endsAt: '2090-01-01T03:00:00+03:00' }],
    ['an end in the past', { endsAt: hour(-1) }],
    ['an end and a start in the past', { startsAt: hour(-2), endsAt: hour(-1) }],
  ])('T12: is refused with %s, and nothing is stored', async (_what, span) => {
    const before = await mailings();
    const answer = await calls.create({ text: 'Hello', ...span });
    expect([codeOf(answer), fieldsOf(answer)]).toEqual(['BAD_USER_INPUT', ['endsAt']]);
    const response = await calls.rest('POST', '/api/v1/mailings', { text: 'Hello', ...span });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'endsAt' }] });
    expect(await mailings()).toBe(before);
  });

  it.each<[what: string, input: object, field: string]>([
    ['no text', { text: '' }, 'text'],
    ['blanks for a text', { text: ' \n' }, 'text'],
    ['NUL in the text', { text: 'a\0b' }, 'text'],
    ['too long a text', { text: 'x'.repeat(2_001) }, 'text'],
    ['a code of four digits', { filter: { operatorCodes: ['9000'] } }, 'filter.operatorCodes.0'],
    ['a code of letters', { filter: { operatorCodes: ['900', 'abc'] } }, 'filter.operatorCodes.1'],
    [
      'too many codes',
      { filter: { operatorCodes: Array.from({ length: 1_001 }, () => '900') } },
      'filter.operatorCodes',
    ],
    ['too many tags', { filter: { tags: Array.from({ length: 1_001 }, (_, n) => `t${n}`) } }, 'filter.tags'],
    ['too long a tag', { filter: { tags: ['x'.repeat(101)] } }, 'filter.tags.0'],
    ['NUL in a tag', { filter: { tags: ['a\0'] } }, 'filter.tags.0'],
    ['no rate at all', { rateLimit: 0 }, 'rateLimit'],
    ['too high a rate', { rateLimit: 10_001 }, 'rateLimit'],
    ['an empty window', { window: { from: '10:00', to: '10:00' } }, 'window.to'],
    ['no time of day', { window: { from: '24:00', to: '10:00' } }, 'window.from'],
    ['seconds', { window: { from: '09:00', to: '10:00:00' } }, 'window.to'],
    ['no day at all', { window: { from: '09:00', to: '10:00', days: [] } }, 'window.days'],
    ['a day twice', { window: { from: '09:00', to: '10:00', days: ['MON', 'MON'] } }, 'window.days'],
    ['an end beyond all calendars', { endsAt: '9999-12-31T23:59:59-14:00' }, 'endsAt'],
    ['a start before all clocks', { startsAt: '0001-01-01T00:00:00Z' }, 'startsAt'],
  ])('is refused with %s', async (_what, input, field) => {
    const answer = await calls.create({ text: 'Hello', endsAt: inAnHour(), ...input });
    expect([answer.status, codeOf(answer), fieldsOf(answer)]).toEqual([200, 'BAD_USER_INPUT', [field]]);
    const response = await calls.rest('POST', '/api/v1/mailings', { text: 'Hello', endsAt: inAnHour(), ...input });
    expect([response.status, ((await response.json()) as { fields: { path: string }[] }).fields[0]?.path]).toEqual([
      400,
      field,
    ]);
  });

  it.each<[input: object, path: string, message: string]>([
    [{ filter: { tag: 'vip' } }, 'filter.tag', 'unknown; did you mean tags?'],
    [{ filters: { tags: ['vip'] } }, 'filters', 'unknown; did you mean filter?'],
    [{ startAt: '2090-01-01T00:00:00Z' }, 'startAt', 'unknown; did you mean startsAt?'],
    [{ window: { from: '09:00', to: '10:00', day: ['MON'] } }, 'window.day', 'unknown; did you mean days?'],
    [{ idempotencyKey: 'k' }, 'idempotencyKey', 'unknown'],
  ])('with a typo in %j reaches nobody instead of everybody', async (typo, path, message) => {
    const before = await mailings();
    const body = { text: 'Hello', endsAt: inAnHour(), ...typo };
    for (const to of ['/api/v1/mailings', '/api/v1/mailings/rehearse']) {
      const response = await calls.rest('POST', to, body);
      const { code, fields } = (await response.json()) as { code: string; fields: object[] };
      expect([response.status, code, fields]).toEqual([400, 'BAD_USER_INPUT', [{ path, code: 'UNKNOWN', message }]]);
    }
    expect(await mailings()).toBe(before);
  });

  it('is told of all that is wrong at once: a bad text does not hide an end in the past, nor bad days an empty window', async () => {
    const window = { from: '10:00', to: '10:00', days: [] };
    const wrong = { text: '', filter: { operatorCodes: ['9'] }, endsAt: anHourAgo(), window };
    const faults = ['endsAt', 'filter.operatorCodes.0', 'text', 'window.days', 'window.to'];
    const rehearsed = staff.graphql(
      'query ($input: CreateMailingInput!) { rehearseMailing(input: $input) { recipients } }',
      { input: wrong },
    );
    for (const answer of [await calls.create(wrong), await rehearsed]) expect(fieldsOf(answer)).toEqual(faults);
    for (const path of ['/api/v1/mailings', '/api/v1/mailings/rehearse']) {
      const response = await calls.rest('POST', path, { ...wrong, filters: {} });
      const { fields } = (await response.json()) as { fields: { path: string }[] };
      expect(fields.map((field) => field.path).sort()).toEqual([...faults, 'filters'].sort());
    }
  });

  it.each([
    ['20,000 unknown keys', Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`f${n}`, 0]))],
    ['an unknown key of 200 kB', { ['filter'.repeat(33_000)]: 0 }],
    ['20,000 wrong values', { filter: { tags: Array.from({ length: 20_000 }, (_, n) => n) } }],
  ])('with %s costs little and is answered in a few words', async (_what, input) => {
    const costs: number[] = [];
    // The first ones also pay for compilation, and each for whatever the process does beside.
    for (let n = 0; n < 4; n++) {
      const before = process.cpuUsage();
      const response = await calls.rest('POST', '/api/v1/mailings', { text: 'Hello', endsAt: inAnHour(), ...input });
      const { user, system } = process.cpuUsage(before);
      costs.push((user + system) / 1_000);
      expect([response.status, (await response.text()).length < 25_000]).toEqual([400, true]);
    }
    expect(Math.min(...costs)).toBeLessThan(150);
  });

  it.each([
    ['2,000 letters of two units', { text: '𝒳'.repeat(2_000) }],
    [
      'nulls for what may be left out',
      { filter: null, startsAt: null, window: null, rateLimit: null, onUncertain: null },
    ],
    ['a window around midnight', { window: { from: '23:59', to: '00:00' } }],
  ])('takes %s', async (_what, input) => {
    expect((await createMailing(staff, input)).status).toBe('RUNNING');
  });

  it('is made once for each idempotency key, even when its end has passed meanwhile', async () => {
    const input = { text: 'Once', endsAt: inAnHour(), idempotencyKey: 'key-1' };
    const first = told(await calls.create(input));
    expect(told(await calls.create(input)).id).toBe(first.id);
    expect(codeOf(await calls.create({ ...input, text: 'Twice' }))).toBe('CONFLICT');
    const soon = new Date(Date.now() + 1_500).toISOString();
    const short = { text: 'Short', endsAt: soon, idempotencyKey: 'key-2' };
    const made = told(await calls.create(short));
    await new Promise((resolve) => setTimeout(resolve, Date.parse(soon) - Date.now() + 50));
    expect(told(await calls.create(short)).id).toBe(made.id);
    const body = { text: 'Over REST', endsAt: inAnHour() };
    const answers = await Promise.all(
      [1, 2, 3].map(async () =>
        (await calls.rest('POST', '/api/v1/mailings', body, { 'idempotency-key': 'key-3' })).json(),
      ),
    );
    expect(new Set(answers.map((answer) => (answer as { id: string }).id)).size).toBe(1);
  });

  it('leaves an entry in the audit log without what it says', async () => {
    const made = await createMailing(staff, { text: 'a secret' });
    const entries = await server.database.query<{ action: string; detail: unknown }>(
      'select action, detail from audit_entry where subject = $1',
      [`mailing:${made.id}`],
    );
    expect(entries).toEqual([{ action: 'createMailing', detail: null }]);
  });
});

describe('the list', () => {
  it('is narrowed by status, start and text, and pages in both orders', async () => {
    const far = '2095-01-01T00:00:00Z';
    const starts = ['2094-03-01', '2094-01-01', '2094-02-01'].map((day) => `${day}T00:00:00.000Z`);
    const made = [];
    for (const startsAt of starts)
      made.push(await createMailing(staff, { text: `List 100% ${startsAt}`, startsAt, endsAt: far }));
    const ids = made.map(({ id }) => id);
    const asked = async (args: string): Promise<string[]> =>
      told(
        await staff.graphql<Record<string, { nodes: { id: string }[] }>>(`{ mailings(${args}) { nodes { id } } }`),
      ).nodes.map(({ id }) => id);
    const ours = 'filter: { search: "list 100%" }';
    expect(await asked(ours)).toEqual([ids[2], ids[1], ids[0]]);
    expect(await asked(`${ours}, orderBy: STARTS_AT`)).toEqual([ids[1], ids[2], ids[0]]);
    expect(await asked('filter: { search: "list 100_" }')).toEqual([]);
    expect(await asked('filter: { search: "list 100%", status: [RUNNING, PAUSED] }')).toEqual([]);
    expect(await asked('filter: { search: "list 100%", status: [] }')).toHaveLength(3);
    const range = 'startsAt: { from: "2094-02-01T00:00:00Z", to: "2094-03-01T00:00:00Z" }';
    expect(await asked(`filter: { ${range} }`)).toEqual([ids[2]]);
    const page = told(
      await staff.graphql<Record<string, { edges: { cursor: string; node: { id: string } }[]; pageInfo: object }>>(
        `{ mailings(${ours}, orderBy: STARTS_AT, first: 2) { edges { cursor node { id } } pageInfo { hasNextPage } totalCount } }`,
      ),
    );
    expect(page).toMatchObject({ pageInfo: { hasNextPage: true }, totalCount: 3 });
    expect(await asked(`${ours}, orderBy: STARTS_AT, after: ${JSON.stringify(page.edges[1]?.cursor)}`)).toEqual([
      ids[0],
    ]);
    expect(await asked(`${ours}, orderBy: STARTS_AT, last: 1`)).toEqual([ids[0]]);
  });

  it('pages over REST by Link, with the same filters', async () => {
    const query = `search=${encodeURIComponent('list 100%')}&orderBy=STARTS_AT&limit=2&status=SCHEDULED&status=RUNNING`;
    const first = await calls.rest('GET', `/api/v1/mailings?${query}&startsFrom=2094-01-01T00:00:00Z`);
    expect(first.status).toBe(200);
    expect(((await first.json()) as object[]).length).toBe(2);
    const [, next = ''] = /<(.+)>; rel="next"/.exec(first.headers.get('link') ?? '') ?? [];
    const second = await calls.rest('GET', next);
    expect(((await second.json()) as object[]).length).toBe(1);
    expect(second.headers.get('link')).toBeNull();
    expect((await calls.rest('GET', '/api/v1/mailings?status=GONE')).status).toBe(400);
    expect((await calls.rest('GET', '/api/v1/mailings?search=%00')).status).toBe(400);
  });

  it('refuses a search with NUL, and takes a client’s odd cursor for bad input', async () => {
    const nul = await staff.graphql('query ($s: String) { mailings(filter: { search: $s }) { totalCount } }', {
      s: '\0',
    });
    expect([codeOf(nul), fieldsOf(nul)]).toEqual(['BAD_USER_INPUT', ['filter.search']]);
    for (const cursor of [
      'x',
      Buffer.from('["a"]').toString('base64url'),
      Buffer.from('["1","2"]').toString('base64url'),
    ]) {
      const odd = await staff.graphql('query ($c: String) { mailings(after: $c) { nodes { id } } }', { c: cursor });
      expect(codeOf(odd)).toBe('BAD_USER_INPUT');
    }
  });
});
