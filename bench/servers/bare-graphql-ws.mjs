// What graphql-ws does by itself, as its README shows it: no rules, no limits, no database; events come from memory.
// Driven over IPC like tests/support/event-server.mjs.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';

// The copy that graphql-ws itself imports: bench/ has one of its own.
const { buildSchema } = createRequire(new URL('../../package.json', import.meta.url))('graphql');

const schema = buildSchema(`
  type TestEvent { id: ID! n: Int! at: String! }
  type Query { ping: Int }
  type Subscription { testEvents: TestEvent! }
`);
const readers = new Set();
const field = schema.getSubscriptionType().getFields().testEvents;
field.subscribe = () => reader();
field.resolve = (event) => event;

/** Keeps what its reader has not asked for yet, however much that is. */
function reader() {
  const waiting = [];
  let wake;
  const push = (event) => {
    if (!wake) return waiting.push(event);
    wake({ value: event, done: false });
    wake = undefined;
  };
  readers.add(push);
  return {
    next: () =>
      waiting.length > 0
        ? Promise.resolve({ value: waiting.shift(), done: false })
        : new Promise((resolve) => {
            wake = resolve;
          }),
    return: async () => {
      readers.delete(push);
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const commands = {
  async publishEvenly({ perSecond, seconds }) {
    const startedAt = performance.now();
    for (let n = 1; n <= perSecond * seconds; n++) {
      await sleep(Math.max(0, startedAt + (n * 1_000) / perSecond - performance.now()));
      const event = { id: String(n), n, at: String(Date.now()) };
      for (const push of readers) push(event);
    }
  },
  async memory() {
    return process.memoryUsage.rss();
  },
  async stop() {
    setImmediate(() => process.exit());
  },
};

const server = createServer();
useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
server.listen(0, '127.0.0.1', () => process.send({ call: 0, result: `http://127.0.0.1:${server.address().port}` }));
process.on('message', async ({ call, name, ...input }) => process.send({ call, result: await commands[name](input) }));
process.once('disconnect', () => process.exit());
