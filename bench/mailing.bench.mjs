// Throughput: one mailing from its start to the last settled message, planned, claimed, sent, counted and watched live, against
// a bare undici loop that has its messages in memory and keeps nothing. The two take turns; ratios are taken round by round.
// Beside them, for scale, what job queues do with a job for each message.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { MailingStage } from '../tests/support/mailing-stage.ts';
import { until } from '../tests/support/program.ts';
import { Children } from './children.mjs';
import { createDatabase } from './database.mjs';
import { watchProgress } from './progress.mjs';

const full = { messages: 40_000, rounds: 7, queueRounds: 3, agendaMessages: 3_000 };
const brief = { messages: 2_000, rounds: 2, queueRounds: 1, agendaMessages: 200 };
const text = 'Ваш заказ готов, ждём вас до 21:00. Stop: 1';
const [wanted, goal] = [0.7, 0.9];

export async function run({ databaseUrl, short, say }) {
  const plan = short ? brief : full;
  const children = new Children();
  const database = await createDatabase(databaseUrl, 'mailing');
  try {
    const gateway = await openGateway(children);
    const bare = await children.sender('bare.mjs', { GATEWAY_URL: gateway.url });
    const stage = await MailingStage.open({ databaseUrl: database.url, gatewayUrl: gateway.url });
    let rounds;
    try {
      await stage.addClients(plan.messages, 'everybody');
      say('comparing what the gateway receives');
      await compare({ stage, gateway, bare, plan });
      rounds = await alternate({ stage, gateway, bare, plan, say });
    } finally {
      await stage.close();
    }
    const queues = await measureQueues({ children, gateway, databaseUrl, plan, say });
    return report({ plan, rounds, queues });
  } finally {
    await children.close();
    await database.drop();
  }
}

async function openGateway(children) {
  const { url } = await children.server('bare-gateway.mjs', {});
  return {
    url,
    forget: () => fetch(`${url}/received`, { method: 'DELETE' }),
    /** In whatever order they came. */
    bodies: async () => {
      const lines = (await (await fetch(`${url}/received`)).text()).split('\n').filter(Boolean);
      return lines.map((line) => line.slice(line.indexOf(' ') + 1)).sort();
    },
    count: async () => Number(await (await fetch(`${url}/received?count`)).text()),
  };
}

/** A whole mailing of each: it warms everybody up as well. */
async function compare({ stage, gateway, bare, plan }) {
  const { messages } = await sendMailing(stage, plan);
  const ours = await gateway.bodies();
  await gateway.forget();
  await bare({ messages });
  const theirs = await gateway.bodies();
  await gateway.forget();
  const digest = (lines) => createHash('sha256').update(lines.join('\n')).digest('hex');
  if (ours.length !== plan.messages || digest(ours) !== digest(theirs))
    throw new Error(
      `the gateway received ${ours.length} requests of ours and ${theirs.length} of the loop: ${ours[0]} / ${theirs[0]}`,
    );
}

async function alternate({ stage, gateway, bare, plan, say }) {
  const rounds = [];
  for (let round = 1; round <= plan.rounds; round++) {
    say(`round ${round} of ${plan.rounds}`);
    const { messages, ...ours } = await sendMailing(stage, plan);
    await received(gateway, plan.messages);
    const seconds = await bare({ messages });
    await received(gateway, plan.messages);
    rounds.push({ ...ours, bare: plan.messages / seconds });
  }
  return rounds;
}

async function received(gateway, expected) {
  const count = await gateway.count();
  if (count !== expected) throw new Error(`the gateway received ${count} requests instead of ${expected}`);
  await gateway.forget();
}

