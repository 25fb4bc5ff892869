// Makes `npm start` and `npm test` work on a fresh clone: installs the packages that package-lock.json names, applies
// patches/ and compiles into dist/, each only when it has to. Plain Node 20 without packages, as there are none yet.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLock } from './bootstrap-lock.mjs';

const at = (...path) => join(dirname(dirname(fileURLToPath(import.meta.url))), ...path);
const isWindows = process.platform === 'win32';
/** The project's own Node: each platform has a package of its own, with an integrity in the lock file. */
const nodePackage = `node-${isWindows ? 'win' : process.platform === 'darwin' && process.arch === 'arm64' ? 'bin-darwin' : process.platform}-${process.arch}`;
const ownNode = at('node_modules', nodePackage, 'bin', isWindows ? 'node.exe' : 'node');

const INSTALL_STAMP = at('node_modules', '.switchboard-stamp');
const BUILD_STAMP = at('dist', '.stamp');
const PLATFORMS = 'Linux (x64, arm64), macOS (x64, arm64) or Windows (x64)';
const SOURCES = ['src', 'migrations', 'tsconfig.json', 'tsconfig.build.json'];

class Failure extends Error {}

let lock;
let child;

try {
  await bootstrap();
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function bootstrap() {
  const [major] = process.versions.node.split('.');
  if (Number(major) < 20) throw new Failure(`Node 20 or newer is needed, and this is ${process.version}.`);
  if (isInstalled() && isBuilt()) return;
  try {
    lock = await takeLock(at('.tmp', 'bootstrap.lock'));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => interrupt(signal));
    if (!isInstalled()) await install();
    if (!isBuilt()) await build();
  } catch (error) {
    throw error.code ? new Failure(`The installation cannot go on (${error.message}).`) : error;
  } finally {
    lock?.release();
  }
}

// Installing

function isInstalled() {
  return read(INSTALL_STAMP) === installStamp() && isComplete();
}

/** The hidden lock file changes with whatever npm does in node_modules, so that nobody's `npm install` goes unseen. */
function installStamp() {
  const inputs = ['package-lock.json', 'patches', join('node_modules', '.package-lock.json')];
  return fingerprint([process.platform, process.arch], inputs);
}

/** npm writes the hidden lock file last, but removes files of an earlier install in any order. */
function isComplete() {
  const there = Object.keys(lockedPackages('node_modules', '.package-lock.json'));
  return existsSync(ownNode) && there.every((path) => existsSync(at(path, 'package.json')));
}

async function install() {
  const byNpmItself = matchesLock() && isComplete();
  rmSync(INSTALL_STAMP, { force: true });
  if (!byNpmItself) await step('Installing the packages', installPackages);
  await step('Applying patches', applyPatches);
  writeFileSync(INSTALL_STAMP, installStamp());
}

