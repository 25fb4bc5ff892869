// The WebSocket door of the product itself: a socket lives no longer than its token, for whatever reason that ends.
import { request } from 'node:http';
import { type Client, type TestServer, testServer } from '../support/server.js';
import { codeOf, SocketClient } from '../support/socket-client.js';

const alarms = 'subscription { alarms { id kind } }';
let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

const opened: SocketClient[] = [];
afterEach(() => {
  for (const socket of opened.splice(0)) socket.end();
});

function open(): SocketClient {
  const socket = new SocketClient(`${server.url.replace(/^http/, 'ws')}/graphql`);
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

  it('knows no token that was never given', async () => {
    const socket = open();
    await socket.opened;
    socket.say({ type: 'connection_init', payload: { Authorization: `Bearer sb_access_${'x'.repeat(49)}` } });
    expect((await socket.closed).code).toBe(4403);
  });
});
