// The process that brings leads to another key is killed in the middle of each phase: the next one goes on where it was, and
// meanwhile both keys read.

import pg from 'pg';
import {
  emailOf,
  findLeads,
  keyUse,
  newKey,
  phoneOf,
  plantLeads,
  rotate,
  rotationOf,
  settingOf,
} from '../support/lead-keys.js';
import { Program, temporaryFolder, until } from '../support/program.js';
import { type TestServer, testServer } from '../support/server.js';

const leads = 4_000;
const [oldKey, key] = [newKey('old'), newKey('new')];
const settings = settingOf(key, oldKey);
const folder = temporaryFolder();
const programs: Program[] = [];
let server: TestServer;

beforeAll(async () => {
  const first = await testServer({ ...settingOf(oldKey), ROLES: 'web' });
  await plantLeads(first.database, { key: oldKey, count: leads });
  server = await testServer({ ...settings, ROLES: 'web', DATABASE_URL: first.database.url });
  const { close } = server;
  server = { ...server, database: first.database, close: () => close().then(() => first.close()) };
}, 60_000);
afterEach(() => Promise.all(programs.splice(0).map((program) => program.end())));
afterAll(async () => {
  await server.close();
  folder.remove();
});

function start(environment: Record<string, string>, role: string): Program {
  const common = { DATABASE_URL: server.database.url, DATA_DIR: folder.path, SIMULATORS: 'off', SAMPLE_DATA: 'off' };
  const program = new Program({ ...common, ...environment }, [`--roles=${role}`]);
  programs.push(program);
  return program;
}

/** A worker that can't get past the lead behind that place, because somebody holds it, is killed in the middle of its chunk. */
async function killedAt(place: number, isThere: () => Promise<boolean>): Promise<void> {
  const somebody = new pg.Client({ connectionString: server.database.url });
  // It may have to go before its time.
  somebody.on('error', () => undefined);
  await somebody.connect();
  await somebody.query('begin');
  await somebody.query('select from lead where id = (select id from lead order by id offset $1 limit 1) for update', [
    place,
  ]);
  const worker = start(settings, 'worker');
  await until(isThere, 60_000, `all done up to ${place}`);
  worker.signal('SIGKILL');
  await worker.exited;
  expect(await isThere()).toBe(true);
  await somebody.end();
}

const cursor = async (): Promise<number> => {
  const [keys] = await server.database.query<{ cursor: string }>('select cursor from lead_keys');
  return Number(keys?.cursor);
};

async function expectAllToBeRead(): Promise<void> {
  for (const n of [0, leads / 2, leads - 1]) {
    const lead = { email: emailOf(n), phone: phoneOf(n) };
    expect(await findLeads(server.admin, { email: lead.email })).toMatchObject([lead]);
    expect(await findLeads(server.admin, { phone: lead.phone })).toMatchObject([lead]);
  }
}

it('goes on where it was, reads with both keys meanwhile, and needs the new one alone in the end', async () => {
  const { database } = server;
  const done = async (): Promise<number> => (await rotationOf(server.admin))?.done ?? 0;
  expect(await rotate(server.admin)).toMatchObject({ keyId: 'new', total: leads, done: 0 });
  for (const place of [1_500, 3_000]) {
    await killedAt(place, async () => (await done()) === place);
    expect(await cursor()).toBe(place);
    const half = { phase: 'FILLING', kid: 'old', indexedA: leads, indexedB: place, sealedWith: ['new', 'old'] };
    expect(await keyUse(database)).toEqual(half);
    await expectAllToBeRead();
  }

  await killedAt(2_001, async () => (await keyUse(database)).phase === 'CLEARING' && (await cursor()) === 2_000);
  const half = { phase: 'CLEARING', kid: 'new', indexedA: leads / 2, indexedB: leads, sealedWith: ['new'] };
  expect(await keyUse(database)).toEqual(half);
  expect(await rotationOf(server.admin)).toMatchObject({ total: leads, done: leads, finishedAt: null });
  await expectAllToBeRead();

  start(settings, 'worker');
  await until(async () => (await rotationOf(server.admin))?.finishedAt != null, 60_000, 'the end');
  expect(await rotationOf(server.admin)).toMatchObject({ keyId: 'new', total: leads, done: leads });
  expect(await keyUse(database)).toEqual({
    phase: 'STABLE',
    kid: 'new',
    sealedWith: ['new'],
    indexedA: 0,
    indexedB: leads,
  });
  await expectAllToBeRead();
  await start(settingOf(key), 'web').ready();
}, 300_000);
