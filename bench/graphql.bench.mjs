// GraphQL over HTTP: requests a second of ours, with every rule and limit on, against stock Apollo Server, Mercurius, and
// Mercurius with JIT. Rounds alternate, so that the machine's moods are shared, and ratios are taken round by round.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { newToken, sha256 } from '../dist/src/shared/crypto.js';
import { Children } from './children.mjs';
import { createRows } from './servers/rows.mjs';

const connections = 32;
const full = { rounds: 9, seconds: 4, warmUp: 5 };
const brief = { rounds: 2, seconds: 1, warmUp: 2 };

const fields = 'id name phone tag city score active createdAt';
const workloads = [
  { title: 'PostgreSQL', query: `{ benchRowsDb { ${fields} } }`, wanted: { Apollo: 1.15, Mercurius: 0.85 } },
  { title: 'memory', query: `{ benchRows { ${fields} } }`, wanted: { Apollo: 2, Mercurius: 1 } },
];
const goal = 1;

export async function run({ databaseUrl, short, say }) {
  const children = new Children();
  try {
    const token = newToken('access');
    const contestants = await start(children, databaseUrl, token);
    const load = children.load();
    const { rounds, seconds, warmUp } = short ? brief : full;
    const results = [];
    for (const { title, query, wanted } of workloads) {
      await compareAnswers(contestants, query, token);
      const order = { token, query, connections };
      for (const { url } of contestants) await load({ ...order, url, seconds: warmUp });
      const measured = new Map(contestants.map((contestant) => [contestant.title, []]));
      for (let round = 0; round < rounds; round++) {
        say(`${title}, round ${round + 1} of ${rounds}`);
        for (const contestant of rotated(contestants, round)) {
          const { title: who, url } = contestant;
          measured.get(who).push(await measure(contestant, () => load({ ...order, url, seconds })));
        }
      }
      results.push({ title, wanted, measured });
    }
    return report(results, { rounds, seconds });
  } finally {
    await children.close();
  }
}

async function start(children, databaseUrl, token) {
  const settings = {
    DATABASE_URL: databaseUrl,
    PORT: '0',
    ROLES: 'web',
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    REQUESTS_PER_MINUTE: '100000000',
    USER_REQUESTS_PER_MINUTE: '100000000',
    // The others write no line for each request either.
    LOG_LEVEL: 'warn',
  };
  const ours = await children.server('ours.mjs', settings);
  await prepare(databaseUrl, token);
  const peer = (file, env = {}) => children.server(file, { DATABASE_URL: databaseUrl, ...env });
  return [
    { title: 'Switchboard', ...ours },
    { title: 'Apollo', ...(await peer('apollo.mjs')) },
    { title: 'Mercurius', ...(await peer('mercurius.mjs')) },
    { title: 'Mercurius + JIT', ...(await peer('mercurius.mjs', { MERCURIUS_JIT: '1' })) },
  ];
}

/** The processor time of the server's own process tells more than its clock where the machine is shared. */
async function measure({ cpu }, load) {
  const before = await cpu();
  const result = await load();
  return { ...result, cpuMicroseconds: (((await cpu()) - before) / result.requests) * 1_000 };
}

/** The rows, and a session of the first person, who is an ADMIN. */
async function prepare(databaseUrl, token) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(createRows);
  await client.query(
    `insert into token (kind, hash, person_id, created_at, expires_at)
     select 'access', $1, min(id), now(), now() + interval '1 day' from person`,
    [sha256(token)],
  );
  await client.end();
}

/** Apollo ends its answers with a line break. */
async function compareAnswers(contestants, query, token) {
  const answers = new Map();
  for (const { title, url } of contestants) {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${token}`,
    };
    const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
    answers.set(title, (await response.text()).trimEnd());
  }
  const [expected, ...others] = answers.values();
  if (JSON.parse(expected).errors || JSON.parse(expected).data === undefined) throw new Error(expected);
  if (others.some((answer) => answer !== expected))
    throw new Error(`answers differ: ${JSON.stringify([...answers], null, 1)}`);
}

const rotated = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];

function report(results, { rounds, seconds }) {
  const rows = [];
  const checks = [];
  for (const { title, wanted, measured } of results) {
    const own = measured.get('Switchboard');
    for (const [who, runs] of measured) {
      const ratios = runs.map(({ requestsPerSecond }, round) => own[round].requestsPerSecond / requestsPerSecond);
      const isOwn = who === 'Switchboard';
      rows.push([
        title,
        who,
        ...['requestsPerSecond', 'p50', 'p99', 'cpuMicroseconds'].map((key) =>
          number(median(runs.map((one) => one[key]))),
        ),
        isOwn ? '' : spread(ratios),
      ]);
      if (!isOwn)
        checks.push({
          what: `${title}: ours ÷ ${who}`,
          reached: median(ratios),
          wanted: wanted[who] ?? goal,
          isGoal: wanted[who] === undefined,
        });
    }
  }
  return {
    title: 'GraphQL over HTTP',
    text: `50 rows × 8 fields, production mode, ${connections} connections, medians of ${rounds} rounds of ${seconds} s that alternate, all on this one machine. The same SQL through the same driver and pool size, the same token look-up; answers are compared byte for byte first. The ratio is ours ÷ theirs, with the lowest and the highest round.`,
    columns: ['rows from', 'server', 'requests/s', 'p50 ms', 'p99 ms', 'CPU µs each', 'ours ÷ it'],
    rows,
    checks,
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const number = (value) => (value >= 100 ? String(Math.round(value)) : value.toFixed(1));
const spread = (ratios) =>
  `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
