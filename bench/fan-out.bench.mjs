// Fan-out: 1,000 subscribers to one topic, from the commit of each event to its arrival, with every rule and limit on,
// against bare graphql-ws, which has its events from memory. Each run has new processes; the two take turns.
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { newToken, sha256 } from '../dist/src/shared/crypto.js';
import { EventServer } from '../tests/support/event-server.ts';
import { createDatabase } from './database.mjs';

export const name = 'fan-out';

const subscribers = 1_000;
/** The same load goes on for `warmUp` before anything is measured: the heap takes its size then. */
const full = { rounds: 3, seconds: 8, warmUp: 6 };
const brief = { rounds: 1, seconds: 3, warmUp: 3 };
const rates = [25, 100];
const contestants = ['Switchboard', 'graphql-ws'];
const most = { p95: 100, growth: 256 * 2 ** 20 };
const leastShare = 0.8;

export async function run({ databaseUrl, short, say }) {
  const plan = short ? brief : full;
  const database = await createDatabase(databaseUrl, 'fan_out');
  const runs = [];
  try {
    for (const rate of rates) {
      for (let round = 1; round <= plan.rounds; round++) {
        for (const who of contestants) {
          say(`${rate} events/s, ${who}, round ${round} of ${plan.rounds}`);
          const contestant = who === 'Switchboard' ? ours(database.url) : bare();
          runs.push({ who, rate, ...(await measure(contestant, rate, plan)) });
        }
      }
    }
  } finally {
    await database.drop();
  }
  return report(runs, plan);
}

async function measure({ server, token }, rate, { seconds, warmUp }) {
  const clients = fork(new URL('subscribers.mjs', import.meta.url));
  const ask = (order) =>
    new Promise((resolve, reject) => {
      clients.once('message', ({ result }) => resolve(result));
      clients.once('exit', (code) => reject(new Error(`the subscribers ended: ${code}`)));
      clients.send(order);
    });
  try {
    const url = await server.url();
    await ask({ name: 'open', url, token: await token?.(), count: subscribers });
    const publishing = server.publishEvenly(rate, warmUp + seconds);
    await sleep(warmUp * 1_000);
    const before = await server.memory();
    const result = await ask({ name: 'measure', seconds });
    const growth = (await server.memory()) - before;
    await publishing;
    return { ...result, growth };
  } finally {
    clients.removeAllListeners('exit');
    clients.disconnect();
    await server.stop();
  }
}

function ours(databaseUrl) {
  const server = new EventServer({
    DATABASE_URL: databaseUrl,
    NODE_ENV: 'production',
    ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
    WS_PER_ADDRESS: String(subscribers),
    WS_PER_USER: String(subscribers),
  });
  return { server, token: () => sessionOf(databaseUrl) };
}

const bare = () => ({
  server: new EventServer(
    { NODE_ENV: 'production' },
    fileURLToPath(new URL('servers/bare-graphql-ws.mjs', import.meta.url)),
  ),
});

/** Of the first person, who is an ADMIN. */
async function sessionOf(databaseUrl) {
  const token = newToken('access');
  await withClient(databaseUrl, (client) =>
    client.query(
      `insert into token (kind, hash, person_id, created_at, expires_at)
       select 'access', $1, min(id), now(), now() + interval '1 day' from person`,
      [sha256(token)],
    ),
  );
  return token;
}

async function withClient(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function report(runs, { rounds, seconds, warmUp }) {
  const of = (who, rate) => runs.filter((one) => one.who === who && one.rate === rate);
  const rows = rates.flatMap((rate) =>
    contestants.map((who) => {
      const figures = ['deliveries', 'p50', 'p95', 'p99'].map((key) => median(of(who, rate).map((one) => one[key])));
      const growth = Math.max(...of(who, rate).map((one) => one.growth));
      return [rate, who, ...figures, growth / 2 ** 20].map((cell) =>
        typeof cell === 'number' ? String(Math.round(cell)) : cell,
      );
    }),
  );
  const own = runs.filter(({ who }) => who === 'Switchboard');
  const [slow, fast] = rates;
  const theirs = of('graphql-ws', fast);
  const shares = of('Switchboard', fast).map(({ deliveries }, round) => deliveries / theirs[round].deliveries);
  const faults = own.map(({ missing, disordered, refused }) => missing + disordered + refused);
  return {
    title: 'Fan-out over WebSockets',
    text: `${subscribers} subscribers to one topic, one process each for the server and for the subscribers, all on this one machine; medians of ${rounds} rounds of ${seconds} s after ${warmUp} s of the same load, in turns. Ours: production mode, signed in, each event a transaction in PostgreSQL, latency from before it. graphql-ws: bare, events from memory. Growth is that of the resident memory meanwhile, the worst round.`,
    columns: ['events/s', 'server', 'deliveries/s', 'p50 ms', 'p95 ms', 'p99 ms', 'growth MiB'],
    rows,
    checks: [
      {
        what: `${slow} events/s: ${most.p95} ms ÷ p95`,
        reached: most.p95 / median(of('Switchboard', slow).map(({ p95 }) => p95)),
        wanted: 1,
      },
      { what: `${fast} events/s: deliveries of ours ÷ bare graphql-ws`, reached: median(shares), wanted: leastShare },
      {
        what: 'runs without a missing, refused or disordered event, of all',
        reached: faults.filter((n) => n === 0).length / own.length,
        wanted: 1,
      },
      {
        what: `${most.growth / 2 ** 20} MiB ÷ growth`,
        reached: most.growth / Math.max(1, ...own.map(({ growth }) => growth)),
        wanted: 1,
      },
    ],
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
