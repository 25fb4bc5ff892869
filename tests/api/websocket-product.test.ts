// The WebSocket door of the product itself: a socket lives no longer than its token, for whatever reason that ends.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { promisify } from 'node:util';
import { type Client, client, type TestServer, testServer } from '../support/server.js';
import { codeOf, SocketClient } from '../support/socket-client.js';

const alarms = 'subscription { alarms { id kind } }';
let server: TestServer;
beforeAll(async () => {
  server = await testServer({ REQUESTS_PER_MINUTE: '10', USER_REQUESTS_PER_MINUTE: '60' });
});
afterAll(() => server.close());

const opened: SocketClient[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.end();
});

function open(address = '203.0.113.1'): SocketClient {
  const headers = { 'x-forwarded-for': address };
  const socket = new SocketClient(`${server.url.replace(/^http/, 'ws')}/graphql`, undefined, { headers });
  opened.push(socket);
  return socket;
}

const connect = (as?: Pick<Client, 'accessToken'>): Promise<SocketClient> => open().ready(as?.accessToken);

const endings: [name: string, end: (person: Awaited<ReturnType<TestServer['person']>>) => Promise<unknown>][] = [
  [
    'signing out',
    ({ graphql, refreshToken }) =>
      graphql('mutation ($token: String!) { signOut(refreshToken: $token) }', { token: refreshToken }),
  ],
  [
    'being disabled',
    ({ id }) => server.admin.graphql('mutation ($id: ID!) { updateUser(id: $id, disabled: true) { id } }', { id }),
  ],
  [
    'a reset of the password',
    ({ id }) => server.admin.graphql('mutation ($id: ID!) { resetPassword(userId: $id) }', { id }),
  ],
];

describe('a socket of the product', () => {
  it.each(endings)('closes 4403 within 2 s of %s, with its subscription', async (_name, end) => {
    const person = await server.person('VIEWER');
    const socket = await connect(person);
    const neighbour = await connect(server.admin);
    for (const one of [socket, neighbour]) one.subscribe('1', alarms);
    expect(await end(person)).not.toHaveProperty('errors');
    const since = performance.now();
    expect((await socket.closed).code).toBe(4403);
    expect(performance.now() - since).toBeLessThan(2_000);
    neighbour.subscribe('2', '{ errorCodes { code } }');
    expect(codeOf(await neighbour.first(({ id }) => id === '2'))).toBe('BAD_USER_INPUT');
  });

  it('closes 4403 when its API token is revoked', async () => {
    const token = await server.token('READ');
    const socket = await connect(token);
    socket.subscribe('1', alarms);
    const listed = await server.admin.graphql<{ apiTokens: { id: string }[] }>('{ apiTokens { id } }');
    for (const { id } of listed.data?.apiTokens ?? []) {
      await server.admin.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) { id } }', { id });
    }
    expect((await socket.closed).code).toBe(4403);
  });

  it('denies what the policy table does not open, and runs no mutation', async () => {
    const nobody = await connect();
    const imei = await connect(await server.token('IMEI_CHECK'));
    nobody.subscribe('1', alarms);
    imei.subscribe('1', alarms);
    nobody.subscribe('2', 'mutation { signOut(refreshToken: "x") }');
    expect(codeOf(await nobody.first(({ id }) => id === '1'))).toBe('UNAUTHENTICATED');
    expect(codeOf(await imei.first(({ id }) => id === '1'))).toBe('FORBIDDEN');
    expect(codeOf(await nobody.first(({ id }) => id === '2'))).toBe('BAD_USER_INPUT');
  });

  it('names the variable that holds half of a surrogate pair', async () => {
    const socket = await connect(server.admin);
    const query = 'subscription ($id: ID!) { importProgress(id: $id) { id } }';
    socket.say({ id: '1', type: 'subscribe', payload: { query, variables: { id: '\ud800' } } });
    const answer = await socket.first(({ id }) => id === '1');
    expect(codeOf(answer)).toBe('BAD_USER_INPUT');
    expect(answer.payload).toMatchObject([{ extensions: { fields: [{ path: 'id', code: 'MALFORMED_TEXT' }] } }]);
  });

  it('leaves a request that merely offers HTTP/2 to HTTP', async () => {
    const headers = {
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': '',
      'content-type': 'application/json',
    };
    const status = await new Promise((resolve, reject) => {
      const asked = request(`${server.url}/graphql`, { method: 'POST', headers }, ({ statusCode }) =>
        resolve(statusCode),
      );
      asked.once('error', reject);
      asked.end('{"query":"{ __typename }"}');
    });
    expect(status).toBe(200);
  });

  it('says at once that a token is wrong or has ended', async () => {
    const { accessToken, graphql, refreshToken } = await server.person('VIEWER');
    await graphql('mutation ($t: String!) { signOut(refreshToken: $t) }', { t: refreshToken });
    for (const token of [`sb_at_${'0'.repeat(49)}`, accessToken]) {
      const socket = open();
      await socket.opened;
      socket.say({ type: 'connection_init', payload: { Authorization: `Bearer ${token}` } });
      const reason = 'The token is unknown, expired or revoked.';
      expect(await socket.closed).toMatchObject({ code: 4403, reason });
    }
  });

  it('the client of the README prints that its token is wrong and gives up', async () => {
    const program = readmeClient().replace('127.0.0.1:4000', new URL(server.url).host);
    const args = ['--input-type=module', '-e', program, 'wrong', '1'];
    await expect(promisify(execFile)(process.execPath, args, { timeout: 10_000 })).rejects.toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: 'The stream ended: The token is unknown, expired or revoked.\n',
    });
  });
});

