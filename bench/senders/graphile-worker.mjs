// A job for each message, with the batching that its documentation on performance shows: a local queue, completions together.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import { connections, obey, openGateway } from './exchange.mjs';

const addAtOnce = 10_000;
const deliver = openGateway(process.env.GATEWAY_URL);
const connectionString = process.env.DATABASE_URL;
const preset = {
  worker: {
    connectionString,
    // Nobody else writes a line for each message either.
    logger: new Logger(() => () => undefined),
    concurrentJobs: connections,
    maxPoolSize: 25,
    localQueue: { size: 500 },
    completeJobBatchDelay: 250,
    failJobBatchDelay: 250,
  },
};
const utils = await makeWorkerUtils({ preset });
await utils.migrate();

obey(async ({ messages }) => {
  for (let from = 0; from < messages.length; from += addAtOnce) {
    const jobs = messages.slice(from, from + addAtOnce);
    await utils.addJobs(jobs.map((payload) => ({ identifier: 'message', payload })));
  }
  const all = Promise.withResolvers();
  let missing = messages.length;
  const runner = await run({
    preset,
    taskList: {
      message: async (message) => {
        await deliver(message);
        missing -= 1;
        if (missing === 0) all.resolve();
      },
    },
  });
  await all.promise;
  // Waits for the completion of the last batch.
  await runner.stop();
});
