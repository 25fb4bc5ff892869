// A million recipients: how long planning takes, what the worker and a claim cost meanwhile, whether the API and the progress
// of it stay quick, and whether a message costs what it costs in a mailing of 40,000.
import { readFileSync } from 'node:fs';
import { MailingStage } from '../tests/support/mailing-stage.ts';
import { SteadyLoad, share } from '../tests/support/steady-load.ts';
import { Children } from './children.mjs';
import { createDatabase } from './database.mjs';
import { watchProgress } from './progress.mjs';

const full = { many: 1_000_000, few: 40_000, rounds: 3, withinMs: 1_200_000 };
const brief = { many: 50_000, few: 5_000, rounds: 1, withinMs: 240_000 };
const text = 'Ваш заказ готов, ждём вас до 21:00. Stop: 1';
const most = { planSeconds: 60, residentMiB: 300, claimMs: 20, queryMs: 20, gapMs: 1_000, growth: 1.3 };
const queriesPerSecond = 20;
const claims = 'switchboard_message_claim_seconds';

export async function run({ databaseUrl, short, say }) {
  const plan = short ? brief : full;
  const children = new Children();
  const database = await createDatabase(databaseUrl, 'million');
  let stage;
  try {
    const { url } = await children.server('bare-gateway.mjs', { FORGETFUL: '1' });
    stage = await MailingStage.open({ databaseUrl: database.url, gatewayUrl: url });
    await stage.addClients(plan.few, 'few');
    say(`${plan.many} clients`);
    await stage.addClients(plan.many, 'many');
    const small = [];
    for (let round = 1; round <= plan.rounds; round++) {
      say(`${plan.few} recipients, round ${round} of ${plan.rounds}`);
      small.push(await send(stage, { tag: 'few', count: plan.few, withinMs: plan.withinMs }));
    }
    say(`${plan.many} recipients`);
    const big = await send(stage, { tag: 'many', count: plan.many, withinMs: plan.withinMs });
    return report({ plan, small, big, resident: peakMiB(stage.workers[0].pid) });
  } finally {
    await stage?.close();
    await children.close();
    await database.drop();
  }
}

/** With a dashboard that watches it and asks for figures all the time. */
async function send(stage, { tag, count, withinMs }) {
  const workerUrl = await stage.workers[0].ready();
  const id = await stage.createMailing({ text, tag });
  const watching = await watchProgress(stage, id);
  const asked = [
    '{ mailingOverview { mailings messages byMailingStatus { status count } byMessageStatus { status count } } }',
    `{ mailing(id: "${id}") { status stats { planned queued sending sent failed uncertain perSecond etaAt } } }`,
  ];
  const load = new SteadyLoad({ perSecond: queriesPerSecond, ask: (n) => stage.graphql(asked[n % asked.length]) });
  const before = await histogram(workerUrl);
  load.enter('sending');
  const planned = await stage.planned(id, withinMs);
  const atFull = await histogram(workerUrl);
  const fullest = await stage.reached(id, planned.sent + Math.ceil((count - planned.sent) / 10), withinMs);
  const afterFull = await histogram(workerUrl);
  const end = await stage.over(id, withinMs);
  load.enter(undefined);
  await load.stop();
  watching.end();
  const after = await histogram(workerUrl);
  if (end.sent !== count) throw new Error(`${end.sent} of ${count} messages were sent`);
  if (load.failed.length > 0) throw new Error(`${load.failed.length} queries failed, e.g. ${load.failed[0]}`);
  return {
    seconds: (end.now - end.startedAt) / 1_000,
    planSeconds: (planned.plannedAt - planned.startedAt) / 1_000,
    microsecondsEach: ((end.now - end.startedAt) * 1_000) / count,
    queuedThen: [planned.queued, fullest.queued],
    claimMs: { whole: p99Of(before, after), full: p99Of(atFull, afterFull) },
    queries: load.latencies('sending'),
    gapMs: longestGap(watching.events),
    events: watching.events.length,
  };
}

/** Cumulative counts by upper bound, in milliseconds. */
async function histogram(url) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const bounds = new Map();
  for (const [, bound, count] of metrics.matchAll(new RegExp(`^${claims}_bucket\\{le="([^"]+)"\\} (\\d+)`, 'gm')))
    bounds.set(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound) * 1_000, Number(count));
  return bounds;
}

/** The bound below which 99 of 100 claims were, between two looks: no finer than the worker's own histogram. */
function p99Of(before, after) {
  const between = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]);
  const total = between.at(-1)?.[1] ?? 0;
  return between.find(([, count]) => count >= total * 0.99)?.[0] ?? 0;
}

function longestGap(events) {
  return Math.max(...events.slice(1).map(({ at }, index) => at - events[index].at));
}

function peakMiB(pid) {
  return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
}

function report({ plan, small, big, resident }) {
  const each = median(small.map(({ microsecondsEach }) => microsecondsEach));
  const growth = big.microsecondsEach / each;
  const row = (count, one) => [
    String(count),
    one.planSeconds.toFixed(1),
    one.seconds.toFixed(1),
    one.microsecondsEach.toFixed(0),
    `≤ ${one.claimMs.whole}`,
    `≤ ${one.claimMs.full}`,
    share(one.queries, 0.99).toFixed(1),
    one.gapMs.toFixed(0),
  ];
  const middle = small.toSorted((a, b) => a.seconds - b.seconds)[Math.floor(small.length / 2)];
  return {
    title: 'A mailing to a million',
    text: `${plan.many} recipients against ${plan.few} (the median of ${plan.rounds}), through a gateway that answers at once, one worker process, all on this one machine. From RUNNING to the last settled message, planning included; claims by the worker's own histogram, over the whole mailing and while most of it was queued (from ${big.queuedThen[0]} to ${big.queuedThen[1]} messages); meanwhile ${queriesPerSecond} queries a second in turns, mailingOverview and the statistics of the mailing, and a dashboard over a WebSocket: the longest pause between two of its events. The worker's resident memory peaked at ${resident.toFixed(0)} MiB.`,
    columns: [
      'recipients',
      'planned after s',
      'done after s',
      'µs each',
      'claim p99 ms',
      'when fullest',
      'query p99 ms',
      'longest pause ms',
    ],
    rows: [row(plan.few, middle), row(plan.many, big)],
    checks: [
      { what: `${most.planSeconds} s ÷ planning`, reached: most.planSeconds / big.planSeconds, wanted: 1 },
      { what: `${most.residentMiB} MiB ÷ peak of the worker`, reached: most.residentMiB / resident, wanted: 1 },
      {
        what: `${most.claimMs} ms ÷ p99 of a claim`,
        reached: most.claimMs / Math.max(big.claimMs.whole, big.claimMs.full),
        wanted: 1,
      },
      { what: `${most.queryMs} ms ÷ p99 of a query`, reached: most.queryMs / share(big.queries, 0.99), wanted: 1 },
      { what: `${most.gapMs} ms ÷ longest pause of progress`, reached: most.gapMs / big.gapMs, wanted: 1 },
      { what: `${most.growth} × the cost at ${plan.few} ÷ the cost of one`, reached: most.growth / growth, wanted: 1 },
    ],
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
