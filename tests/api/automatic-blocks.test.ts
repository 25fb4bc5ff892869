// Who goes on asking after having been refused is blocked for an hour, by the server itself.
import { blockedIps, blockIp, clientAt, forgetBlocks, forwarded, isTurnedAway, unblockIp } from '../support/blocks.js';
import { describeWithPeer } from '../support/peers.js';
import { until } from '../support/program.js';
import { type TestRedis, testRedis } from '../support/redis.js';
import { client, type TestServer, testServer } from '../support/server.js';

const proxy = '203.0.113.200';
let server: TestServer;
beforeAll(async () => {
  const proxies = `127.0.0.1/32,::1/128,${proxy}/32`;
  server = await testServer({ ROLES: 'web', REQUESTS_PER_MINUTE: '10', TRUSTED_PROXIES: proxies });
});
afterAll(() => server.close());
afterEach(() => forgetBlocks(server));

const list = () => blockedIps(server.admin);
const status = async (address: string): Promise<number> => (await clientAt(server, address).fetch('/')).status;
const isBlocked = (address: string) => isTurnedAway(server, address);

describe('an address that goes on asking after it was refused', () => {
  /** As many as the limit lets through, and as many refusals as are asked for. */
  const insist = async (addresses: readonly string[], refusals: number): Promise<number[]> => {
    const all: number[] = [];
    for (let i = 0; i < 10 + refusals; i++) all.push(await status(addresses[i % addresses.length] ?? ''));
    return all;
  };

  it.each([
    ['203.0.113.41', ['203.0.113.41'], '203.0.113.42', '203.0.113.41/32'],
    ['2001:db8:4:1::/64', ['2001:db8:4:1::1', '2001:db8:4:1:ffff::2'], '2001:db8:4:2::1', '2001:db8:4:1::/64'],
  ])('is blocked for an hour: %s', async (_name, addresses, neighbour, cidr) => {
    expect(await insist(addresses, 9)).toEqual([...Array(10).fill(200), ...Array(9).fill(429)]);
    expect((await list())?.totalCount).toBe(0);
    expect(await status(addresses[0] ?? '')).toBe(429);
    await until(() => isBlocked(addresses[0] ?? ''), 5_000, 'a refusal');
    for (const address of addresses) expect(await isBlocked(address)).toBe(true);
    expect(await isBlocked(neighbour)).toBe(false);
    const [blocked] = (await list())?.nodes ?? [];
    expect(blocked).toMatchObject({ cidr, automatic: true, reason: 'Went on asking after it had been refused.' });
    const length = Date.parse(blocked?.expiresAt ?? '') - Date.parse(blocked?.createdAt ?? '');
    expect(length).toBe(3_600_000);
  });

  it('begins anew when it was unblocked, and what an admin says of it stands', async () => {
    const address = '203.0.113.43';
    await insist([address], 10);
    await until(() => isBlocked(address), 5_000, 'a refusal');
    const id = (await list())?.nodes[0]?.id ?? '';
    await unblockIp(server.admin, id);
    expect([await status(address), await isBlocked(address)]).toEqual([429, false]);
    const said = (await blockIp(server.admin, { cidr: address, reason: 'Ours.' })).data?.blockIp;
    expect(said).toMatchObject({ automatic: false, reason: 'Ours.', expiresAt: null });
  });

  it('is whose tokens were refused, too', async () => {
    const address = '203.0.113.44';
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++)
      statuses.push((await clientAt(server, address, 'wrong').fetch('/api/v1/clients')).status);
    expect(statuses).toEqual([...Array(10).fill(401), ...Array(10).fill(429)]);
    await until(() => isBlocked(address), 5_000, 'a refusal');
  });

  it.each([
    ['127.0.0.1', '203.0.113.45'],
    ['::1', '203.0.113.46'],
    [proxy, '203.0.113.47'],
  ])('is never loopback, or a proxy of ours that names nobody: %s, but %s', async (spared, other) => {
    expect(await insist([spared], 15)).toEqual([...Array(10).fill(200), ...Array(15).fill(429)]);
    await insist([other], 10);
    await until(() => isBlocked(other), 5_000, 'a refusal');
    expect((await list())?.nodes.map(({ cidr }) => cidr)).toEqual([`${other}/32`]);
    expect(await isBlocked(spared)).toBe(false);
  });
});

describeWithPeer('redis', 'refusals over several processes', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis();
  });
  afterAll(() => redis.stop());

  it('are counted together', async () => {
    const settings = { ROLES: 'web', REQUESTS_PER_MINUTE: '1', REDIS_URL: redis.url };
    const processes = await Promise.all([testServer(settings), testServer(settings)]);
    const address = '203.0.113.48';
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) {
      const { url } = processes[i % 2] as TestServer;
      statuses.push((await client(url, undefined, { [forwarded]: address }).fetch('/')).status);
    }
    expect(statuses).toEqual([200, ...Array(10).fill(429)]);
    const blocks = async () =>
      Promise.all(processes.map(({ database }) => database.query('select host(cidr) as ip from blocked_ip')));
    await until(async () => (await blocks()).flat().length > 0, 5_000, 'a block');
    expect((await blocks()).flat()).toEqual([{ ip: address }]);
    await Promise.all(processes.map((process) => process.close()));
  });
});
