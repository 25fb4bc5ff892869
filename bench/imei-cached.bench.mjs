// A device that was checked before: what the token in the body, limits, rules and the record of each answer cost beside a bare
// Fastify route that looks one row up.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { newToken, sha256 } from '../dist/src/shared/crypto.js';
import { Children } from './children.mjs';
import { createDatabase } from './database.mjs';

const full = { rounds: 9, seconds: 4, warmUp: 4, stored: 50_000 };
const brief = { rounds: 2, seconds: 1, warmUp: 1, stored: 1_000 };
const connections = 16;
const wanted = 0.6;
const imei = '356735111052198';

export async function run({ databaseUrl, short, say }) {
  const plan = short ? brief : full;
  const children = new Children();
  const database = await createDatabase(databaseUrl, 'imei');
  try {
    const token = newToken('live');
    const ours = await children.server('ours.mjs', settings(database.url));
    say(`${plan.stored} devices`);
    await inDatabase(database.url, (client) => fill(client, { token, stored: plan.stored }));
    const bare = await children.server('bare-imei.mjs', { DATABASE_URL: database.url });
    const body = JSON.stringify({ imei, token });
    const contestants = [
      { title: 'Switchboard', ...ours, path: '/api/check-imei', body },
      { title: 'bare look-up', ...bare, path: '/check', body },
    ];
    const bytes = await compare(contestants);
    const measured = await alternate({ contestants, load: children.load(), plan, say });
    const recorded = await inDatabase(database.url, (client) =>
      countRecorded(client, measured.get('Switchboard').asked),
    );
    return report({ plan, measured, bytes, recorded });
  } finally {
    await children.close();
    await database.drop();
  }
}

const settings = (databaseUrl) => ({
  DATABASE_URL: databaseUrl,
  PORT: '0',
  ROLES: 'web',
  ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  REQUESTS_PER_MINUTE: '100000000',
  USER_REQUESTS_PER_MINUTE: '100000000',
  LOG_LEVEL: 'warn',
});

/** As the provider writes it, some 700 bytes; one device of many has the number that is asked for. */
async function fill(client, { token, stored }) {
  const raw = JSON.stringify({
    ...{ id: 'aB3_-xYz09QwErTy', type: 'api', status: 'successful', orderId: null, amount: '0.06', deviceId: imei },
    ...{ service: { id: 1, title: 'Apple Basic Info' }, processedAt: 1737640800 },
    properties: {
      ...{ deviceName: 'iPhone 12 Pro Max', image: 'https://sources.imeicheck.net/images/x.png', imei, imei2: imei },
      ...{
        serial: 'ABCDEFGHJKLM',
        meid: '35673511105219',
        estPurchaseDate: 1612137600,
        modelDesc: '12 Pro Max 256 ГБ',
      },
      ...{ replacement: false, demoUnit: false, refurbished: false, 'apple/region': 'AT&T USA', simLock: false },
      ...{ fmiOn: false, replaced: false, warrantyStatus: 'Out Of Warranty', repairCoverage: false, loaner: false },
      ...{ technicalSupport: false, lostMode: false, usaBlockStatus: 'Clean', network: 'Global' },
    },
  });
  const number = `case n when 1 then $1 else (350000000000000 + n)::text end`;
  await client.query(
    `insert into token (kind, hash, person_id, name, prefix, scopes) select 'api', $1, min(id), 'bench', 'bench', '{IMEI_CHECK}' from person`,
    [sha256(token)],
  );
  await client.query(
    `insert into imei_exchange (imei, provider, service_id, automatic, background, state, next_at, status, conclusive, raw, cost, ended_at)
     select ${number}, 'imeicheck.net', 1, true, false, 'ANSWERED', null, 'SUCCESSFUL', true, $2, 0.06, now()
     from generate_series(1, $3::int) n`,
    [imei, raw, stored],
  );
  await client.query('create table bare_answer (imei text primary key, raw text not null)');
  await client.query(`insert into bare_answer select ${number}, $2 from generate_series(1, $3::int) n`, [
    imei,
    raw,
    stored,
  ]);
  await client.query('vacuum analyze imei_exchange, bare_answer');
  await client.query('checkpoint');
}

async function inDatabase(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return work(client).finally(() => client.end());
}

/** Byte for byte, before anything is measured. */
async function compare(contestants) {
  const headers = { 'content-type': 'application/json' };
  const answers = [];
  for (const { url, path, body } of contestants) {
    const answer = await fetch(url + path, { method: 'POST', headers, body });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    answers.push(Buffer.from(await answer.arrayBuffer()));
  }
  if (!answers[0].equals(answers[1])) throw new Error(`different answers:\n${answers.join('\n')}`);
  return answers[0].length;
}

/** In turns, so that the machine's moods are shared. */
async function alternate({ contestants, load, plan, say }) {
  const { rounds, seconds, warmUp } = plan;
  const measured = new Map(contestants.map(({ title }) => [title, { runs: [], asked: 0 }]));
  const ask = async ({ title, url, path, body }, during) => {
    const result = await load({ url, path, body, connections, seconds: during });
    measured.get(title).asked += result.requests;
    return result;
  };
  for (const contestant of contestants) await ask(contestant, warmUp);
  for (let round = 0; round < rounds; round++) {
    say(`round ${round + 1} of ${rounds}`);
    for (const contestant of round % 2 ? contestants : [...contestants].reverse()) {
      const before = await contestant.cpu();
      const result = await ask(contestant, seconds);
      const cpuMicroseconds = (((await contestant.cpu()) - before) / result.requests) * 1_000;
      measured.get(contestant.title).runs.push({ ...result, cpuMicroseconds });
    }
  }
  return measured;
}

/** Each answer that was given is in the history a second later: the load's, and the one that was compared. */
async function countRecorded(client, asked) {
  for (let tries = 0; tries < 20; tries++) {
    const { rows } = await client.query('select count(*)::int as checks from imei_check');
    if (rows[0].checks === asked + 1) return rows[0].checks;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error('not every answer that was given is in the history');
}

function report({ plan, measured, bytes, recorded }) {
  const { rounds, seconds, stored } = plan;
  const runsOf = (title) => measured.get(title).runs;
  const [own, bare] = ['Switchboard', 'bare look-up'].map(runsOf);
  const ratios = own.map(({ requestsPerSecond }, round) => requestsPerSecond / bare[round].requestsPerSecond);
  const rowOf = (title, runs, ratio) => [
    title,
    ...['requestsPerSecond', 'p50', 'p99', 'cpuMicroseconds'].map((key) => number(median(runs.map((one) => one[key])))),
    ratio,
  ];
  return {
    title: 'A checked device again',
    text: `POST /api/check-imei with the token in its body, in production mode, for one of ${stored} devices that were checked before; the same ${bytes} bytes from both. The bare one is Fastify with one look-up by the number, planned once, through the same driver and pool size. ${connections} connections, medians of ${rounds} rounds of ${seconds} s that alternate, all on this one machine. All ${recorded} answers that were given were in the history afterwards.`,
    columns: ['server', 'answers/s', 'p50 ms', 'p99 ms', 'CPU µs each', 'ours ÷ it'],
    rows: [rowOf('Switchboard', own, ''), rowOf('bare look-up', bare, spread(ratios))],
    checks: [{ what: 'ours ÷ a bare route with one look-up', reached: median(ratios), wanted }],
  };
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const number = (value) => (value >= 100 ? String(Math.round(value)) : value.toFixed(1));
const spread = (ratios) =>
  `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
