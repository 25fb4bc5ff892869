// Somebody at another address attacks: a hundred unsigned sockets with invalid documents, sixteen connections with texts that a slow
// parser would choke on, wrong tokens. Whoever is signed in meanwhile is answered, and told of events, as if nothing were.
import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventServer } from '../support/event-server.js';
import { ownPostgres } from '../support/own-postgres.js';
import { SocketClient } from '../support/socket-client.js';
import { SteadyLoad, share } from '../support/steady-load.js';

const short = process.argv.includes('--short');
const seconds = short ? 10 : 20;
const requestsPerSecond = 40;
const eventsPerSecond = 10;
/** Milliseconds. */
const most = { p99: 500, late: 1_000 };
/** What is less was no attack. */
const least = { answers: 20, sockets: 100, documents: 500 };
const documents = [
  '{ viewer { user { login } abilities } }',
  '{ systemStatus { version queuedMessages } }',
  '{ clients(first: 20) { nodes { id phone tag } } }',
  '{ mailings(first: 10) { nodes { id status stats { planned sent } } } }',
];

type Attack = Readonly<Record<string, number>>;

interface Seen {
  readonly latencies: readonly number[];
  readonly refused: readonly string[];
  /** Milliseconds from its publication on, of each event. */
  readonly lateness: readonly number[];
  readonly attack: Attack;
}

const postgres = await ownPostgres();
const settings = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'silent',
  ROLES: 'web',
  DATABASE_URL: postgres.url,
  ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
};
const server = new EventServer(settings);
/** Nobody attacks this one: what it publishes is on time. */
let publisher: EventServer | undefined;
try {
  const seen = await run();
  say(seen);
  const faults = judge(seen);
  for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  await Promise.all([server.stop(), publisher?.stop()]);
  await postgres.stop();
}

async function run(): Promise<Seen> {
  const url = await server.url();
  publisher = new EventServer(settings);
  await publisher.url();
  const token = await signIn(url);
  const listener = listen(await new SocketClient(`${url.replace(/^http/, 'ws')}/graphql`).ready(token));
  const load = new SteadyLoad({
    perSecond: requestsPerSecond,
    ask: (n) => graphql(url, documents[n % documents.length] ?? '', token),
  });
  // Compiled and warm before it counts.
  await sleep(2_000);
  const attacker = fork(resolve('tests/support/attacker.mjs'), [url]);
  await sleep(500);
  load.enter('attacked');
  await publisher.publishEvenly(eventsPerSecond, seconds);
  load.enter(undefined);
  // What was late is still on its way.
  await sleep(2_000);
  const attack = await stop(attacker);
  await load.stop();
  listener.end();
  return { latencies: load.latencies('attacked'), refused: load.failed, lateness: listener.lateness, attack };
}

/** Notes when each event came. */
function listen(socket: SocketClient): { readonly lateness: number[]; end(): void } {
  const lateness: number[] = [];
  socket.subscribe('1', 'subscription { testEvents { at } }');
  const looking = setInterval(() => {
    const now = Date.now();
    for (const { payload } of socket.of('1').slice(lateness.length))
      lateness.push(now - Number((payload as { data: { testEvents: { at: string } } }).data.testEvents.at));
  }, 10);
  return {
    lateness,
    end() {
      clearInterval(looking);
      socket.end();
    },
  };
}

async function graphql<Data>(url: string, query: string, token?: string): Promise<Data> {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
  if (!data || errors) throw new Error(`${response.status} ${JSON.stringify(errors)}`);
  return data;
}

async function signIn(url: string): Promise<string> {
  const query = 'mutation { signIn(login: "admin", password: "a password for one run") { accessToken } }';
  return (await graphql<{ signIn: { accessToken: string } }>(url, query)).signIn.accessToken;
}

async function stop(attacker: ChildProcess): Promise<Attack> {
  if (attacker.exitCode !== null) throw new Error(`the attacker ended: ${attacker.exitCode}`);
  attacker.send('stop');
  const [attack] = (await once(attacker, 'message')) as [Attack];
  return attack;
}

function say({ latencies, refused, lateness, attack }: Seen): void {
  const worst = (of: readonly number[]): string => `${Math.max(0, ...of).toFixed(0)} ms`;
  process.stdout.write(
    `${latencies.length} requests under attack: p50 ${share(latencies, 0.5).toFixed(0)} ms, p99 ${share(latencies, 0.99).toFixed(0)} ms, ` +
      `the slowest ${worst(latencies)}, ${refused.length} refused; ${lateness.length} events, the latest after ${worst(lateness)}\n` +
      `the attacker saw ${JSON.stringify(attack)}\n`,
  );
}

function judge({ latencies, refused, lateness, attack }: Seen): string[] {
  const p99 = share(latencies, 0.99);
  const late = lateness.filter((ms) => ms > most.late).length;
  const told = lateness.length;
  const answers = Object.entries(attack).reduce((sum, [what, n]) => (/^\d+$/.test(what) ? sum + n : sum), 0);
  const { opened = 0, documents: sent = 0 } = attack;
  const isAttack = answers >= least.answers && opened >= least.sockets && sent >= least.documents;
  return [
    ...(p99 <= most.p99 ? [] : [`99 of 100 requests took up to ${p99.toFixed(0)} ms`]),
    ...(refused.length === 0 ? [] : [`${refused.length} requests were refused, e.g. ${refused[0]}`]),
    ...(told === seconds * eventsPerSecond ? [] : [`${told} of ${seconds * eventsPerSecond} events came`]),
    ...(late === 0 ? [] : [`${late} events were late by more than ${most.late} ms`]),
    ...(isAttack ? [] : ['there was hardly an attack']),
  ];
}
