// Somebody who means harm, as a process of their own at 127.0.0.2: sockets with invalid documents, texts that a slow parser would
// choke on, wrong tokens. Begins when it is started; told to stop, it tells what it was answered.
import { Agent, request } from 'node:http';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';

const url = process.argv[2] ?? '';
const from = { localAddress: '127.0.0.2' };
const sockets = 100;
const connections = 16;
/** As many as one socket may say. */
const documentsPerSecond = 18;
const answered = {};
let isOn = true;
let said = 0;

const count = (what) => {
  answered[what] = (answered[what] ?? 0) + 1;
};

const text = '" cannot represent "'.repeat(11_000);
const spaces = ' '.repeat(60_000);
const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, 1]));
const wrongToken = () => `sb_${Math.random().toString(36).slice(2).padEnd(43, 'x')}`;
const post = (query, variables, headers = {}) => ({
  path: '/graphql',
  body: JSON.stringify({ query, variables }),
  headers,
});
const attacks = [
  () => post('query ($s: [MailingStatus!]) { mailings(filter: { status: $s }) { totalCount } }', { s: [text] }),
  () => post('query ($f: ClientFilter) { clients(filter: $f) { totalCount } }', { f: { [text]: 1 } }),
  () => post('query ($f: ClientFilter) { clients(filter: $f) { totalCount } }', { f: keys }),
  () => ({ path: '/lead-form', headers: { 'accept-language': `en${' '.repeat(15_500)}` } }),
  () => post('{ viewer { user { login } } }', {}, { authorization: `Bearer ${wrongToken()}` }),
];
/** 60 kB of fields that are not there, each time other ones. */
const invalidDocument = () => {
  const salt = Math.random().toString(36).slice(2, 8);
  return `{ ${Array.from({ length: 4_000 }, (_, n) => `mailin${salt}${n}`).join(' ')} }`.slice(0, 60_000);
};

function ask(agent, { path, body, headers }) {
  return new Promise((resolve) => {
    const type =
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(`${url}${path}`, { agent, method: body ? 'POST' : 'GET', headers: { ...type, ...headers } });
    asked.once('response', (response) => {
      count(response.statusCode);
      response.resume().once('close', resolve);
    });
    asked.once('error', () => {
      count('cut');
      resolve();
    });
    asked.end(body);
  });
}

async function postOn(first) {
  const agent = new Agent({ ...from, keepAlive: true, maxSockets: 1 });
  for (let n = first; isOn; n++) await ask(agent, (attacks[n % attacks.length] ?? attacks[0])());
  agent.destroy();
}

/** Opened again whenever it is closed; every tenth greets with a token that is none. */
async function talkOn(n) {
  while (isOn) {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', from);
    const closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        count(`closed ${code}`);
        resolve(undefined);
      });
      socket.on('error', () => undefined);
    });
    socket.once('open', () => {
      count('opened');
      const Authorization = n % 20 === 0 ? `Bearer${spaces}a\nb` : `Bearer ${wrongToken()}`;
      socket.send(JSON.stringify({ type: 'connection_init', ...(n % 10 === 0 ? { payload: { Authorization } } : {}) }));
    });
    const talking = setInterval(() => {
      if (socket.readyState !== WebSocket.OPEN) return;
      said++;
      socket.send(JSON.stringify({ id: String(said), type: 'subscribe', payload: { query: invalidDocument() } }));
    }, 1_000 / documentsPerSecond);
    process.once('message', () => socket.terminate());
    await closed;
    clearInterval(talking);
    await sleep(50);
  }
}

// Their machine is not the one that they attack.
setPriority(constants.priority.PRIORITY_LOW);
process.setMaxListeners(0);
process.once('message', async () => {
  isOn = false;
  process.send?.({ ...answered, documents: said }, () => process.exit());
});
process.once('disconnect', () => process.exit());
for (let n = 0; n < sockets; n++) void talkOn(n);
for (let n = 0; n < connections; n++) void postOn(n);
