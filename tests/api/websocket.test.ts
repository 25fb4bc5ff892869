// The WebSocket door over real sockets: the rows T18 and T19 of hostile inputs, and who may open a socket.
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { allowedOrigins } from '../../src/server/origins.js';
import { recordedLog } from '../support/http-server.js';
import { codeOf, SocketClient, until, upgradeStatus } from '../support/socket-client.js';
import { greeted, person, withToyDoor } from '../support/toy-socket-door.js';

const open = 'subscription { open { id phone } }';

describe('T18: the protocol', () => {
  it('closes 4408 when nothing is said for 3 ± 1 s', () =>
    withToyDoor({}, async ({ url }) => {
      const { code, afterMs } = await new SocketClient(url).closed;
      expect(code).toBe(4408);
      expect(afterMs).toBeGreaterThan(2_000);
      expect(afterMs).toBeLessThan(4_000);
    }));

  const mistakes: [name: string, code: number, mistake: (socket: SocketClient) => Promise<void>][] = [
    ['4401 for a subscription before the acknowledgement', 4401, async (socket) => socket.subscribe('1', open)],
    ['4400 for what is no JSON', 4400, async (socket) => socket.say('{')],
    [
      '4400 for a message of no known type',
      4400,
      async (socket) => socket.say({ type: 'start', id: '1', payload: {} }),
    ],
    [
      '4409 for an id in use',
      4409,
      async (socket) => {
        await socket.ready();
        socket.subscribe('1', open);
        socket.subscribe('1', open);
      },
    ],
    [
      '4429 for a second greeting',
      4429,
      async (socket) => {
        await socket.ready();
        socket.say({ type: 'connection_init' });
      },
    ],
  ];
  it.each([
    ['a message that only servers send', { type: 'next', id: '1', payload: {} }],
    ['an error', { type: 'error', id: '1', payload: [{ message: 'x' }] }],
    ['an acknowledgement', { type: 'connection_ack' }],
    [
      'a ping with a payload nested 8,000 deep',
      `{"type":"ping","payload":{"a":${'['.repeat(8_000)}${']'.repeat(8_000)}}}`,
    ],
  ])('closes 4400 for %s, and does not take it for a failure of its own', async (_name, message) => {
    const { log, text } = recordedLog();
    await withToyDoor({ log }, async (toy) => {
      const socket = await greeted(toy);
      socket.say(message);
      expect((await socket.closed).code).toBe(4400);
    });
    expect(text()).not.toContain('failed');
  });

  it('closes 4409 for an id of 128 characters in use, which no close frame has room for', async () => {
    const { log, text } = recordedLog();
    await withToyDoor({ log }, async (toy) => {
      const socket = await greeted(toy);
      const id = 'x'.repeat(128);
      socket.subscribe(id, open);
      socket.subscribe(id, open);
      expect((await socket.closed).code).toBe(4409);
    });
    expect(text()).not.toContain('failed');
  });

  it.each(mistakes)('closes %s', (_name, expected, mistake) =>
    withToyDoor({}, async ({ url }) => {
      const socket = new SocketClient(url);
      await socket.opened;
      await mistake(socket);
      expect((await socket.closed).code).toBe(expected);
    }),
  );

  it.each([
    ['another protocol', ['graphql-ws']],
    ['no protocol', []],
  ])('closes 4406 for %s', (_name, protocols) =>
    withToyDoor({}, async ({ url }) => {
      expect((await new SocketClient(url, protocols).closed).code).toBe(4406);
    }),
  );

  it('serves the client of graphql-ws, which ends its subscription by itself', () =>
    withToyDoor({}, async (toy) => {
      const library = createClient({ url: toy.url, webSocketImpl: WebSocket });
      const ids: unknown[] = [];
      const events = library.iterate<{ open: { id: string } }>({ query: open });
      const first = events.next();
      await until(() => toy.open() === 1);
      toy.publish({ id: '1', phone: '+79001234567' });
      toy.publish({ id: '2', phone: '+79001234567' });
      ids.push((await first).value?.data?.open.id, (await events.next()).value?.data?.open.id);
      await events.return?.();
      expect(ids).toEqual(['1', '2']);
      await until(() => toy.open() === 0);
      await library.dispose();
    }));
});

