// A backup as docs/OPERATIONS.md says it is made and put back: what was sealed can be read again, and is found.
import { exec } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { clearPostgres } from '../support/embedded-postgres-home.js';
import { leadDoors, newAddress, newPerson } from '../support/lead-doors.js';
import { findLeads } from '../support/lead-keys.js';
import { Program, temporaryFolder } from '../support/program.js';
import { type Client, client, signIn } from '../support/server.js';

const password = 'correct horse battery';
const folder = temporaryFolder();
const dataDir = join(folder.path, '.data');
const programs: Program[] = [];
const shell = (command: string) => promisify(exec)(command, { cwd: folder.path });

afterAll(async () => {
  await Promise.all(programs.map((program) => program.end()));
  await clearPostgres(dataDir);
  folder.remove();
}, 30_000);

async function start(): Promise<{ program: Program; admin: Client }> {
  const limits = { REQUESTS_PER_MINUTE: '10000', USER_REQUESTS_PER_MINUTE: '10000' };
  const settings = { DATA_DIR: dataDir, ADMIN_PASSWORD: password, SIMULATORS: 'off', SAMPLE_DATA: 'off', ...limits };
  const program = new Program(settings);
  programs.push(program);
  const url = await program.ready(60_000);
  const { accessToken } = await signIn(client(url, undefined), 'admin', password);
  return { program, admin: client(url, accessToken) };
}

/** The commands of the section in docs/OPERATIONS.md, in their order. */
function documented(): string[] {
  const [, section = ''] = readFileSync('docs/OPERATIONS.md', 'utf8').split('## Backup and restore\n');
  const commands = (section.split('\n## ')[0] ?? '').match(/^tar .*$/gm) ?? [];
  expect(commands).toHaveLength(2);
  return commands;
}

it('brings a hundred leads back from a copy, each readable, and finds one by its e-mail', async () => {
  const first = await start();
  const people = Array.from({ length: 100 }, newPerson);
  const door = leadDoors.find(({ name }) => name === 'GraphQL');
  for (const person of people) {
    const outcome = await door?.create(first.admin, { ...person, ipAddress: newAddress() });
    expect(outcome).toMatchObject({ as: 'STORED' });
  }
  await first.program.end();
  expect(await first.program.exited).toBe(0);

  const [backup = '', restore = ''] = documented();
  await shell(backup);
  await clearPostgres(dataDir);
  rmSync(dataDir, { recursive: true });
  await shell(restore);

  const { admin } = await start();
  const leads = await findLeads(admin, {});
  const contacts = people.map(({ email, phone }) => ({ email, phone }));
  expect(leads.map(({ email, phone }) => ({ email, phone })).reverse()).toEqual(contacts);
  expect(await findLeads(admin, { email: people[41]?.email })).toMatchObject([{ phone: people[41]?.phone }]);
}, 180_000);
