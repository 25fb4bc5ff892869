// A job for each message. Agenda saves and locks jobs one at a time, so that only its limits are there to be raised.
import { PostgresBackend } from '@agendajs/postgres-backend';
import { Agenda } from 'agenda';
import pg from 'pg';
import { connections, obey, openGateway } from './exchange.mjs';

const savedAtOnce = 20;
const deliver = openGateway(process.env.GATEWAY_URL);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: savedAtOnce });
const agenda = new Agenda({
  backend: new PostgresBackend({ pool, disableNotifications: true }),
  processEvery: 100,
  maxConcurrency: connections,
  defaultConcurrency: connections,
  defaultLockLimit: connections,
  removeOnComplete: true,
});
await agenda.ready;
let finished = () => undefined;
agenda.define('message', ({ attrs }) => deliver(attrs.data));
agenda.on('complete', () => finished());

obey(async ({ messages }) => {
  const all = Promise.withResolvers();
  let missing = messages.length;
  finished = () => {
    missing -= 1;
    if (missing === 0) all.resolve();
  };
  for (let from = 0; from < messages.length; from += savedAtOnce) {
    await Promise.all(messages.slice(from, from + savedAtOnce).map((message) => agenda.now('message', message)));
  }
  await agenda.start();
  await all.promise;
  await agenda.stop();
});
