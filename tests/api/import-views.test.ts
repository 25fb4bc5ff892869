// An import as people and tokens see it: accepted, listed, watched, its problems, and whose it is.
import { systemViewer } from '../../src/auth/viewer.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { subscribe } from '../support/subscription.js';
import { finished, imported, type SeenImport, send } from '../support/uploads.js';

let server: TestServer;
let staff: Client;
let next = 0;

beforeAll(async () => {
  server = await testServer();
  staff = await server.person('OPERATOR');
});
afterAll(() => server.close());

/** A number that nobody has yet. */
const number = (): string => `7913${String(next++).padStart(7, '0')}`;

const fields = 'id kind fileName total processed created updated rejected finishedAt error';

describe('an import', () => {
  it('is accepted at once, says where it is, and leaves an entry in the audit log', async () => {
    const answer = await send(staff, `${number()}\n`);
    const { id } = (await answer.json()) as SeenImport;
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/api/v1/imports/${id}`]);
    const [entry] = await server.database.query<{ actor: string }>(
      "select actor, action from audit_entry where subject = 'import:' || $1",
      [id],
    );
    expect(entry).toEqual({ actor: expect.stringMatching(/^person:/), action: 'importClients' });
  });

  it('comes once for the same Idempotency-Key and the same file', async () => {
    const file = `${number()}\n`;
    const headers = { 'idempotency-key': `key-${next}` };
    const first = (await (await send(staff, file, { headers })).json()) as SeenImport;
    const again = (await (await send(staff, file, { headers })).json()) as SeenImport;
    expect(again.id).toBe(first.id);
    const other = await send(staff, `${number()}\n`, { headers });
    expect([other.status, ((await other.json()) as { reasons: string[] }).reasons]).toEqual([
      409,
      ['IDEMPOTENCY_KEY_REUSED'],
    ]);
    expect(await server.database.query('select from import where received_at is null')).toEqual([]);
  });

  it('shows its first hundred problems, and all of them behind a link that works by itself', async () => {
    const { id } = await imported(staff, `phone\n${'x\n'.repeat(150)}`);
    const { data } = await staff.graphql<{ import: SeenImport }>(
      `query ($id: ID!) { import(id: $id) { ${fields} problems { row field message } problemsUrl } }`,
      { id },
    );
    expect(data?.import.problems).toHaveLength(100);
    expect(data?.import.problems[0]).toEqual({ row: 2, field: 'phone', message: 'expected 7XXXXXXXXXX, 11 digits' });
    const url = data?.import.problemsUrl ?? '';
    const answer = await server.nobody.fetch(url);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('content-disposition')]).toEqual([
      200,
      'text/csv; charset=utf-8',
      `attachment; filename="import-${id}-problems.csv"`,
    ]);
    const lines = (await answer.text()).split('\r\n');
    expect(lines.slice(0, 2)).toEqual([
      '"row","field","value","message"',
      '"2","phone","x","expected 7XXXXXXXXXX, 11 digits"',
    ]);
    expect(lines).toHaveLength(152);
    expect((await server.nobody.fetch(url.replace(/.$/, (end) => (end === 'A' ? 'E' : 'A')))).status).toBe(401);
    expect((await server.nobody.fetch(url.replace(/expires=\d+/, 'expires=9999999999'))).status).toBe(401);
    expect((await server.nobody.fetch(url.replace(/imports\/\d+/, 'imports/1'))).status).toBe(401);
    expect((await staff.fetch(`/api/v1/imports/${id}/problems.csv`)).status).toBe(200);
    expect((await (await server.person('VIEWER')).fetch(`/api/v1/imports/${id}/problems.csv`)).status).toBe(403);
  });

  it('tells which columns it did not read, though every row was taken', async () => {
    const seen = await imported(staff, `phone;vip;TAG;Дата рождения\n${number()};yes;gold;1990-01-01\n`);
    const message = 'this column is not read; those that are: phone, tag';
    expect(seen).toMatchObject({ created: 1, rejected: 0, error: null });
    expect(seen.problems).toEqual([
      { row: 1, field: 'vip', message },
      { row: 1, field: 'Дата рождения', message },
    ]);
    const lines = (await (await server.nobody.fetch(seen.problemsUrl ?? '')).text()).split('\r\n');
    expect(lines).toEqual([
      '"row","field","value","message"',
      `"1","vip","","${message}"`,
      `"1","Дата рождения","","${message}"`,
      '',
    ]);
  });

  it('tells of the first cell that it did not read where no line names the columns', async () => {
    const seen = await imported(staff, `${number()}\n${number()},vip\n${number()},gold\n`);
    const message = 'only the first cell is read, here and in other rows: no line names the columns';
    expect([seen.created, seen.problems]).toEqual([3, [{ row: 2, field: null, message }]]);
  });

  it('tells nothing where every column was read', async () => {
    const seen = await imported(staff, `phone,operator_code,tag,timezone,name\n${number()},,,,\n`);
    expect([seen.problems, seen.problemsUrl]).toEqual([[], null]);
  });

  it('shows in the file of problems what stood there, without marks and without formulas', async () => {
    const bad = `=cmd|' /C calc'!A0\u202e`;
    const seen = await imported(staff, `phone,timezone\n"${bad}",UTC+3\n8 900,\n${'9'.repeat(300)},\n`);
    const text = await (await server.nobody.fetch(seen.problemsUrl ?? '')).text();
    const values = text.split('\r\n').map((line) => line.split('","').slice(0, 3).join(' ').replace('"', ''));
    expect(values.slice(1)).toEqual([
      `2 phone '=cmd|' /C calc'!A0`,
      '2 timezone UTC+3',
      '3 phone 8 900',
      `4 phone ${'9'.repeat(200)}`,
      '',
    ]);
    expect(JSON.stringify(seen.problems)).not.toContain('calc');
  });

  it.each([
    ['report\u202efdp.csv', 'reportfdp.csv'],
    ['C:\\people\\a\u0000b\u200bc\u2028.csv', 'abc.csv'],
    ['ivan_79001234567.csv', 'ivan_•••••••4567.csv'],
    ['+7 (900) 123-45-67 and 356735111052198.csv', '•••••••4567 and •••••••••••2198.csv'],
    ['ivan.petrov@example.com.csv', '•••@•••.csv'],
    ['clients 2026-12-01 (2).csv', 'clients 2026-12-01 (2).csv'],
    [`${'я'.repeat(300)}.csv`, 'я'.repeat(200)],
  ])('of a file called %j is called %j', async (name, shown) => {
    expect((await imported(staff, `${number()}\n`, { name })).fileName).toBe(shown);
  });

  it('is seen by staff, by the token that brought it, and by no other token', async () => {
    const [mine, other] = [await server.token('MAILINGS'), await server.token('MAILINGS', 'READ')];
    const { id } = await imported(mine, `${number()}\nx\n`);
    const find = `query ($id: ID!) { import(id: $id) { id } imports(first: 100) { nodes { id } totalCount } }`;
    for (const one of [mine, staff, server.admin]) {
      const { data } = await one.graphql<{ import: unknown; imports: { nodes: unknown[] } }>(find, { id });
      expect(data?.import).toEqual({ id });
      expect(data?.imports.nodes).toContainEqual({ id });
    }
    expect((await mine.graphql(find, { id })).data).toMatchObject({ imports: { totalCount: 1 } });
    expect((await other.graphql(find, { id })).data).toEqual({ import: null, imports: { nodes: [], totalCount: 0 } });
    expect((await other.fetch(`/api/v1/imports/${id}`)).status).toBe(404);
    expect((await other.fetch(`/api/v1/imports/${id}/problems.csv`)).status).toBe(404);
    const refused = await (await server.token('READ')).graphql(find, { id });
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await send(await server.token('READ'), `${number()}\n`)).status).toBe(403);
    expect((await send(server.nobody, `${number()}\n`)).status).toBe(401);
  });

  it.each(['0', '99999999999999999999', 'x', '../1', '1%00'])('is not there under the id %s', async (id) => {
    expect((await staff.graphql('query ($id: ID!) { import(id: $id) { id } }', { id })).data).toEqual({ import: null });
    expect((await staff.fetch(`/api/v1/imports/${encodeURIComponent(id)}`)).status).toBe(404);
  });

  it('pages with the others of its kind, newest first', async () => {
    await imported(staff, `${number()}\n`, { to: 'suppressions' });
    await imported(staff, `${number()}\n`, { to: 'suppressions' });
    const query = `query ($after: String) {
    imports(kind: SUPPRESSIONS, first: 1, after: $after) { nodes { id kind } pageInfo { hasNextPage endCursor } }
  }`;
    type Page = { imports: { nodes: SeenImport[]; pageInfo: { endCursor: string; hasNextPage: boolean } } };
    const first = (await staff.graphql<Page>(query)).data?.imports;
    const second = (await staff.graphql<Page>(query, { after: first?.pageInfo.endCursor })).data?.imports;
    expect(first?.pageInfo.hasNextPage).toBe(true);
    expect([first?.nodes[0]?.kind, second?.nodes[0]?.kind]).toEqual(['SUPPRESSIONS', 'SUPPRESSIONS']);
    expect(Number(first?.nodes[0]?.id)).toBeGreaterThan(Number(second?.nodes[0]?.id));
  });

  it('is watched from its present state to its end', async () => {
    const rows = Array.from({ length: 20_000 }, number);
    const { id } = (await (await send(staff, rows.join('\n'))).json()) as SeenImport;
    const seen = await subscribe<{ importProgress: SeenImport }>(
      server.url,
      staff,
      `subscription ($id: ID!) { importProgress(id: $id) { ${fields} problems { row } problemsUrl } }`,
      { id },
    );
    await until(() => seen.events.at(-1)?.importProgress.finishedAt != null, 30_000, 'the end of the import');
    await seen.close();
    const states = seen.events.map(({ importProgress }) => importProgress);
    expect(states.at(-1)).toMatchObject({ id, total: 20_000, processed: 20_000, created: 20_000, error: null });
    for (const { processed, created, updated, rejected } of states)
      expect(processed).toBe(created + updated + rejected);
    const steps = states.map(({ processed }) => processed);
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect(steps.length).toBeGreaterThan(1);
  });

  it('is not to be watched by who may not see it', async () => {
    const { id } = await imported(staff, `${number()}\n`);
    const watch = 'subscription ($id: ID!) { importProgress(id: $id) { id } }';
    const codes: unknown[] = [];
    for (const [as, of] of [
      [await server.token('MAILINGS'), id],
      [staff, '999999'],
      [await server.person('VIEWER'), id],
    ] as const) {
      const seen = await subscribe(server.url, as, watch, { id: of });
      await until(() => seen.outcome.errors !== undefined, 5_000, 'a refusal');
      codes.push(seen.outcome.errors?.[0]?.extensions?.code);
      await seen.close();
    }
    expect(codes).toEqual(['NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN']);
  });

  it('is counted once, however many read it at the same time', async () => {
    const rows = Array.from({ length: 6_000 }, (_, i) => (i % 100 === 7 ? 'x' : number()));
    const { id } = (await (await send(staff, rows.join('\n'))).json()) as SeenImport;
    const read = () =>
      server.app.unit(systemViewer('test'), ({ imports }) => imports.continue(AbortSignal.timeout(30_000)));
    await Promise.all([read(), read(), read()]);
    expect(await finished(staff, id)).toMatchObject({ processed: 6_000, created: 5_940, updated: 0, rejected: 60 });
    const [told] = await server.database.query('select count(*)::int as n from import_problem where import_id = $1', [
      id,
    ]);
    expect(told).toEqual({ n: 60 });
  });
});
