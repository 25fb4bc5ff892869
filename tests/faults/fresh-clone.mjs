// What a newcomer does: a fresh clone in a private folder, `npm start`, the printed password, a first query, Ctrl-C, and again.
// Plain Node 20; run by .ci/run, with the machine's own npm or with --npm=latest. Leaves nothing behind.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const installLimit = 300_000;
const readyLimit = { first: 5_000, second: 3_000 };
const stopLimit = 5_000;

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fresh-clone-')));
const clone = join(folder, 'switchboard');
const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.endsWith(join('node_modules', '.bin')));
const failures = [];
let program;

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}

try {
  mkdirSync(clone);
  await run('sh', [
    '-c',
    'git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$0"',
    clone,
  ]);
  if (process.argv.includes('--npm=latest')) path.unshift(await latestNpm());
  const port = await freePort();

  program = start(port);
  await program.says(/^Compiling: done/m, installLimit);
  const first = await program.ready(30_000);
  const password = /^ *Password +(\S+)/m.exec(program.output())?.[1] ?? '';
  tell(`ready ${first} ms after it was compiled`, first <= readyLimit.first);
  tell('the password is printed', password !== '');
  tell('the first query is answered', (await viewerLogin(port, password)) === 'admin');
  await stop(program);

  program = start(port);
  const second = await program.ready(30_000);
  tell(`a second start is ready after ${second} ms`, second <= readyLimit.second);
  tell('the password was printed once', !/^ *Password/m.test(program.output()));
  tell('the person is still there', (await viewerLogin(port, password)) === 'admin');
  await stop(program);
} catch (error) {
  failures.push(error instanceof Error ? error.message : String(error));
} finally {
  if (failures.length > 0)
    console.error(`${program?.output() ?? ''}\n${failures.map((text) => `✗ ${text}`).join('\n')}`);
  cleanUp();
}
process.exitCode = failures.length > 0 ? 1 : 0;

function cleanUp() {
  const places = ownPlaces();
  for (const pid of leftovers(places)) end(pid);
  for (const path of [folder, ...places]) rmSync(path, { recursive: true, force: true });
}

/** The clone and, as root, the database's folder, which a link in the clone names. */
function ownPlaces() {
  try {
    return [clone, readlinkSync(join(clone, '.data', 'postgres'))];
  } catch {
    return [clone];
  }
}

function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself in the meantime.
    if (error.code !== 'ESRCH') throw error;
  }
}

function tell(text, holds) {
  console.log(`${holds ? '✓' : '✗'} ${text}`);
  if (!holds) failures.push(text);
}

/** `npm start` in a process group of its own, as a terminal would have it, with nothing exported but a free port. */
function start(port) {
  const { HOME, LANG } = process.env;
  const child = spawn('npm', ['start'], {
    cwd: clone,
    env: { PATH: path.join(delimiter), HOME, LANG, PORT: String(port) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise((resolve) => child.once('close', resolve));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const until = async (what, limit, isTrue) => {
    const begun = Date.now();
    while (!(await isTrue())) {
      if (child.exitCode !== null) throw new Error(`npm start ended with status ${child.exitCode}`);
      if (Date.now() - begun > limit) throw new Error(`${what}: not within ${limit / 1_000} s`);
      await sleep(20);
    }
    return Date.now() - begun;
  };
  return {
    output: () => output,
    says: (pattern, limit) => until(String(pattern), limit, () => pattern.test(output)),
    ready: (limit) =>
      until('ready', limit, () =>
        fetch(`http://127.0.0.1:${port}/readyz`).then(
          ({ ok }) => ok,
          () => false,
        ),
      ),
    interrupt: () => process.kill(-child.pid, 'SIGINT'),
    exited,
  };
}

/** Ctrl-C reaches every process of the terminal's group. */
async function stop({ interrupt, exited }) {
  const begun = Date.now();
  interrupt();
  const inTime = await Promise.race([exited.then(() => true), sleep(stopLimit, false, { ref: false })]);
  tell(`Ctrl-C ended it after ${Date.now() - begun} ms`, inTime);
  const left = leftovers(ownPlaces());
  tell(`no process is left${left.length > 0 ? `, but ${left.map(commandOf).join('; ')}` : ''}`, left.length === 0);
}

async function viewerLogin(port, password) {
  const post = async (where, headers, body) =>
    (await fetch(`http://127.0.0.1:${port}${where}`, { method: 'POST', headers, body })).json();
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const credentials = new URLSearchParams({ grant_type: 'password', username: 'admin', password });
  const { access_token: token } = await post('/oauth/token', form, credentials.toString());
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const { data } = await post('/graphql', headers, JSON.stringify({ query: '{ viewer { user { login } } }' }));
  return data?.viewer?.user?.login;
}

/** Whatever still runs out of these folders. */
function leftovers(places) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) =>
      [linkOf(pid, 'cwd'), linkOf(pid, 'exe'), commandOf(pid)].some((text) =>
        places.some((place) => text.includes(place)),
      ),
    );
}

function linkOf(pid, name) {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch {
    return '';
  }
}

function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** The folder of npm's newest version, which blocks install scripts that package.json does not allow. */
async function latestNpm() {
  const home = join(folder, 'npm');
  await run('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', home, 'npm@latest']);
  const bin = join(home, 'node_modules', '.bin');
  console.log(`npm ${await run(join(bin, 'npm'), ['--version'])}`);
  return bin;
}

async function run(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with status ${status}`);
  return output.trim();
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
