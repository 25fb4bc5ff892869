// A worker as small as can be, to be killed with a job on its hands: it begins every `call` and ends none.
// node scheduler-program.mjs <compiled src folder> <JSON of databaseUrl and mongoUrl>: says "running" for each.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pino } from 'pino';
import { z } from 'zod';

const [compiled, store] = process.argv.slice(2);
const { createScheduler } = await import(pathToFileURL(resolve(compiled, 'jobs/scheduler.js')).href);

const scheduler = createScheduler({
  ...JSON.parse(store),
  catalog: { call: { payload: z.strictObject({ subject: z.string() }) } },
  handlers: {
    call: () => {
      console.log('running');
      return new Promise(() => undefined);
    },
  },
  log: pino({ level: 'silent' }),
});
await scheduler.start();
