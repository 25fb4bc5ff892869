// A second process with a hub of its own, driven over IPC by live-processes.ts: publishes, now or with late commits,
// or dies between the commit and the wake-up. Runs the built program, as every process of ours does.
import { setTimeout as sleep } from 'node:timers/promises';
import { systemViewer } from '../../dist/src/auth/viewer.js';
import { recordEvents } from '../../dist/src/domain/live/event-log.js';
import { LiveHub } from '../../dist/src/domain/live/hub.js';
import { Work } from '../../dist/src/domain/work.js';
import { openLiveTransport } from '../../dist/src/gateways/live/transport.js';
import { openDatabase } from '../../dist/src/server/database.js';
import { systemClock } from '../../dist/src/shared/clock.js';
import { createLogger } from '../../dist/src/shared/logger.js';

const { url, transport } = JSON.parse(process.argv[2]);
const log = createLogger({ level: 'silent', format: 'json' });
const database = await openDatabase({ url, poolSize: 8, log });
const viewer = systemViewer('live-process');
const surroundings = {
  orm: database.orm,
  pool: database.pool,
  clock: systemClock,
  log,
  wakeHubs: () => hub.wake(),
  wakeHubsSoon: () => hub.wake(),
  nudge: () => undefined,
};
const hub = new LiveHub({
  topics: {},
  unit: (body) => body(new Work(viewer, surroundings)),
  transport: openLiveTransport(transport, log),
  log,
});
hub.start();

const commands = {
  publish: async ({ events, commitAfter = 0 }) => {
    await new Work(viewer, surroundings).write(async (tx) => {
      await recordEvents(tx.em, events);
      await sleep(commitAfter);
    });
    hub.wake();
  },
  publishAndDie: ({ events }) =>
    new Work(viewer, { ...surroundings, wakeHubs: () => process.kill(process.pid, 'SIGKILL') }).write(async (tx) => {
      for (const event of events) tx.publish(event);
    }),
  changed: async ({ topic, subject }) => hub.changed(topic, subject),
};

process.on('message', async ({ call, name, ...input }) => {
  try {
    await commands[name](input);
    process.send({ call });
  } catch (error) {
    process.send({ call, error: String(error) });
  }
});
process.on('disconnect', () => process.exit());
process.send({ call: 0 });
