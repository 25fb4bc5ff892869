// The gateway hangs for ten minutes while a mailing is under way. The API answers as fast as when nothing is sent at all, and
// sending goes on soon after the gateway is back.
//
// The same load runs all the time, at a fixed rate, each request timed from the moment at which it was due. A healthy mailing
// costs more than a hanging one, so that the baseline that says something is the API at rest, before and after; figures are
// medians over windows, because a shared machine has bad seconds of its own.
import { startGateway } from '../support/gateway.js';
import { MailingStage } from '../support/mailing-stage.js';
import { ownPostgres } from '../support/own-postgres.js';
import { until } from '../support/program.js';
import { median, SteadyLoad } from '../support/steady-load.js';

const short = process.argv.includes('--short');
const seconds = short ? { rest: 20, healthy: 15, hang: 60 } : { rest: 120, healthy: 60, hang: 600 };
const messagesPerSecond = 100;
const recipients = 2 * seconds.healthy * messagesPerSecond;
const requestsPerSecond = 40;
const most = 1.25;
/** Milliseconds, all of these. */
const window = 5_000;
/** What is less is the machine's. */
const leastDifference = 5;
const backWithin = 30_000;
/** The longest pause before a retry, and the sending of the rest. */
const overWithin = 360_000 + (recipients / messagesPerSecond) * 1_000;

/** Reads and a write in turns. */
const documents = [
  '{ mailingOverview { mailings messages byMessageStatus { status count } } }',
  '{ mailings(first: 10) { nodes { id status stats { planned queued sending sent perSecond } } } }',
  '{ clients(first: 20) { nodes { id phone tag timezone } } }',
  '{ messages(first: 20) { nodes { id status attempts lastError } } }',
  `mutation ($phone: String!) {
    createClient(input: { phone: $phone, tag: "load", timezone: "Europe/Moscow" }) { id }
  }`,
];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const postgres = await ownPostgres();
const gateway = await startGateway();
const stage = await MailingStage.open({ databaseUrl: postgres.url, gatewayUrl: gateway.url });
const faults: string[] = [];
try {
  await run();
} finally {
  await stage.close();
  await gateway.stop();
  await postgres.stop();
}
for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
process.exit(faults.length > 0 ? 1 : 0);

async function run(): Promise<void> {
  await stage.addClients(recipients, 'everybody');
  const load = new SteadyLoad({
    perSecond: requestsPerSecond,
    ask: (n) => stage.graphql(documents[n % documents.length] ?? '', { phone: String(79_900_000_000 + n) }),
  });
  await load.during('rest', seconds.rest * 1_000);
  const mailing = await stage.createMailing({
    text: 'Good evening',
    tag: 'everybody',
    rateLimit: messagesPerSecond,
    endsAt: new Date(Date.now() + 7_200_000),
  });
  await load.during('healthy', seconds.healthy * 1_000);
  await gateway.setMood({ mode: 'hang', hangsAccept: false });
  const { sent: before } = await stage.mailing(mailing);
  await load.during('hang', seconds.hang * 1_000);
  const { sent, failed, queued, sending } = await stage.mailing(mailing);
  if (sent - before > 2 * messagesPerSecond) faults.push(`${sent - before} were sent while the gateway hung`);
  await gateway.setMood({ mode: 'ok' });
  const back = await until(
    async () => (await stage.mailing(mailing)).sent > sent + messagesPerSecond,
    backWithin,
    'sending is under way again',
  ).catch((error: unknown) => void faults.push(String(error)));
  const end = await stage.finished(mailing, overWithin);
  if (end.sent !== recipients || failed > 0) faults.push(`only ${end.sent} of ${recipients} were sent`);
  await load.during('after', seconds.rest * 1_000);
  await load.stop();
  say(`${queued + sending} waited while it hung; sending was under way ${back} ms after it was back`);
  judge(load);
}

function judge(load: SteadyLoad): void {
  const p99 = (...phases: string[]): number => median(phases.flatMap((phase) => load.p99s(phase, window)));
  const [rest, healthy, hang] = [p99('rest', 'after'), p99('healthy'), p99('hang')];
  say(
    `p99 of the API: ${rest.toFixed(1)} ms at rest, ${healthy.toFixed(1)} ms with a healthy mailing, ${hang.toFixed(1)} ms with a hanging gateway; ${load.failed.length} of ${load.count} failed`,
  );
  if (hang > Math.max(most * rest, rest + leastDifference))
    faults.push(`p99 is ${(hang / rest).toFixed(2)} × that at rest`);
  if (load.failed.length > 0) faults.push(`${load.failed.length} requests failed, e.g. ${load.failed[0]}`);
}