/** As the README writes it into a file. */
function readmeClient(): string {
  const [, program] = /<<'END'\n(import .*?)^END$/ms.exec(readFileSync('README.md', 'utf8')) ?? [];
  if (!program) throw new Error('README.md has no client of a subscription');
  return program;
}

describe('documents over sockets count like requests', () => {
  const syntaxError = 'no document';
  const ask = async (times: number, as: Client): Promise<number[]> => {
    const all: number[] = [];
    for (let i = 0; i < times; i++) all.push((await as.fetch('/api/v1/tokens')).status);
    return all;
  };
  const codes = async (socket: SocketClient, from: number, to: number) => {
    for (let id = from; id <= to; id++) socket.subscribe(String(id), syntaxError);
    await socket.first(({ id }) => id === String(to));
    return Array.from({ length: to - from + 1 }, (_, n) => codeOf(socket.of(String(from + n))[0] ?? {}));
  };
  const limited = (times: number) => Array(times).fill('RATE_LIMITED');
  const read = (times: number) => Array(times).fill('BAD_USER_INPUT');
  const at = (address: string, token?: string) => client(server.url, token, { 'x-forwarded-for': address });

  it('of the address where nobody signed in, however many sockets they come from and before they are read', async () => {
    const address = '203.0.113.21';
    await ask(6, at(address));
    const sockets = await Promise.all([open(address).ready(), open(address).ready()]);
    expect(await codes(sockets[0], 1, 2)).toEqual(read(2));
    expect(await codes(sockets[1], 1, 3)).toEqual([...read(2), ...limited(1)]);
    const refused = sockets[1].of('3')[0];
    expect(refused).toMatchObject({
      type: 'error',
      payload: [{ message: expect.stringContaining('try again in'), extensions: { retryAfter: expect.any(Number) } }],
    });
    expect(await ask(1, at(address))).toEqual([429]);
    sockets[1].say({ type: 'ping' });
    await sockets[1].first(({ type }) => type === 'pong');
    expect(await codes(await open('203.0.113.22').ready(), 1, 1)).toEqual(read(1));
  });

  it('of the person who signed in, wherever they come from', async () => {
    const { accessToken } = await server.person('VIEWER');
    await ask(40, at('203.0.113.23', accessToken));
    const sockets = [await open('203.0.113.24').ready(accessToken), await open('203.0.113.25').ready(accessToken)];
    for (const socket of sockets) expect(await codes(socket, 1, 10)).toEqual(read(10));
    expect(await codes(sockets[0] ?? open(), 11, 12)).toEqual(limited(2));
    expect(await ask(1, at('203.0.113.26', accessToken))).toEqual([429]);
  });

  it('and a socket that goes on regardless of refusals is closed', async () => {
    const spared = '127.0.0.21';
    await ask(10, at(spared));
    const socket = await open(spared).ready();
    for (let id = 1; id <= 51; id++) socket.subscribe(String(id), syntaxError);
    expect(await socket.closed).toMatchObject({ code: 4429, reason: 'Too many requests' });
  });
});
