// Taking leads in: what validation, limits, sealing, indexes, the journal and the event cost beside a bare Fastify route with one
// INSERT; and whether a million stored leads make intake or an exact search any slower.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { newToken, sha256 } from '../dist/src/shared/crypto.js';
import { Children } from './children.mjs';
import { createDatabase } from './database.mjs';

const full = { rounds: 7, seconds: 5, warmUp: 4, few: 10_000, many: 1_000_000, searches: 400 };
const brief = { rounds: 2, seconds: 1, warmUp: 1, few: 1_000, many: 20_000, searches: 50 };
const connections = 16;
const wanted = { plain: 0.3, same: 0.6, growth: 1.3, searchMs: 10 };

export async function run({ databaseUrl, short, say }) {
  const plan = short ? brief : full;
  const children = new Children();
  const databases = [];
  try {
    const place = async (stored) => {
      const database = await createDatabase(databaseUrl, 'leads');
      databases.push(database);
      const stage = await open(children, database.url);
      say(`${stored} leads`);
      await fill(database.url, stored);
      return stage;
    };
    const [few, many] = [await place(plan.few), await place(plan.many)];
    const contestants = [
      { title: 'Switchboard', ...few.ours, path: '/leads' },
      { title: 'bare, plain INSERT', ...few.bare, path: '/plain' },
      { title: 'bare, same table', ...few.bare, path: '/same' },
    ];
    const sizes = [contestants[0], { title: 'Switchboard, many stored', ...many.ours, path: '/leads' }];
    const load = children.leads();
    const against = await alternate({ contestants, load, plan, say });
    const growth = await alternate({ contestants: sizes, load, plan, say });
    const searches = await search(many, plan);
    return report({ plan, against, growth, searches });
  } finally {
    await children.close();
    for (const database of databases) await database.drop();
  }
}

/** The product and the bare one, on one database. */
async function open(children, databaseUrl) {
  const ours = await children.server('ours.mjs', {
    DATABASE_URL: databaseUrl,
    PORT: '0',
    ROLES: 'web',
    ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    // Each lead comes from an address of its own, as its limits want it.
    TRUSTED_PROXIES: '127.0.0.1/32',
    REQUESTS_PER_MINUTE: '100000000',
    USER_REQUESTS_PER_MINUTE: '100000000',
    LOG_LEVEL: 'warn',
  });
  const token = newToken('access');
  await inDatabase(databaseUrl, async (client) => {
    await client.query(bareTables);
    await client.query(
      `insert into token (kind, hash, person_id, created_at, expires_at)
       select 'access', $1, min(id), now(), now() + interval '1 day' from person`,
      [sha256(token)],
    );
  });
  return { ours, token, bare: await children.server('bare-leads.mjs', { DATABASE_URL: databaseUrl }) };
}

const bareTables = `create table same_lead (like lead including all);
  create table plain_lead (id bigserial primary key, name text not null, email text not null, phone text not null,
    ip_address inet not null, created_at timestamptz(3) not null default now())`;

/** Texts as long as sealed ones, digests as scattered as real ones; one domain in a thousand is alike. */
async function fill(databaseUrl, howMany) {
  const columns = 'name, sealed_key, email, phone, ip_address, email_a, phone_a, domain_a, last_four_a';
  const filler = (length) => `rpad('v1.filler.' || md5(n::text), ${length}, md5((n + 1)::text))`;
  const digest = (what) => `sha256(${what}::bytea)`;
  const values = `'Person ' || n, ${filler(120)}, ${filler(72)}, ${filler(64)}, inet '100.64.0.0' + n, ${digest("('e' || n)")},
    ${digest("('p' || n)")}, ${digest("('d' || n % 1000)")}, ${digest("('f' || n % 10000)")}`;
  await inDatabase(databaseUrl, async (client) => {
    for (const table of ['lead', 'same_lead'])
      await client.query(`insert into ${table} (${columns}) select ${values} from generate_series(1, $1::int) n`, [
        howMany,
      ]);
    await client.query('vacuum analyze lead, same_lead');
    await client.query('checkpoint');
  });
}

async function inDatabase(url, work) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await work(client).finally(() => client.end());
}