/** From RUNNING to the moment at which nothing is left, by the database's clock, seen at most 50 ms late. */
async function sendMailing(stage, { messages: count }) {
  const id = await stage.createMailing({ text, tag: 'everybody' });
  const watching = await watchProgress(stage, id);
  try {
    const { now, startedAt, plannedAt, sent } = await stage.over(id, 120_000);
    if (sent !== count) throw new Error(`${sent} of ${count} messages were sent`);
    await until(() => watching.events.at(-1).sent === count, 5_000, 'the last progress');
    const messages = await stage.query(
      'select id::float8 as id, phone::float8 as phone, $2 as text from message where mailing_id = $1 order by id',
      [id, text],
    );
    return {
      messages,
      ours: count / ((now - startedAt) / 1_000),
      planning: (plannedAt - startedAt) / 1_000,
      progress: watching.events.length,
    };
  } finally {
    watching.end();
  }
}

const queues = ['pg-boss', 'graphile-worker', 'agenda'];

/** Each in a database of its own, its processes gone before the next one's come. */
async function measureQueues({ gateway, databaseUrl, plan, say }) {
  const results = new Map();
  for (const queue of queues) {
    say(`${queue}, a job for each message`);
    const children = new Children();
    const database = await createDatabase(databaseUrl, 'jobs');
    try {
      const send = await children.sender(`${queue}.mjs`, { GATEWAY_URL: gateway.url, DATABASE_URL: database.url });
      const count = queue === 'agenda' ? plan.agendaMessages : plan.messages;
      const rates = [];
      for (let round = 0; round < plan.queueRounds; round++) {
        const messages = Array.from({ length: count }, (_, n) => ({
          id: (round + 1) * 1_000_000 + n,
          phone: 79_000_000_000 + n,
          text,
        }));
        rates.push(count / (await send({ messages })));
        await received(gateway, count);
      }
      results.set(`${queue} ${versionOf(queue)}`, rates);
    } finally {
      await children.close();
      await database.drop();
    }
  }
  return results;
}

function versionOf(queue) {
  return JSON.parse(readFileSync(new URL(`node_modules/${queue}/package.json`, import.meta.url), 'utf8')).version;
}

function report({ plan, rounds, queues: others }) {
  const ours = rounds.map((round) => round.ours);
  const bare = rounds.map((round) => round.bare);
  const ratios = rounds.map((round) => round.ours / round.bare);
  const row = (who, rates, note) => [who, perSecond(median(rates)), spread(rates), share(median(rates)), note];
  const share = (rate) => (rate / median(bare)).toFixed(2);
  const planning = median(rounds.map((round) => round.planning));
  const progress = median(rounds.map((round) => round.progress));
  return {
    title: 'Throughput of a mailing',
    text: `One mailing to ${plan.messages} clients, from RUNNING to the last settled message, through a gateway that answers at once (bare node:http, the same process for all), 64 connections, all on this one machine. Ours: one worker process, production mode, each message a row that is planned, claimed, settled and counted in PostgreSQL, watched over a WebSocket of a web process. The bare loop: undici's Pool and request, the body read and compared, messages in memory, nothing kept; before, what the gateway received of both is compared byte for byte. Medians of ${plan.rounds} rounds in turns. The queues: a job for each message, from inserting to the last completed, each in batches as its documentation advises (Agenda, which has none: ${plan.agendaMessages} messages).`,
    columns: ['sender', 'messages/s', 'lowest–highest', '÷ bare loop', ''],
    rows: [
      row('Switchboard', ours, `planned after ${planning.toFixed(1)} s, ${progress} progress events`),
      row('bare undici loop', bare, 'keeps nothing'),
      ...[...others].map(([who, rates]) => row(who, rates, 'a job for each message')),
    ],
    checks: [
      { what: 'ours ÷ bare undici loop', reached: median(ratios), wanted },
      { what: 'ours ÷ bare undici loop', reached: median(ratios), wanted: goal, isGoal: true },
    ],
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const perSecond = (rate) => String(Math.round(rate));
const spread = (rates) => `${perSecond(Math.min(...rates))}–${perSecond(Math.max(...rates))}`;
