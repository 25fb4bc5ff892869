// Who finds whom in the directory, in which order, and what those find who may not see numbers.
import {
  addClient,
  type ClientList,
  codeOf,
  createClient,
  faultsOf,
  findClient,
  listClients,
  phonesOf,
  sendJson,
  someone,
} from '../support/clients.js';
import { type Client as Asking, client, type GraphqlAnswer, type TestServer, testServer } from '../support/server.js';

let server: TestServer;
let operator: Asking;
let viewer: Asking;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
  operator = await server.person('OPERATOR');
  viewer = await server.person('VIEWER');
});
afterAll(() => server.close());
afterEach(() => server.database.query('truncate client, lead, suppression'));

describe('lists', () => {
  beforeEach(async () => {
    await addClient(operator, { phone: '79001110003', tag: 'vip', name: 'Anna_1' });
    await addClient(operator, { phone: '79161110001', tag: 'new', name: 'Boris' });
    await addClient(operator, { phone: '79001110002', tag: 'new' });
    await addClient(operator, { phone: '79261110004', tag: '100%' });
  });

  it('are newest first, oldest first, or by number', async () => {
    const oldest = ['79001110003', '79161110001', '79001110002', '79261110004'];
    expect(await phonesOf(operator, {})).toEqual([...oldest].reverse());
    expect(await phonesOf(operator, { orderBy: null, filter: null })).toEqual([...oldest].reverse());
    expect(await phonesOf(operator, { orderBy: 'OLDEST' })).toEqual(oldest);
    expect(await phonesOf(operator, { orderBy: 'PHONE' })).toEqual([...oldest].sort());
  });

  it.each(['NEWEST', 'OLDEST', 'PHONE'])('page both ways in the order %s', async (orderBy) => {
    const all = await phonesOf(operator, { orderBy });
    for (const as of [operator, viewer]) {
      const seen: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const answer: GraphqlAnswer<{ clients: ClientList }> = await listClients(as, { orderBy, first: 3, after });
        const page: ClientList | undefined = answer.data?.clients;
        seen.push(...(page?.nodes.map(({ id }) => id) ?? []));
        expect(page?.totalCount).toBe(4);
        after = page?.pageInfo.endCursor ?? null;
        more = page?.pageInfo.hasNextPage ?? false;
      }
      const whole = (await listClients(as, { orderBy })).data?.clients;
      expect(seen).toEqual(whole?.nodes.map(({ id }) => id));
      const back = await listClients(as, { orderBy, last: 3, before: whole?.edges.at(-1)?.cursor });
      expect(back.data?.clients.nodes).toHaveLength(3);
      expect(back.data?.clients.nodes[0]?.id).toBe(whole?.nodes[0]?.id);
    }
    expect(all).toHaveLength(4);
  });

  it.each<[object, string[]]>([
    [{}, ['79001110002', '79001110003', '79161110001', '79261110004']],
    [{ operatorCodes: [], tags: null, search: '' }, ['79001110002', '79001110003', '79161110001', '79261110004']],
    [{ operatorCodes: ['900'] }, ['79001110002', '79001110003']],
    [{ operatorCodes: ['900', '926'] }, ['79001110002', '79001110003', '79261110004']],
    [{ operatorCodes: ['900'], tags: ['new'] }, ['79001110002']],
    [{ tags: ['nobody has it'] }, []],
    [{ search: 'bORIS' }, ['79161110001']],
    [{ search: 'new' }, ['79001110002', '79161110001']],
    [{ search: 'new', operatorCodes: ['916'] }, ['79161110001']],
    [{ search: '%' }, ['79261110004']],
    [{ search: '_' }, ['79001110003']],
    [{ search: '\\' }, []],
    [{ search: '111' }, ['79001110002', '79001110003', '79161110001', '79261110004']],
    [{ search: '0002' }, ['79001110002']],
    [{ search: '+7 (916) 111-00-01' }, ['79161110001']],
    [{ search: '8 916 111 00 01' }, ['79161110001']],
    [{ search: "'; drop table client; --" }, []],
  ])('find by %j', async (filter, found) => {
    expect(await phonesOf(operator, { filter, orderBy: 'PHONE' })).toEqual(found);
    expect((await listClients(operator, { filter })).data?.clients.totalCount).toBe(found.length);
  });

  it.each<[object, string]>([
    [{ search: '\u0000' }, 'filter.search'],
    [{ search: 'x'.repeat(201) }, 'filter.search'],
    [{ tags: ['\u0000'] }, 'filter.tags.0'],
    [{ operatorCodes: ['9000'] }, 'filter.operatorCodes.0'],
  ])('refuse the filter %j', async (filter, path) => {
    const refused = await listClients(operator, { filter });
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', [path]]);
  });

  it.each([
    'x',
    '',
    '[]',
    Buffer.from('["1","2","3"]').toString('base64url'),
    Buffer.from('["\\u0000"]').toString('base64url'),
  ])('know no cursor %j', async (after) => {
    for (const orderBy of ['NEWEST', 'PHONE']) {
      const refused = await listClients(operator, { after, orderBy });
      expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', ['after']]);
    }
  });

  it.each(['["x"]', '["9223372036854775808"]', '[""]', '["1.5"]'])('know no id %s', async (key) => {
    const refused = await listClients(operator, { after: Buffer.from(key).toString('base64url') });
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', ['after']]);
  });

  it('tell which tags and operator codes there are, and how many have them', async () => {
    const { data } = await viewer.graphql('{ clientTags { key count } operatorCodes { key count } }');
    expect(data).toEqual({
      clientTags: [
        { key: 'new', count: 2 },
        { key: '100%', count: 1 },
        { key: 'vip', count: 1 },
      ],
      operatorCodes: [
        { key: '900', count: 2 },
        { key: '916', count: 1 },
        { key: '926', count: 1 },
      ],
    });
  });

  it('show on which channels each must not be contacted', async () => {
    await operator.graphql(
      'mutation { a: suppress(phone: "+79001110003", channels: [CALL, MESSAGE]) { id } b: suppress(phone: "8 916 111-00-01", channels: [CALL]) { id } }',
    );
    const { data } = await listClients(operator, { orderBy: 'PHONE' });
    expect(data?.clients.nodes.map(({ suppressed }) => suppressed)).toEqual([[], ['MESSAGE', 'CALL'], ['CALL'], []]);
  });
});

