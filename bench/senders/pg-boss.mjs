// A job for each message, in batches as its documentation advises for throughput: inserted at once, fetched without a pause
// while there is more, completed together.
import { PgBoss } from 'pg-boss';
import { obey, openGateway } from './exchange.mjs';

const queue = 'messages';
const batchSize = 500;
const insertAtOnce = 10_000;
const deliver = openGateway(process.env.GATEWAY_URL);
const boss = new PgBoss({ connectionString: process.env.DATABASE_URL, supervise: false, schedule: false });
boss.on('error', (error) => {
  throw error;
});
await boss.start();
await boss.createQueue(queue);

obey(async ({ messages }) => {
  const all = Promise.withResolvers();
  let missing = messages.length;
  for (let from = 0; from < messages.length; from += insertAtOnce) {
    await boss.insert(
      queue,
      messages.slice(from, from + insertAtOnce).map((data) => ({ data })),
    );
  }
  const options = { batchSize, localConcurrency: 2, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
  await boss.work(queue, options, async (jobs) => {
    await Promise.all(jobs.map(({ data }) => deliver(data)));
    missing -= jobs.length;
    if (missing === 0) all.resolve();
  });
  await all.promise;
  // Waits for the completion of the last batches.
  await boss.offWork(queue);
});
