// Addresses that nothing is answered to, because an admin said so: for how long, at which doors, and whose address it is that counts.
import pg from 'pg';
import { AddressBlocks } from '../../src/domain/leads/address-blocks.js';
import { createLogger } from '../../src/shared/logger.js';
import { blockedIps, blockIp, clientAt, forgetBlocks, forwarded, isTurnedAway, unblockIp } from '../support/blocks.js';
import { codeOf, faultsOf } from '../support/clients.js';
import { testDatabase } from '../support/database.js';
import { endPool } from '../support/end-pool.js';
import { newAddress } from '../support/lead-doors.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { SocketClient, upgradeStatus } from '../support/socket-client.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer({ ROLES: 'web' });
});
afterAll(() => server.close());
afterEach(() => forgetBlocks(server));

const block = (variables: object, as: Client = server.admin) => blockIp(as, variables);
const unblock = (id: string, as: Client = server.admin) => unblockIp(as, id);
const list = (variables: object = {}) => blockedIps(server.admin, variables);
const at = (address: string, token?: string) => clientAt(server, address, token);
const status = async (address: string, path = '/'): Promise<number> => (await at(address).fetch(path)).status;
const isBlocked = (address: string) => isTurnedAway(server, address);
const port = () => Number(new URL(server.url).port);