/** Whether somebody's own `npm ci` has just done it, on this kind of machine. */
function matchesLock() {
  const there = lockedPackages('node_modules', '.package-lock.json');
  if (Object.values(there).some(isForOthers)) return false;
  return Object.entries(lockedPackages('package-lock.json')).every(([path, wanted]) => {
    const found = there[path];
    if (!found) return path === '' || wanted.optional;
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
}

function isForOthers({ os, cpu }) {
  return (os && !os.includes(process.platform)) || (cpu && !cpu.includes(process.arch));
}

async function installPackages() {
  const npm = process.env.npm_execpath ?? '';
  const [command, ...first] = basename(npm) === 'npm-cli.js' ? [outerNode(), npm] : ['npm'];
  // With NODE_ENV=production npm would leave out the compiler.
  const args = [
    ...first,
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts=false',
    '--no-audit',
    '--no-fund',
  ];
  const { failed, ending, output } = await run(command, args, { PATH: outerPath().join(delimiter) });
  if (failed) {
    const complaint = npmComplaint(output) || `npm ended with ${ending}`;
    throw new Failure(`The packages could not be installed (${complaint}): "npm ci" tells more.`);
  }
  if (!existsSync(ownNode)) {
    throw new Failure(
      `npm did not install ${nodePackage}, which brings Node 24: see "omit" in its configuration. Without a package for this platform, start on ${PLATFORMS}.`,
    );
  }
  if (!isComplete()) throw new Failure('npm did not install every package of the lock file: "npm ci" tells more.');
}

async function applyPatches() {
  if (!existsSync(at('patches'))) return;
  const { failed, output } = await runScript('patch-package/index.js', ['--error-on-fail']);
  if (!failed) return;
  console.error(output);
  throw new Failure('The patches in patches/ do not fit the installed packages: remove node_modules and try again.');
}

/** The Node that npm itself runs on: the one in node_modules is about to be removed. */
function outerNode() {
  const name = isWindows ? 'node.exe' : 'node';
  const found = outerPath().find((folder) => existsSync(join(folder, name)));
  return found ? join(found, name) : process.execPath;
}

function outerPath() {
  return (process.env.PATH ?? '').split(delimiter).filter((folder) => folder && folder !== at('node_modules', '.bin'));
}

function npmComplaint(output) {
  const said = output.split('\n').flatMap((line) => /^npm (?:error|ERR!) (.+)/.exec(line)?.[1] ?? []);
  const code = said.find((line) => line.startsWith('code '))?.slice('code '.length);
  const words = said.find((line) => /\s\S+\s/.test(line) && !/^(code|syscall|errno|path|dest) /.test(line));
  return [code, words].filter(Boolean).join(', ');
}

// Building

function isBuilt() {
  return !existsSync(at('tsconfig.build.json')) || read(BUILD_STAMP) === buildStamp();
}

function buildStamp() {
  return fingerprint([read(at('package-lock.json'))], SOURCES);
}

async function build() {
  const [fresh, old] = [at('dist.new'), at('dist.old')];
  const stamp = buildStamp();
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  await step('Compiling', async () => {
    const { failed, output } = await runScript('typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', fresh]);
    if (!failed) return;
    rmSync(fresh, { recursive: true, force: true });
    console.error(output);
    throw new Failure('The program could not be compiled: the errors are above.');
  });
  mkdirSync(fresh, { recursive: true });
  writeFileSync(join(fresh, '.stamp'), stamp);
  // A new folder in place of the old one keeps nothing of deleted sources, and is never there by halves.
  if (existsSync(at('dist'))) renameSync(at('dist'), old);
  renameSync(fresh, at('dist'));
  rmSync(old, { recursive: true, force: true });
}

/** The lock stays until npm is gone, and is nobody's then. */
function interrupt(signal) {
  // SIGKILL, for npm goes on for long after others; the whole group, for its children write into node_modules too.
  if (child) process.kill(isWindows ? child.pid : -child.pid, 'SIGKILL');
  process.stderr.write('\n');
  process.exit(signal === 'SIGINT' ? 130 : 143);
}

// Running and telling

async function step(title, work) {
  const begun = Date.now();
  const elapsed = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  const show = (text, end) => process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}${end}` : `${text}\n`);
  show(`${title} …`, '');
  const ticker = process.stderr.isTTY ? setInterval(() => show(`${title} … ${elapsed()}`, ''), 1000) : undefined;
  let outcome = 'failed after';
  try {
    await work();
    outcome = 'done in';
  } finally {
    clearInterval(ticker);
    show(`${title}: ${outcome} ${elapsed()}`, '\n');
  }
}

/** With the project's own Node, whatever runs this file. Not by way of .bin, whose files are shell scripts on Windows. */
function runScript(script, args) {
  return run(ownNode, [at('node_modules', ...script.split('/')), ...args]);
}

async function run(command, args, env = {}) {
  // npm is npm.cmd there, which only a shell starts.
  const shell = isWindows && command === 'npm';
  child = spawn(command, args, {
    cwd: at(),
    env: { ...process.env, ...env },
    shell,
    detached: !isWindows,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (child.pid) lock.shareWith(child.pid);
  let output = '';
  const collect = (text) => {
    output += text;
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const ending = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(signal ?? status));
  });
  child = undefined;
  return { failed: ending !== 0, ending, output };
}

function lockedPackages(...path) {
  try {
    return JSON.parse(readFileSync(at(...path), 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

function fingerprint(texts, paths) {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(`${text}\0`);
  for (const path of paths) addTo(hash, path);
  return hash.digest('hex');
}

function addTo(hash, path) {
  let entries = [];
  try {
    entries = readdirSync(at(path), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR')
      hash
        .update(`${path}\0`)
        .update(readFileSync(at(path)))
        .update('\0');
  }
  for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) addTo(hash, inside);
    else
      hash
        .update(`${inside}\0`)
        .update(readFileSync(at(inside)))
        .update('\0');
  }
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
