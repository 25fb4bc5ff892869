// `npm run bench`: installs the peers, finds every *.bench.mjs, runs it, prints a table, and writes the figures between
// its markers in docs/PERFORMANCE.md. `-- --short` only shows that everything runs; `-- graphql` runs one of them.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import '../scripts/typescript-names.mjs';

const root = new URL('../', import.meta.url);
const document = new URL('docs/PERFORMANCE.md', root);
const short = process.argv.includes('--short');
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const say = (message) => process.stderr.write(`  ${message}\n`);

installPeers();
const postgres = await openPostgres();
const reports = [];
try {
  for (const name of benches()) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const { run } = await import(`./${name}.bench.mjs`);
    say(`${name} …`);
    const report = { name, ...(await run({ databaseUrl: postgres.url, short, say })) };
    reports.push(report);
    process.stdout.write(`\n${report.title}\n${report.text}\n\n${table(report)}\n${verdicts(report)}\n`);
  }
} finally {
  await postgres.stop();
}
if (!short) {
  reports.forEach(write);
  const missed = reports
    .flatMap(({ checks }) => checks)
    .filter(({ reached, wanted: least, isGoal }) => !isGoal && reached < least);
  process.exitCode = missed.length > 0 ? 1 : 0;
}

function benches() {
  const files = readdirSync(new URL('bench/', root)).filter((file) => file.endsWith('.bench.mjs'));
  return files.map((file) => file.slice(0, -'.bench.mjs'.length)).sort();
}

function installPeers() {
  const [lock, installed] = ['bench/package-lock.json', 'bench/node_modules/.package-lock.json'].map(
    (path) => new URL(path, root),
  );
  if (existsSync(installed) && statSync(installed).mtimeMs > statSync(lock).mtimeMs) return;
  say('installing what it compares with');
  execFileSync(
    'npm',
    ['ci', '--prefix', fileURLToPath(new URL('bench', root)), '--no-audit', '--no-fund', '--ignore-scripts'],
    { stdio: ['ignore', 2, 2] },
  );
}

/** A database of its own, gone when the benches are: what an earlier run or anybody else left has no say. */
async function openPostgres() {
  const server = await openServer();
  const name = `bench_${process.pid}`;
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  await administer(server.url, `drop database if exists ${name} with (force)`, `create database ${name}`);
  return {
    url: url.href,
    stop: async () => {
      await administer(server.url, `drop database if exists ${name} with (force)`);
      await server.stop();
    },
  };
}

async function openServer() {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL, stop: async () => undefined };
  const { startEmbeddedPostgres } = await import(new URL('dist/src/server/embedded-postgres.js', root).href);
  return startEmbeddedPostgres({ dataDir: fileURLToPath(new URL('bench/.data', root)), say });
}

async function administer(url, ...statements) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

function table({ columns, rows }) {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index].length)));
  const line = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''].join('\n');
}

function verdicts({ checks }) {
  const lines = checks.map(({ what, reached, wanted: least, isGoal }) => {
    const verdict = reached >= least ? 'reached' : 'missed';
    return `- ${what}: ${reached.toFixed(2)}, ${isGoal ? 'goal' : 'wanted'} ${least}: ${verdict}\n`;
  });
  return lines.join('');
}

function write(report) {
  const [begin, end] = [`<!-- bench:${report.name} -->`, `<!-- /bench:${report.name} -->`];
  const section = [
    begin,
    `## ${report.title}`,
    '',
    report.text,
    '',
    table(report),
    verdicts(report),
    circumstances(),
    end,
  ].join('\n');
  const before = existsSync(document)
    ? readFileSync(document, 'utf8')
    : '# Performance\n\nWritten by `npm run bench`; do not edit what stands between the markers.\n';
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  const after = from < 0 ? `${before}\n${section}\n` : before.slice(0, from) + section + before.slice(to + end.length);
  writeFileSync(document, after);
  say(`written to ${fileURLToPath(document)}`);
}

function circumstances() {
  const git = (...args) =>
    execFileSync('git', ['-C', fileURLToPath(root), ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  const commit =
    attempt(() => `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') ? ' with changes' : ''}`) ??
    'no commit yet';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return `Measured at ${commit}, ${new Date().toISOString().slice(0, 16)}Z, Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? process.arch}, ${memory}.\n`;
}

function attempt(work) {
  try {
    return work();
  } catch {
    // A copy of the sources without its history can be measured too.
    return undefined;
  }
}