describe('a blocked address', () => {
  it('is answered 403 at every door, in the words of the door', async () => {
    const address = newAddress();
    await block({ cidr: address });
    const graphql = await at(address).graphql('{ __typename }');
    expect(graphql).toMatchObject({
      status: 403,
      errors: [{ extensions: { code: 'FORBIDDEN', reasons: ['ADDRESS_BLOCKED'] } }],
    });
    const rest = await at(address).fetch('/api/v1/clients');
    expect([rest.status, rest.headers.get('content-type')]).toEqual([
      403,
      expect.stringContaining('application/problem+json'),
    ]);
    expect(await rest.json()).toMatchObject({ code: 'FORBIDDEN', reasons: ['ADDRESS_BLOCKED'] });
    for (const path of ['/', '/docs/', '/openapi.json', '/metrics', '/nowhere', '/api/create/client'])
      expect([path, await status(address, path)]).toEqual([path, 403]);
    const signIn = await at(address).fetch('/oauth/token', { method: 'POST', body: new URLSearchParams() });
    expect(signIn.status).toBe(403);
    expect(await upgradeStatus(port(), '/graphql', { [forwarded]: address })).toBe(403);
  });

  it('is told apart from its neighbours, and probes are answered to it', async () => {
    await block({ cidr: '203.0.113.7' });
    expect([await status('203.0.113.8'), await status('203.0.113.6')]).toEqual([200, 200]);
    expect(await upgradeStatus(port(), '/graphql', { [forwarded]: '203.0.113.8' })).toBe(101);
    expect([await status('203.0.113.7', '/livez'), await status('203.0.113.7', '/readyz')]).toEqual([200, 200]);
  });

  it('is turned away before a token is looked at, a right one or a wrong one', async () => {
    const operator = await server.person('OPERATOR');
    const address = newAddress();
    await block({ cidr: address });
    for (const token of [operator.accessToken, 'wrong']) {
      const { errors } = await at(address, token).graphql('{ viewer { user { id } } }');
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', reasons: ['ADDRESS_BLOCKED'] });
    }
    expect((await operator.graphql('{ viewer { user { id } } }')).data).toMatchObject({ viewer: {} });
  });

  it('loses the sockets that it has, and nobody else does', async () => {
    const address = newAddress();
    const open = (from: string) =>
      new SocketClient(`${server.url.replace('http', 'ws')}/graphql`, undefined, { headers: { [forwarded]: from } });
    const [socket, neighbour] = await Promise.all([open(address).ready(), open(newAddress()).ready()]);
    await block({ cidr: address });
    expect(await socket.closed).toMatchObject({ code: 4403, reason: 'Address blocked' });
    neighbour.say({ type: 'ping' });
    await neighbour.first(({ type }) => type === 'pong');
    neighbour.end();
  });

  it.each([
    ['203.0.113.77/24', '203.0.113.0/24', ['203.0.113.0', '203.0.113.255'], ['203.0.112.255', '203.0.114.0']],
    ['::ffff:203.0.113.7', '203.0.113.7/32', ['203.0.113.7', '::ffff:203.0.113.7'], ['::cb00:7107']],
    ['2001:DB8:1:2::/64', '2001:db8:1:2::/64', ['2001:db8:1:2:ffff::9', '2001:db8:1:2::'], ['2001:db8:1:3::1']],
    ['2001:db8::7', '2001:db8::7/128', ['2001:db8::7'], ['2001:db8::8']],
  ])('may be one of a range: %s', async (cidr, spelled, inside, outside) => {
    expect((await block({ cidr })).data?.blockIp.cidr).toBe(spelled);
    for (const address of inside) expect([address, await isBlocked(address)]).toEqual([address, true]);
    for (const address of outside) expect([address, await isBlocked(address)]).toEqual([address, false]);
  });

  it('is answered again once it is unblocked', async () => {
    const address = newAddress();
    const id = (await block({ cidr: address })).data?.blockIp.id ?? '';
    expect(await isBlocked(address)).toBe(true);
    expect((await unblock(id)).data).toEqual({ unblockIp: true });
    expect(await isBlocked(address)).toBe(false);
    expect(codeOf(await unblock(id))).toBe('NOT_FOUND');
  });

  it('is answered again when its time is over, and leaves the list', async () => {
    const address = newAddress();
    const expiresAt = new Date(Date.now() + 1_500).toISOString();
    expect((await block({ cidr: address, expiresAt })).data?.blockIp.expiresAt).toBe(expiresAt);
    expect(await isBlocked(address)).toBe(true);
    expect((await list())?.totalCount).toBe(1);
    await until(async () => !(await isBlocked(address)), 5_000, 'an answer');
    expect(await list()).toMatchObject({ nodes: [], totalCount: 0 });
    // And may be blocked anew, as if it had never been.
    const again = (await block({ cidr: address })).data?.blockIp;
    expect(again).toMatchObject({ hits: 0, expiresAt: null });
    expect(await isBlocked(address)).toBe(true);
  });

  it('is noticed by other processes within seconds, and so is the end of it', async () => {
    const address = newAddress();
    await server.database.query("insert into blocked_ip (cidr, reason) values ($1::cidr, 'Elsewhere.')", [address]);
    await until(() => isBlocked(address), 7_000, 'a refusal');
    await server.database.query('truncate blocked_ip');
    await until(async () => !(await isBlocked(address)), 7_000, 'an answer');
  });

  it('has its hits counted', async () => {
    const address = newAddress();
    await block({ cidr: address });
    await Promise.all(Array.from({ length: 7 }, () => status(address)));
    await upgradeStatus(port(), '/graphql', { [forwarded]: address });
    await until(async () => (await list())?.nodes[0]?.hits === 8, 5_000, '8 hits');
    expect(await (await at(newAddress()).fetch('/metrics')).text()).toMatch(
      /limiter_rejections_total\{limit="blocked"\} \d+/,
    );
  });

  it('stays blocked however many the server blocks by itself', async () => {
    await block({ cidr: '203.0.113.7' });
    await server.database.query(
      `insert into blocked_ip (cidr, reason, automatic, expires_at)
       select ('10.0.0.0'::inet + n)::cidr, 'Test.', true, now() + interval '1 hour' from generate_series(1, 20000) n`,
    );
    await server.app.parts.addressBlocks.reload();
    expect([await isBlocked('203.0.113.7'), await isBlocked('10.0.78.32'), await isBlocked('203.0.113.8')]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('stays blocked while the database is away', async () => {
    const database = await testDatabase();
    const pool = new pg.Pool({ connectionString: database.url });
    pool.on('error', () => undefined);
    await database.query("insert into blocked_ip (cidr, reason) values ('203.0.113.7', 'Test.')");
    const blocks = new AddressBlocks({
      db: { rows: async (sql, params = []) => (await pool.query(sql, [...params])).rows },
      log: createLogger({ level: 'silent', format: 'json' }),
      onHit: () => undefined,
    });
    await blocks.start();
    await database.drop();
    await blocks.reload();
    expect([blocks.turnsAway('203.0.113.7'), blocks.turnsAway('203.0.113.8')]).toEqual([true, false]);
    await blocks.close();
    await endPool(pool);
  });
});

describe('blockIp', () => {
  it.each<[object, string[]]>([
    [{ cidr: '' }, ['cidr']],
    [{ cidr: 'example.com' }, ['cidr']],
    [{ cidr: '203.0.113.7/33' }, ['cidr']],
    [{ cidr: '203.0.113.7\u0000' }, ['cidr']],
    [{ cidr: '9'.repeat(100) }, ['cidr']],
    [{ cidr: "203.0.113.7'; drop table lead" }, ['cidr']],
    [{ cidr: '203.0.113.7', reason: ' ' }, ['reason']],
    [{ cidr: '203.0.113.7', reason: 'a\u0000b' }, ['reason']],
    [{ cidr: '203.0.113.7', reason: 'x'.repeat(201) }, ['reason']],
    [{ cidr: '203.0.113.7', expiresAt: '2020-01-01T00:00:00Z' }, ['expiresAt']],
    [{ cidr: '203.0.113.7', expiresAt: 'tomorrow' }, ['expiresAt']],
    [{ cidr: 'x', reason: '', expiresAt: '2020-01-01T00:00:00Z' }, ['cidr', 'reason', 'expiresAt']],
  ])('is refused with %j', async (input, faults) => {
    const refused = await block(input);
    expect([codeOf(refused), faultsOf(refused)]).toEqual(['BAD_USER_INPUT', faults]);
    expect((await list())?.totalCount).toBe(0);
  });

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7', '203.0.113.0/24'],
    ['203.0.113.7', '0.0.0.0/0'],
    ['203.0.113.7', '::ffff:203.0.113.7'],
    ['2001:db8:1:2::9', '2001:db8::/32'],
  ])('locks nobody out who asks for it: from %s of %s', async (address, cidr) => {
    const refused = await block({ cidr }, at(address, server.admin.accessToken));
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reasons: ['OWN_ADDRESS'] });
    expect((await list())?.totalCount).toBe(0);
    expect(await isBlocked(address)).toBe(false);
  });

  it('of what is blocked already replaces what was said of it', async () => {
    const cidr = '203.0.113.0/24';
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const first = (await block({ cidr, reason: 'A flood.', expiresAt })).data?.blockIp;
    const second = (await block({ cidr: '203.0.113.9/24', reason: ' Another. ' })).data?.blockIp;
    expect(second).toEqual({ ...first, reason: 'Another.', expiresAt: null });
    expect((await list())?.nodes).toEqual([second]);
  });

  it('and unblockIp are for admins, and leave entries without the address or the reason', async () => {
    await server.database.query('truncate audit_entry');
    const id = (await block({ cidr: '203.0.113.7', reason: 'A flood.' })).data?.blockIp.id ?? '';
    for (const as of [await server.person('OPERATOR'), await server.token('READ', 'LEADS_READ', 'LEADS_WRITE')]) {
      expect(codeOf(await block({ cidr: '203.0.113.8' }, as))).toBe('FORBIDDEN');
      expect(codeOf(await unblock(id, as))).toBe('FORBIDDEN');
      expect(codeOf(await as.graphql('{ blockedIps { totalCount } }'))).toBe('FORBIDDEN');
    }
    expect(codeOf(await block({ cidr: '203.0.113.8' }, server.nobody))).toBe('UNAUTHENTICATED');
    await unblock(id);
    const entries = await server.database.query<object>(
      "select action, subject, detail from audit_entry where action like '%blockIp' order by id",
    );
    expect(entries).toEqual([
      { action: 'blockIp', subject: `blockedIp:${id}`, detail: { changed: ['cidr', 'reason', 'expiresAt'] } },
      { action: 'unblockIp', subject: `blockedIp:${id}`, detail: null },
    ]);
  });

  it.each(['0', '-1', '9223372036854775808', 'abc', '', '\u0000'])('nothing is unblocked by the id %j', async (id) => {
    expect(codeOf(await unblock(id))).toBe('NOT_FOUND');
  });
});

