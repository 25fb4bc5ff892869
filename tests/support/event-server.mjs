// The whole product as a process of its own, with a stream that only soak runs and benches have: testEvents(after: ID).
// Runs the built program; its parent gets the URL, then has events published and memory told over IPC. Without
// DATABASE_URL it stands on the embedded PostgreSQL, in a folder that goes with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Arg, Ctx, Field, ID, Int, ObjectType, Resolver, Root, Subscription } from 'type-graphql';
import { App } from '../../dist/src/app.js';
import { systemViewer } from '../../dist/src/auth/viewer.js';
import { readConfig } from '../../dist/src/config.js';
import { serve } from '../../dist/src/server/serve.js';
import { createLogger } from '../../dist/src/shared/logger.js';
import { clearPostgres } from './embedded-postgres-home.ts';

const topic = 'testEvents';
const eventsPerTransaction = 100;

/** Node runs no decorators: they are called by their names. */
class TestEvent {}
Field(() => ID)(TestEvent.prototype, 'id');
Field(() => Int)(TestEvent.prototype, 'n');
Field(() => String, { description: 'Milliseconds since 1970, when it was published.' })(TestEvent.prototype, 'at');
Field(() => String)(TestEvent.prototype, 'filler');
ObjectType()(TestEvent);

class TestEventResolver {
  testEvents({ id, payload }) {
    return { id, ...payload };
  }
}
const method = [TestEventResolver.prototype, topic];
Root()(...method, 0);
Arg('after', () => ID, { nullable: true })(...method, 1);
Ctx()(...method, 2);
Subscription(() => TestEvent, {
  subscribe: ({ args: { after }, context: { live, signal } }) => live.subscribe({ topic, after, signal }),
})(...method, Object.getOwnPropertyDescriptor(...method));
Resolver()(TestEventResolver);

const filler = 'x'.repeat(Number(process.env.TEST_EVENT_FILLER ?? 0));
const load = async (_work, events) => events.map(({ data: { n, at } }) => ({ n, at: String(at), filler }));

const dataDir = mkdtempSync(join(tmpdir(), 'switchboard-events-'));
Object.assign(process.env, { DATA_DIR: dataDir, PORT: '0', ADMIN_PASSWORD: 'a password for one run' });
const app = await App.create({
  config: readConfig([], dataDir),
  log: createLogger({ level: process.env.LOG_LEVEL ?? 'warn', format: 'json' }),
  extension: {
    resolvers: [TestEventResolver],
    rootFields: { [`Subscription.${topic}`]: 'open' },
    equalForEqualRights: [topic],
    topics: { [topic]: { events: { load } } },
  },
});
const service = await serve(app);
await app.prepare(new AbortController().signal);

/** Numbered from `from`, all in one transaction. */
const publish = (from, count) =>
  app.unit(systemViewer('test-events'), ({ work }) =>
    work.write(async (tx) => {
      for (let n = from; n < from + count; n++) {
        tx.publish({ topic, subject: 's', kind: 'made', data: { n, at: Date.now() } });
      }
    }),
  );

const publishAndWait = (from, count, ms) =>
  app.unit(systemViewer('test-events'), ({ work }) =>
    work.write(async (tx) => {
      const numbers = Array.from({ length: count }, (_, i) => ({ n: from + i, at: Date.now() }));
      await tx.rows(
        `insert into event_pending (topic, subject, kind, data) select $1, 's', 'made', value from jsonb_array_elements($2)`,
        [topic, JSON.stringify(numbers)],
      );
      tx.publish({ topic, subject: 's', kind: 'late', data: { n: -from, at: Date.now() } });
      await sleep(ms);
    }),
  );

const commands = {
  async publish({ from, count }) {
    for (let n = from; n < from + count; n += eventsPerTransaction) {
      await publish(n, Math.min(eventsPerTransaction, from + count - n));
    }
  },
  /** A transaction for each, and none waits for the one before it. */
  async publishEvenly({ perSecond, seconds }) {
    const startedAt = performance.now();
    const published = [];
    for (let n = 1; n <= perSecond * seconds; n++) {
      await sleep(Math.max(0, startedAt + (n * 1_000) / perSecond - performance.now()));
      published.push(publish(n, 1));
    }
    await Promise.all(published);
  },
  /** As many transactions at once; each publishes early and commits up to 800 ms later, in no order. */
  async publishLate({ from, count }) {
    const publishing = [];
    for (let n = from; n < from + count; n += 10) {
      publishing.push(publishAndWait(n, Math.min(10, from + count - n), Math.random() * 800));
      await sleep(Math.random() * 12);
    }
    await Promise.all(publishing);
  },
  async memory() {
    return process.memoryUsage.rss();
  },
  async stop() {
    await service.drain({ graceMs: 2_000 });
    await app.close(1_000);
    if (!process.env.DATABASE_URL) await clearPostgres(dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  },
};

process.on('message', async ({ call, name, ...input }) => {
  try {
    process.send({ call, result: await commands[name](input) });
  } catch (error) {
    process.send({ call, error: String(error?.stack ?? error) });
  }
});
process.once('disconnect', () => process.exit());
process.send({ call: 0, result: service.url });