describe('those who see masked numbers', () => {
  let token: Asking;
  beforeAll(async () => {
    const { data } = await viewer.graphql<{ createApiToken: { secret: string } }>(
      'mutation { createApiToken(name: "t", scopes: [READ, MAILINGS]) { secret } }',
    );
    token = client(server.url, data?.createApiToken.secret);
  });
  beforeEach(async () => {
    await addClient(operator, { phone: '79001119999', name: 'Anna' });
    await addClient(operator, { phone: '79162228888', name: 'Boris 7' });
    await addClient(operator, { phone: '79260007777', name: 'Clara' });
  });

  it('see the last four digits, in every answer and in no cursor more', async () => {
    for (const as of [viewer, token]) {
      for (const orderBy of ['PHONE', 'NEWEST']) {
        const { data, errors } = await listClients(as, { orderBy });
        expect(errors).toBeUndefined();
        expect(data?.clients.nodes.map(({ phone }) => phone)).toEqual(['•••••••7777', '•••••••8888', '•••••••9999']);
        const cursors = data?.clients.edges.map(({ cursor }) => Buffer.from(cursor, 'base64url').toString());
        expect(JSON.stringify(cursors)).not.toMatch(/\d{9}/);
      }
      const rest = await as.fetch('/api/v1/clients?orderBy=PHONE&limit=1');
      expect(await rest.json()).toMatchObject([{ phone: '•••••••7777', name: 'Clara' }]);
      const next = /after=([\w-]+)/.exec(rest.headers.get('link') ?? '')?.[1] ?? '';
      expect(Buffer.from(next, 'base64url').toString()).toMatch(/^\["7777","\d+"\]$/);
      const id = data(await listClients(as, { filter: { search: 'Anna' } })).clients.nodes[0]?.id ?? '';
      expect((await findClient(as, id))?.phone).toBe('•••••••9999');
      expect(await (await as.fetch(`/api/v1/clients/${id}`)).json()).toMatchObject({ phone: '•••••••9999' });
    }
    expect(await phonesOf(await server.token('READ'), { orderBy: 'PHONE' })).toEqual([
      ...['79001119999', '79162228888', '79260007777'],
    ]);
  });

  it.each<[string, number]>([
    ['79001119999', 0],
    ['+7 900 111-99-99', 0],
    ['900', 0],
    ['111', 0],
    ['99', 0],
    ['19999', 0],
    ['1999', 0],
    ['9999', 1],
    ['Boris', 1],
    ['7', 1],
  ])('find by %j nobody whom digits alone would give away', async (search, found) => {
    for (const as of [viewer, token]) {
      expect(await phonesOf(as, { filter: { search } })).toHaveLength(found);
      const rest = await as.fetch(`/api/v1/clients?search=${encodeURIComponent(search)}`);
      expect(await rest.json()).toHaveLength(found);
    }
  });

  it('can’t go on from a cursor that holds a number', async () => {
    for (const key of [['79001119999'], ['79001119999', '1', '1']]) {
      const after = Buffer.from(JSON.stringify(key)).toString('base64url');
      const refused = await listClients(viewer, { orderBy: 'PHONE', after });
      expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', ['after']]);
    }
  });

  it('change nothing', async () => {
    for (const as of [viewer, token]) {
      expect(codeOf(await createClient(as, { ...someone }))).toBe('FORBIDDEN');
      expect((await sendJson(as, { method: 'POST', path: '/api/v1/clients', body: someone })).status).toBe(403);
      expect((await sendJson(as, { method: 'PATCH', path: '/api/v1/clients/1', body: {} })).status).toBe(403);
      expect((await as.fetch('/api/v1/clients/1', { method: 'DELETE' })).status).toBe(403);
    }
  });

  const data = (answer: GraphqlAnswer<{ clients: ClientList }>) => answer.data as { clients: ClientList };
});