/** In turns, so that the machine's moods are shared. */
async function alternate({ contestants, load, plan, say }) {
  const { rounds, seconds, warmUp } = plan;
  for (const { url, path } of contestants) await load({ url, path, connections, seconds: warmUp });
  const measured = new Map(contestants.map(({ title }) => [title, []]));
  for (let round = 0; round < rounds; round++) {
    say(`${contestants.map(({ title }) => title).join(' · ')}: round ${round + 1} of ${rounds}`);
    for (const { title, url, path, cpu } of rotated(contestants, round)) {
      const before = await cpu();
      const result = await load({ url, path, connections, seconds });
      measured.get(title).push({ ...result, cpuMicroseconds: (((await cpu()) - before) / result.requests) * 1_000 });
    }
  }
  return measured;
}

/** By e-mail and by number, one after another, for people who are among all those that were stored. */
async function search({ ours, token }, { searches }) {
  const headers = { authorization: `Bearer ${token}` };
  const ask = async (query) => (await fetch(`${ours.url}/leads?${new URLSearchParams(query)}`, { headers })).json();
  const newest = (await ask({ limit: 100 })).items.filter(({ email }) => email.startsWith('person-'));
  if (newest.length === 0) throw new Error('nobody of the load is among the newest leads');
  const took = [];
  for (let n = 0; n < searches; n++) {
    const { id, email, phone } = newest[n % newest.length];
    const query = n % 2 ? { email } : { phone };
    const begun = performance.now();
    const { items } = await ask(query);
    took.push(performance.now() - begun);
    if (items.length !== 1 || items[0].id !== id) throw new Error(`found ${JSON.stringify(items)} for ${id}`);
  }
  return took.sort((a, b) => a - b);
}

function report({ plan, against, growth, searches }) {
  const { few, many, rounds, seconds } = plan;
  const own = against.get('Switchboard');
  const rowOf = (title, runs, ratio) => [
    title,
    ...['perSecond', 'p50', 'p95', 'cpuMicroseconds'].map((key) => number(median(runs.map((one) => one[key])))),
    ratio,
  ];
  const ratiosTo = (title) => against.get(title).map(({ perSecond }, round) => own[round].perSecond / perSecond);
  const [small, big] = [...growth.values()];
  const grown = big.map(({ p95 }, round) => p95 / small[round].p95);
  const searchP95 = searches[Math.floor(searches.length * 0.95)];
  const bare = ['bare, plain INSERT', 'bare, same table'];
  return {
    title: 'Taking leads in',
    text: `POST /leads in production mode, each lead from an address of its own behind a proxy, ${connections} connections, medians of ${rounds} rounds of ${seconds} s that alternate, all on this one machine. The bare routes are Fastify with one INSERT through the same driver and pool size: of the four values as they came, and of ready-made bytes into a table like ours with all of its indexes, ${few} leads being stored before. Then with ${few} and with ${many} stored. An exact search by e-mail or number among ${many} took ${number(searches[Math.floor(searches.length / 2)])} ms in the middle and ${number(searchP95)} ms at p95.`,
    columns: ['server', 'leads/s', 'p50 ms', 'p95 ms', 'CPU µs each', 'ours ÷ it'],
    rows: [
      rowOf('Switchboard', own, ''),
      ...bare.map((title) => rowOf(title, against.get(title), spread(ratiosTo(title)))),
      rowOf(`Switchboard, ${few} stored`, small, ''),
      rowOf(`Switchboard, ${many} stored`, big, `p95: ${spread(grown)}`),
    ],
    checks: [
      { what: 'ours ÷ a bare route with one plain INSERT', reached: median(ratiosTo(bare[0])), wanted: wanted.plain },
      { what: 'ours ÷ a bare route into the same table', reached: median(ratiosTo(bare[1])), wanted: wanted.same },
      {
        what: `${wanted.growth} × p95 at ${few} ÷ p95 at ${many}`,
        reached: wanted.growth / median(grown),
        wanted: 1,
      },
      { what: `${wanted.searchMs} ms ÷ p95 of an exact search`, reached: wanted.searchMs / searchP95, wanted: 1 },
    ],
  };
}

const rotated = (list, by) => [...list.slice(by % list.length), ...list.slice(0, by % list.length)];
const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
const number = (value) => (value >= 100 ? String(Math.round(value)) : value.toFixed(1));
const spread = (ratios) =>
  `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