describe('T19: the limits of a socket', () => {
  it('closes 1009 for a frame of 70 KB', () =>
    withToyDoor({}, async (toy) => {
      const socket = await greeted(toy);
      socket.say(' '.repeat(70_000));
      expect((await socket.closed).code).toBe(1009);
    }));

  it('refuses one operation too many, and the socket lives', () =>
    withToyDoor({ limits: { perAddress: 10, perUser: 10, operations: 3 } }, async (toy) => {
      const socket = await greeted(toy);
      for (const id of ['1', '2', '3', '4']) socket.subscribe(id, open);
      expect(codeOf(await socket.first(({ type }) => type === 'error'))).toBe('RATE_LIMITED');
      expect(socket.of('4')).toHaveLength(1);
      socket.say({ id: '1', type: 'complete' });
      await until(() => toy.open() === 2);
      socket.subscribe('5', open);
      await until(() => toy.open() === 3);
      toy.publish({ id: '7', phone: '+79001234567' });
      await socket.first(({ id, type }) => id === '5' && type === 'next');
      expect(socket.of('1')).toEqual([]);
    }));

  it.each([
    ['a mutation', 'mutation { erase }'],
    ['a query', '{ ping }'],
  ])('refuses %s, and the socket lives', (_name, query) =>
    withToyDoor({}, async (toy) => {
      const socket = await greeted(toy);
      socket.subscribe('1', query);
      expect(codeOf(await socket.first(({ id }) => id === '1'))).toBe('BAD_USER_INPUT');
      socket.subscribe('2', open);
      await until(() => toy.open() === 1);
    }),
  );

  it.each([
    ['a document that cannot be parsed', 'subscription {'],
    ['an unknown field', 'subscription { nothing }'],
    ['two operations and no name', 'subscription A { open { id } } subscription B { open { id } }'],
    ['a variable of the wrong kind', 'subscription ($of: Kind = OTHER) { open(of: $of) { id } }'],
    ['a field that is skipped', 'subscription { open @skip(if: true) { id } }'],
    ['an id of 200 characters', open, 'x'.repeat(200)],
  ])('answers %s on its operation', (_name, query, id = '1') =>
    withToyDoor({}, async (toy) => {
      const socket = await greeted(toy);
      socket.subscribe(id, query);
      const answer = await socket.first(({ type }) => type === 'error');
      expect([answer.id, codeOf(answer)]).toEqual([id, 'BAD_USER_INPUT']);
    }),
  );

  it.each([
    ['nested 8,000 deep', `{"of":${'['.repeat(8_000)}${']'.repeat(8_000)}}`],
    ['nested 8,000 deep that nobody asks for', `{"x":${'{"x":'.repeat(8_000)}1${'}'.repeat(8_000)}}`],
    ['null for what must not be', '{"if":null}'],
  ])('answers variables %s on their operation', (_name, variables) =>
    withToyDoor({}, async (toy) => {
      const socket = await greeted(toy);
      const query = 'subscription ($of: Kind, $if: Boolean = true) { open(of: $of) { id phone @skip(if: $if) } }';
      socket.say(`{"id":"1","type":"subscribe","payload":{"query":"${query}","variables":${variables}}}`);
      expect(codeOf(await socket.first(({ id }) => id === '1'))).toBe('BAD_USER_INPUT');
    }),
  );

  it('says nothing about the schema in what it says about variables', () =>
    withToyDoor({}, async (toy) => {
      const socket = await greeted(toy);
      const query = 'subscription ($of: Kind) { open(of: $of) { id } }';
      socket.say({ id: '1', type: 'subscribe', payload: { query, variables: { of: 'MADF' } } });
      expect(JSON.stringify(await socket.first(({ type }) => type === 'error'))).not.toContain('Did you mean');
    }));

  it('takes a subscription by its name, behind a fragment', () =>
    withToyDoor({}, async (toy) => {
      const socket = await greeted(toy);
      const query = `subscription A { staff { id } } subscription B { ...Root } fragment Root on Subscription { open { id } }`;
      socket.say({ id: '1', type: 'subscribe', payload: { query, operationName: 'B' } });
      await until(() => toy.open() === 1);
      toy.publish({ id: '7', phone: '' });
      const payload = { data: { open: { id: '7' } } };
      expect(await socket.first(({ type }) => type === 'next')).toMatchObject({ payload });
    }));

  it('closes 4429 for a flood of messages, but not for a burst of all operations and ten more', () =>
    withToyDoor({ limits: { perAddress: 10, perUser: 10, operations: 5 } }, async (toy) => {
      const burst = await greeted(toy);
      for (let n = 0; n < 14; n++) burst.say({ type: 'ping' });
      await until(() => burst.received.filter(({ type }) => type === 'pong').length === 14);
      for (let n = 0; n < 30; n++) burst.say({ type: 'ping' });
      expect(await burst.closed).toMatchObject({ code: 4429, reason: 'Too many messages' });
    }));

  it('refuses a socket more of one address with 429, and takes it when another is gone', () =>
    withToyDoor({ limits: { perAddress: 2, perUser: 10, operations: 5 } }, async (toy) => {
      const [first] = [await greeted(toy), await greeted(toy)];
      expect(await upgradeStatus(toy.port, '/graphql')).toBe(429);
      first?.end();
      await until(() => toy.door.stats().sockets === 1);
      expect(await upgradeStatus(toy.port, '/graphql')).toBe(101);
    }));

  it('closes 4429 for a socket more of one person, whatever their token', () =>
    withToyDoor({ limits: { perAddress: 10, perUser: 1, operations: 5 } }, async (toy) => {
      toy.identities.set('a', person('a', { personId: '1' })).set('b', person('b', { personId: '1' }));
      await greeted(toy, 'a');
      const second = new SocketClient(toy.url);
      await second.opened;
      second.say({ type: 'connection_init', payload: { token: 'b' } });
      expect(await second.closed).toMatchObject({ code: 4429, reason: 'Too many sockets' });
    }));
});

