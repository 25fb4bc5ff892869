// The whole job store is emptied in the middle of mailings. The rows are the truth: what should have begun or ended by a job
// does so by a tick that comes back, and nothing is lost.
import { MongoClient } from 'mongodb';
import { type TestDatabase, testDatabase } from '../support/database.js';
import { startGateway, type TestGateway } from '../support/gateway.js';
import { MailingStage } from '../support/mailing-stage.js';
import { MongoServer } from '../support/mongo.js';
import { describeWithPeer } from '../support/peers.js';
import { until } from '../support/program.js';

const recipients = 300;
const latest = 60_000;

let database: TestDatabase;
let gateway: TestGateway;
let mongo: MongoServer | undefined;
let stage: MailingStage;

async function open(settings: Record<string, string> = {}): Promise<void> {
  database = await testDatabase();
  gateway = await startGateway();
  stage = await MailingStage.open({ databaseUrl: database.url, gatewayUrl: gateway.url, settings });
  await stage.addClients(recipients, 'everybody');
}

afterEach(async () => {
  await stage?.close();
  await gateway?.stop();
  await mongo?.stop();
  await database?.drop();
});

/** One is being sent, one is about to begin, one is about to end. */
async function loseJobs(wipe: () => Promise<unknown>): Promise<void> {
  const [startsAt, endsAt] = [new Date(Date.now() + 4_000), new Date(Date.now() + 8_000)];
  const usual = { text: 'Good evening', tag: 'everybody' };
  const running = await stage.createMailing({ ...usual, rateLimit: 50 });
  const beginning = await stage.createMailing({ ...usual, startsAt });
  const ending = await stage.createMailing({ ...usual, endsAt, rateLimit: 5 });
  await until(async () => (await stage.mailing(running)).sent > 0, 10_000, 'the first message');
  await wipe();
  const [first, second, third] = await Promise.all([
    stage.finished(running, latest),
    stage.finished(beginning, startsAt.getTime() - Date.now() + latest),
    stage.finished(ending, endsAt.getTime() - Date.now() + latest),
  ]);
  expect(first).toMatchObject({ status: 'COMPLETED', planned: recipients, sent: recipients });
  expect(second).toMatchObject({ status: 'COMPLETED', planned: recipients, sent: recipients });
  expect(third).toMatchObject({ status: 'EXPIRED', planned: recipients, queued: 0 });
  expect(third.sent + third.expired).toBe(recipients);
  const log = await gateway.log();
  const ended = new Set(await stage.messageIds(ending));
  expect(log.filter(({ id, at }) => ended.has(String(id)) && at > endsAt.getTime())).toEqual([]);
  expect(new Set(log.map(({ id }) => id)).size).toBe(log.length);
}

describe('an empty job store', () => {
  it('loses nothing on PostgreSQL', async () => {
    await open();
    await loseJobs(() => database.query('delete from agenda_jobs'));
  }, 120_000);
});

describeWithPeer('mongo', 'an empty job store', () => {
  it('loses nothing on MongoDB', async () => {
    mongo = await MongoServer.start();
    const url = mongo.url('jobs');
    await open({ MONGO_URL: url });
    await loseJobs(async () => {
      const client = await MongoClient.connect(url);
      await client.db().collection('agendaJobs').deleteMany({});
      await client.close();
    });
  }, 120_000);
});
