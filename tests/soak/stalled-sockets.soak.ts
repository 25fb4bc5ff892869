// 50 sockets stop reading while thousands of events are published. The process lives and hardly grows, a healthy
// subscriber misses nothing, and the stalled ones are closed.
import { setTimeout as sleep } from 'node:timers/promises';
import { EventServer } from '../support/event-server.js';
import { type Message, SocketClient, until } from '../support/socket-client.js';

const short = process.argv.includes('--short');
const stalledSockets = 50;
const events = short ? 10_000 : 20_000;
/** The same load before anybody stalls: the young generation of the heap has its size then. */
const warmUp = 10_000;
const eventsPerSecond = 1_000;
const mostGrowth = 64 * 2 ** 20;
const query = 'subscription { testEvents { id n filler } }';

interface Seen {
  readonly healthy: readonly number[];
  readonly growth: number;
  readonly closed: number;
  readonly isRunning: boolean;
}

async function run(server: EventServer): Promise<Seen> {
  const url = `${(await server.url()).replace(/^http/, 'ws')}/graphql`;
  const subscribed = async () => {
    const socket = await new SocketClient(url).ready();
    socket.subscribe('1', query);
    return socket;
  };
  const healthy = await subscribed();
  const stalled = await Promise.all(Array.from({ length: stalledSockets }, subscribed));
  await sleep(500);
  await publish(server, 1, warmUp);
  await until(() => [healthy, ...stalled].every((socket) => socket.of('1').length >= warmUp), 20_000);

  const before = await server.memory();
  for (const socket of stalled) socket.freeze();
  let most = before;
  const watching = setInterval(() => void server.memory().then((now) => (most = Math.max(most, now))), 250);
  await publish(server, warmUp + 1, events);
  await until(() => numbersOf(healthy).length >= warmUp + events, 30_000);
  // Two unanswered pings at the latest: what the kernel still took for a socket does not show here.
  await sleep(25_000);
  clearInterval(watching);
  let closed = 0;
  for (const socket of stalled) {
    void socket.closed.then(() => (closed += 1));
    socket.thaw();
  }
  await until(() => closed === stalledSockets, 20_000).catch(() => undefined);
  const seen = { healthy: numbersOf(healthy), growth: most - before, closed, isRunning: server.isRunning };
  healthy.end();
  return seen;
}

async function publish(server: EventServer, from: number, count: number): Promise<void> {
  const step = 100;
  for (let n = from; n < from + count; n += step) {
    const next = sleep((step / eventsPerSecond) * 1_000);
    await server.publish(n, step);
    await next;
  }
}

const numbersOf = (socket: SocketClient): number[] =>
  socket.of('1').map(({ payload }: Message) => (payload as { data: { testEvents: { n: number } } }).data.testEvents.n);

function judge({ healthy, growth, closed, isRunning }: Seen): string[] {
  const inOrder = healthy.length === warmUp + events && healthy.every((n, index) => n === index + 1);
  return [
    ...(isRunning ? [] : ['the process ended']),
    ...(growth <= mostGrowth ? [] : [`it grew by ${mebibytes(growth)}`]),
    ...(inOrder ? [] : [`the healthy subscriber got ${healthy.length} of ${warmUp + events}, or not in order`]),
    ...(closed === stalledSockets ? [] : [`${stalledSockets - closed} stalled sockets were left open`]),
  ];
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

// 600 bytes each: more than the kernel takes for a peer that does not read.
const server = new EventServer({ TEST_EVENT_FILLER: '600', NODE_ENV: 'test' });
try {
  const seen = await run(server);
  process.stdout.write(
    `${events} events, ${stalledSockets} stalled sockets: healthy got ${seen.healthy.length - warmUp}, ` +
      `grew ${mebibytes(seen.growth)}, closed ${seen.closed} of ${stalledSockets}\n`,
  );
  const faults = judge(seen);
  for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await server.stop();
}
