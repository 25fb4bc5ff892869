// Replay, as a client has it: it stops reading for ten seconds while thousands of events with late commits happen in two
// processes, resumes with `after` at the other one, and has the exact sequence, none twice. On each transport.
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { EventServer } from '../support/event-server.js';
import { describeWithPeer } from '../support/peers.js';
import { type TestRedis, testRedis } from '../support/redis.js';
import { type Message, SocketClient, until } from '../support/socket-client.js';

const pause = 10_000;
const events = 5_000;

interface Stage {
  readonly servers: readonly EventServer[];
  readonly database: TestDatabase;
}

function replay(stage: () => Stage): void {
  it('resumes with the exact sequence, none twice', async () => {
    const { servers, database } = stage();
    const [first, second] = [servers[0] as EventServer, servers.at(-1) as EventServer];
    const [here, there] = [await first.url(), await second.url()].map((url) => `${url.replace(/^http/, 'ws')}/graphql`);
    const before = await listen(here ?? '', undefined);
    const publishing = Promise.all(
      servers.map((server, i) => server.publishLate(i * events + 1, events / servers.length)),
    );
    await until(() => idsOf(before).length > 200, 10_000);
    before.freeze();
    const seen = idsOf(before);
    await sleep(pause);
    before.end();
    const after = await listen(there ?? '', seen.at(-1));
    await publishing;
    const rows = await database.query<{ id: string }>("select id from event where topic = 'testEvents' order by id");
    expect(rows.length).toBeGreaterThanOrEqual(events * 1.1);
    await until(() => seen.length + idsOf(after).length >= rows.length, 20_000);
    const from = rows.findIndex(({ id }) => id === seen[0]);
    expect([...seen, ...idsOf(after)]).toEqual(rows.slice(from).map(({ id }) => id));
    after.end();
  });

  it('says GONE for what is no longer kept, and BAD_USER_INPUT for what never was', async () => {
    const { servers, database } = stage();
    const url = `${(await servers[0]?.url())?.replace(/^http/, 'ws')}/graphql`;
    await database.query('update event_floor set id = 10');
    for (const [after, code] of [
      ['9', 'GONE'],
      ['99999999999', 'BAD_USER_INPUT'],
      ['x', 'BAD_USER_INPUT'],
    ] as const) {
      const socket = await new SocketClient(url).ready();
      socket.subscribe('1', `subscription { testEvents(after: "${after}") { id } }`);
      const refused = await socket.first(({ type }) => type === 'error');
      expect(refused.payload).toMatchObject([{ extensions: { code } }]);
      socket.end();
    }
  });
}

async function listen(url: string, after: string | undefined): Promise<SocketClient> {
  const socket = await new SocketClient(url).ready();
  socket.subscribe('1', `subscription { testEvents${after ? `(after: "${after}")` : ''} { id n } }`);
  await sleep(300);
  return socket;
}

const idsOf = (socket: SocketClient): string[] =>
  socket
    .of('1')
    .map(({ payload }: Message) => (payload as { data: { testEvents: { id: string } } }).data.testEvents.id);

async function start(environment: Record<string, string>, processes: number): Promise<Stage> {
  const database = await testDatabase();
  const settings = {
    DATABASE_URL: database.url,
    NODE_ENV: 'test',
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
    ...environment,
  };
  const servers = Array.from({ length: processes }, () => new EventServer(settings));
  await Promise.all(servers.map((server) => server.url()));
  return { servers, database };
}

async function stop({ servers, database }: Stage): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
  await database.drop();
}

describe('over LISTEN/NOTIFY, two processes', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await start({}, 2);
  });
  afterAll(() => stop(stage));
  replay(() => stage);
});

describeWithPeer('redis', 'over Redis, two processes', () => {
  let stage: Stage;
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await testRedis();
    stage = await start({ REDIS_URL: redis.url }, 2);
  });
  afterAll(async () => {
    await stop(stage);
    await redis.stop();
  });
  replay(() => stage);
});
