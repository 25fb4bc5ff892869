// How soon a mailing begins, made at once or for a moment to come, and how soon its progress is seen: by the clock of the
// one machine that everything runs on.
import { setTimeout as sleep } from 'node:timers/promises';
import { MailingStage } from '../tests/support/mailing-stage.ts';
import { share } from '../tests/support/steady-load.ts';
import { Children } from './children.mjs';
import { createDatabase } from './database.mjs';
import { watchProgress } from './progress.mjs';

const full = { each: 60, recipients: 20, perSecond: 200, watchSeconds: 30 };
const brief = { each: 5, recipients: 5, perSecond: 100, watchSeconds: 3 };
const most = { start: 1_000, progress: 400 };
/** Milliseconds between two looks at the counters: a change is taken to have happened right after the last one. */
const lookEvery = 5;

export async function run({ databaseUrl, short, say }) {
  const plan = short ? brief : full;
  const children = new Children();
  const database = await createDatabase(databaseUrl, 'mailing');
  let stage;
  try {
    const { url } = await children.server('bare-gateway.mjs', {});
    stage = await MailingStage.open({ databaseUrl: database.url, gatewayUrl: url });
    await stage.addClients(plan.recipients, 'few');
    await stage.addClients(plan.perSecond * plan.watchSeconds, 'many');
    say(`${plan.each} mailings that begin at once`);
    const atOnce = await startAtOnce(stage, plan);
    say(`${plan.each} mailings that begin later`);
    const scheduled = await startLater(stage, plan);
    const first = await firstSends(url);
    say('progress');
    const progress = await seen(stage, plan);
    return report({ plan, atOnce: delays(atOnce, first), scheduled: delays(scheduled, first), progress });
  } finally {
    await stage?.close();
    await children.close();
    await database.drop();
  }
}

/** One after the other, from the request that makes it. */
async function startAtOnce(stage, { each }) {
  const started = [];
  for (let n = 1; n <= each; n++) {
    // In step with nothing that comes round each second.
    await sleep(100 + Math.random() * 1_000);
    const text = `at once ${n}`;
    started.push({ text, due: Date.now() });
    const id = await stage.createMailing({ text, tag: 'few' });
    await stage.over(id, 20_000);
  }
  return started;
}

/** At moments of their own within a minute, from two seconds on; some fall together. */
async function startLater(stage, { each }) {
  const started = [];
  const spread = each * 500;
  let last;
  for (let n = 1; n <= each; n++) {
    const text = `later ${n}`;
    const startsAt = new Date(Date.now() + 2_000 + Math.floor(Math.random() * spread));
    started.push({ text, due: startsAt.getTime() });
    const id = await stage.createMailing({ text, tag: 'few', startsAt });
    if (!last || startsAt > last.startsAt) last = { id, startsAt };
  }
  await stage.over(last.id, spread + 20_000);
  await sleep(1_000);
  return started;
}

/** When the gateway had the first message with a text. */
async function firstSends(gatewayUrl) {
  const first = new Map();
  const received = (await (await fetch(`${gatewayUrl}/received`)).text()).split('\n').filter(Boolean);
  for (const line of received) {
    const { text } = JSON.parse(line.slice(line.indexOf('{')));
    if (!first.has(text)) first.set(text, Number(line.slice(0, line.indexOf(' '))));
  }
  return first;
}

function delays(started, first) {
  return started
    .map(({ text, due }) => {
      if (!first.has(text)) throw new Error(`nothing was sent of «${text}»`);
      return first.get(text) - due;
    })
    .sort((a, b) => a - b);
}

/** From a change of `sent` in the table to the first event that tells as much. */
async function seen(stage, { perSecond, watchSeconds }) {
  const id = await stage.createMailing({ text: 'watched', tag: 'many', rateLimit: perSecond });
  const watching = await watchProgress(stage, id);
  try {
    const changes = await watchTable(stage, id, watchSeconds * 1_000);
    await sleep(2_000);
    return changes
      .map(({ sent, at }) => {
        const event = watching.events.find((one) => one.sent >= sent);
        return event ? Math.max(0, event.at - at) : Number.POSITIVE_INFINITY;
      })
      .sort((a, b) => a - b);
  } finally {
    watching.end();
  }
}

async function watchTable(stage, id, forMs) {
  const changes = [];
  const until = performance.now() + forMs;
  let known = 0;
  let lookedAt = performance.now();
  while (performance.now() < until) {
    await sleep(lookEvery);
    const at = lookedAt;
    lookedAt = performance.now();
    const [{ sent }] = await stage.query('select sent from mailing where id = $1', [id]);
    if (sent > known) changes.push({ sent, at });
    known = sent;
  }
  return changes;
}

function report({ plan, atOnce, scheduled, progress }) {
  const row = (what, ms) => [
    what,
    ...[share(ms, 0.5), share(ms, 0.95), share(ms, 0.99)].map((one) => String(Math.round(one))),
    String(ms.length),
  ];
  const worst = Math.max(share(atOnce, 0.99), share(scheduled, 0.99));
  return {
    title: 'Latency of a mailing',
    text: `A web process and a worker process, production mode. From the request that makes a mailing to its first message at the gateway; from the moment it was scheduled for, some seconds ahead, to the same; and, at ${plan.perSecond} messages/s, from a change of its counter in the database (seen at most ${lookEvery} ms late, and taken to be as much earlier) to the progress event that tells it, which are merged to four a second.`,
    columns: ['milliseconds', 'p50', 'p95', 'p99', 'samples'],
    rows: [
      row('made → first message', atOnce),
      row('scheduled → first message', scheduled),
      row('settled → progress seen', progress),
    ],
    checks: [
      { what: `${most.start} ms ÷ p99 of a start`, reached: most.start / worst, wanted: 1 },
      { what: `${most.progress} ms ÷ p95 of progress`, reached: most.progress / share(progress, 0.95), wanted: 1 },
    ],
  };
}
