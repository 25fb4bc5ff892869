// Two mailings send at once: how long it takes to pause, resume, cancel and delete one, whether the other goes on meanwhile, and
// how long the background takes to close what a cancelled one had left.
import { MailingStage } from '../tests/support/mailing-stage.ts';
import { until } from '../tests/support/program.ts';
import { Children } from './children.mjs';
import { createDatabase } from './database.mjs';
import { watchProgress } from './progress.mjs';

const full = { each: 500_000, pauses: 10, withinMs: 600_000 };
const brief = { each: 20_000, pauses: 3, withinMs: 120_000 };
/** Slow enough that nearly all still wait when somebody cancels. */
const rateLimit = 500;
const most = { answerMs: 1_000, otherPauseMs: 2_000 };
const text = 'Ваш заказ готов, ждём вас до 21:00. Stop: 1';

export async function run({ databaseUrl, short, say }) {
  const plan = short ? brief : full;
  const children = new Children();
  const database = await createDatabase(databaseUrl, 'mailing_control');
  let stage;
  try {
    const { url } = await children.server('bare-gateway.mjs', { FORGETFUL: '1' });
    stage = await MailingStage.open({ databaseUrl: database.url, gatewayUrl: url });
    await stage.addClients(plan.each, 'everybody');
    await sendSmall(stage, plan);
    say(`two mailings to ${plan.each} each`);
    const ids = [await begin(stage), await begin(stage)];
    for (const id of ids) await stage.planned(id, plan.withinMs);
    return report({ plan, ...(await control({ stage, ids, plan, say })) });
  } finally {
    await stage?.close();
    await children.close();
    await database.drop();
  }
}

/** As on a server that has sent before: the statistics of PostgreSQL know mailings, and not those that come. */
async function sendSmall(stage, { withinMs }) {
  await stage.addClients(1_000, 'few');
  await stage.finished(await stage.createMailing({ text, tag: 'few' }), withinMs);
  await stage.query('analyze message');
}

const begin = (stage) => stage.createMailing({ text, tag: 'everybody', rateLimit });

async function control({ stage, ids: [first, second], plan, say }) {
  const calls = new Calls(stage);
  say('pausing and resuming');
  for (let n = 0; n < plan.pauses; n++) {
    for (const id of [first, second]) await calls.ask('pause', id);
    for (const id of [first, second]) await calls.ask('resume', id);
  }
  say('cancelling and deleting');
  const [watching, other] = [await watchProgress(stage, first), await watchProgress(stage, second)];
  const before = await stage.mailing(first);
  const cancelled = await calls.ask('cancel', first);
  await calls.ask('delete', first);
  await demandGone(stage, first);
  const closed = await closing(stage, { id: first, cancelled, plan });
  const pauseMs = longestPause(other.events);
  for (const { end } of [watching, other]) end();
  // Progress is sent four times a second at most. A closing that is shorter than two of them may end without one.
  const told = watching.events.filter(({ queued }) => queued > 0 && queued < cancelled.queued);
  if (told.length === 0 && closed.seconds > 0.5) throw new Error('nobody was told how far the closing was');
  say('cancelling the other while a third is planned, and the third as well');
  const third = await begin(stage);
  await until(async () => (await stage.mailing(third)).planned >= plan.each / 5, plan.withinMs, 'a part of the third');
  const others = [];
  for (const id of [second, third]) others.push({ id, cancelled: await calls.ask('cancel', id), plan });
  for (const one of others) await closing(stage, one);
  await calls.ask('delete', third);
  return { calls, closed, queued: before.queued, pauseMs };
}

/** Each call with the milliseconds after which it was answered. */
class Calls {
  all = [];

  constructor(stage) {
    this.stage = stage;
  }

  async ask(what, id) {
    const fields = what === 'delete' ? '' : '{ status stats { planned queued sending sent cancelled } }';
    const begun = performance.now();
    const { answer } = await this.stage.graphql(`mutation { answer: ${what}Mailing(id: "${id}") ${fields} }`);
    this.all.push({ what, ms: performance.now() - begun });
    return answer.stats;
  }

  of(what) {
    return this.all.filter((call) => call.what === what).map(({ ms }) => ms);
  }
}

async function demandGone(stage, id) {
  const { mailing, mailings } = await stage.graphql(`{ mailing(id: "${id}") { id } mailings { nodes { id } } }`);
  if (mailing || mailings.nodes.some((node) => node.id === id)) throw new Error('a deleted mailing is still there');
}

/** Until nothing waits any more: nothing was sent but what was under way, and the messages say what the counters say. */
async function closing(stage, { id, cancelled, plan }) {
  const begun = performance.now();
  const isClosed = async () => {
    const { queued, sending } = await stage.mailing(id);
    return queued + sending === 0;
  };
  await until(isClosed, plan.withinMs, `the closing of mailing ${id}`);
  const end = await stage.mailing(id);
  const seconds = (performance.now() - begun) / 1_000;
  if (end.status !== 'CANCELLED') throw new Error(`the mailing is ${end.status}`);
  const late = end.sent - cancelled.sent;
  if (late > cancelled.sending)
    throw new Error(`${late} were sent after it was cancelled, ${cancelled.sending} were under way`);
  const counted = await stage.counted(id);
  for (const [status, count] of Object.entries(counted))
    if (end[status] !== count) throw new Error(`${count} messages are ${status}, the counter says ${end[status]}`);
  return { seconds, perSecond: cancelled.queued / seconds, late };
}

/** Milliseconds in which nothing was told to have been sent. */
function longestPause(events) {
  let [since, sent, longest] = [events[0].at, events[0].sent, 0];
  for (const event of events) {
    if (event.sent === sent) continue;
    longest = Math.max(longest, event.at - since);
    [since, sent] = [event.at, event.sent];
  }
  return longest;
}

function report({ plan, calls, closed, queued, pauseMs }) {
  const names = ['pause', 'resume', 'cancel', 'delete'];
  const row = (what) => {
    const times = calls.of(what).sort((a, b) => a - b);
    return [what, String(times.length), times[Math.floor(times.length / 2)].toFixed(0), times.at(-1).toFixed(0)];
  };
  const slowest = Math.max(...calls.all.map(({ ms }) => ms));
  return {
    title: 'Control of a large mailing',
    text: `Two mailings to ${plan.each} recipients each, both sending ${rateLimit} a second through a gateway that answers at once, one worker process, all on this one machine. One of them is cancelled with ${queued} messages in its queue and deleted at once, the other with a third while the third is being planned. The background closed the first in ${closed.seconds.toFixed(1)} s, ${closed.perSecond.toFixed(0)} messages a second; ${closed.late} that had been under way were sent meanwhile, and the other mailing's longest pause was ${pauseMs.toFixed(0)} ms.`,
    columns: ['call', 'times', 'median ms', 'slowest ms'],
    rows: names.map(row),
    checks: [
      { what: `${most.answerMs} ms ÷ the slowest answer`, reached: most.answerMs / slowest, wanted: 1 },
      { what: `${most.otherPauseMs} ms ÷ longest pause of the other`, reached: most.otherPauseMs / pauseMs, wanted: 1 },
    ],
  };
}