it('blockedIps pages, newest first', async () => {
  for (const cidr of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) await block({ cidr });
  const page = await list({ first: 2 });
  expect(page?.nodes.map(({ cidr }) => cidr)).toEqual(['203.0.113.3/32', '203.0.113.2/32']);
  expect(page?.totalCount).toBe(3);
  const rest = await list({ first: 2, after: page?.edges[1]?.cursor });
  expect(rest?.nodes.map(({ cidr }) => cidr)).toEqual(['203.0.113.1/32']);
});

describe('whose address counts', () => {
  it('is not for a peer to say that nobody trusts: forged headers neither help nor harm', async () => {
    const direct = await testServer({ ROLES: 'web', TRUSTED_PROXIES: '' });
    const forged = (address: string) =>
      fetch(direct.url, { headers: { [forwarded]: address, forwarded: `for=${address}`, 'x-real-ip': address } });
    await direct.database.query(
      "insert into blocked_ip (cidr, reason) values ('203.0.113.7', 'Test.'), ('127.0.0.1', 'Test.')",
    );
    await direct.app.parts.addressBlocks.reload();
    expect([(await forged('203.0.113.8')).status, (await fetch(direct.url)).status]).toEqual([403, 403]);
    await direct.database.query("delete from blocked_ip where cidr = '127.0.0.1'");
    await direct.app.parts.addressBlocks.reload();
    expect((await forged('203.0.113.7')).status).toBe(200);
    await direct.close();
  });

  it('is the nearest that our own proxies name, whatever was written further out', async () => {
    await block({ cidr: '203.0.113.7' });
    for (const header of ['203.0.113.7', '198.51.100.1, 203.0.113.7', 'unknown, 203.0.113.7', '127.0.0.1,203.0.113.7'])
      expect([header, await status(header)]).toEqual([header, 403]);
    for (const header of ['203.0.113.7, 198.51.100.2', '203.0.113.7, 198.51.100.2, 127.0.0.1'])
      expect([header, await status(header)]).toEqual([header, 200]);
    expect(await upgradeStatus(port(), '/graphql', { [forwarded]: '198.51.100.1, 203.0.113.7' })).toBe(403);
    expect(await upgradeStatus(port(), '/graphql', { [forwarded]: '203.0.113.7, 198.51.100.3' })).toBe(101);
  });
});