describe('who may open a socket', () => {
  it('is not held up by an authorization of 60,000 spaces', () =>
    withToyDoor({}, async ({ url }) => {
      const socket = new SocketClient(url);
      await socket.opened;
      const begun = process.cpuUsage();
      socket.say({ type: 'connection_init', payload: { Authorization: `Bearer${' '.repeat(60_000)}a\nb` } });
      expect((await socket.closed).code).toBe(4403);
      expect(process.cpuUsage(begun).user / 1_000).toBeLessThan(200);
    }));

  it.each([
    [403, 'https://evil.example'],
    [403, 'null'],
    [101, 'https://app.example'],
    [101, undefined],
  ])('answers %s to Origin %s', (status, origin) =>
    withToyDoor({}, async (toy) => {
      expect(await upgradeStatus(toy.port, '/graphql', origin === undefined ? {} : { Origin: origin })).toBe(status);
    }),
  );

  it('takes pages of the host itself, and with PUBLIC_URL those of it alone', async () => {
    await withToyDoor({}, async (toy) => {
      expect(await upgradeStatus(toy.port, '/graphql', { Origin: `http://127.0.0.1:${toy.port}` })).toBe(101);
    });
    await withToyDoor(
      { origins: allowedOrigins({ PUBLIC_URL: 'https://phone.example/', NODE_ENV: 'production' }) },
      async (toy) => {
        expect(await upgradeStatus(toy.port, '/graphql', { Origin: `http://127.0.0.1:${toy.port}` })).toBe(403);
        expect(await upgradeStatus(toy.port, '/graphql', { Origin: 'https://phone.example' })).toBe(101);
      },
    );
  });

  it('answers 404 elsewhere, and leaves offers of other protocols to HTTP', () =>
    withToyDoor({}, async (toy) => {
      expect(await upgradeStatus(toy.port, '/other')).toBe(404);
      expect(await upgradeStatus(toy.port, '/other', { Upgrade: 'h2c' })).toBe(200);
    }));

  it.each([
    ['Basic abc', 'Unknown token.'],
    ['Bearer unknown', 'Unknown token.'],
    [42, 'The token has to be text.'],
  ])('closes 4403 for the authorization %s, and says why', (authorization, reason) =>
    withToyDoor({}, async ({ url }) => {
      const socket = new SocketClient(url);
      await socket.opened;
      socket.say({ type: 'connection_init', payload: { authorization } });
      expect(await socket.closed).toMatchObject({ code: 4403, reason });
    }),
  );

  it('closes 1013 when nobody can be looked up', () =>
    withToyDoor({}, async (toy) => {
      toy.database = 'away';
      const socket = new SocketClient(toy.url);
      await socket.opened;
      socket.say({ type: 'connection_init', payload: { token: 'a' } });
      expect((await socket.closed).code).toBe(1013);
    }));
});
