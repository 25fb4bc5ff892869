// `npm run admin -- <command>`: what a person on the server's own machine may do without a sign-in, beside a running server
// and without one.
import { readConfig } from './config.js';
import { runToEnd } from './server/program.js';
import { startSampleMailing } from './server/sample-data.js';
import { StartRefused } from './server/start-refused.js';
import { visit } from './server/visit.js';

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<string> | undefined>> = {
  reset: ([login]) => (login ? reset(login) : undefined),
  'sample-mailing': sampleMailing,
};

const usage = `Usage:
  npm run admin -- reset <login>     a one-time password for a person who lost theirs
  npm run admin -- sample-mailing    a mailing to watch, through the simulated gateway`;

async function reset(login: string): Promise<string> {
  const password = await visit(({ users }) => users.resetByLogin(login));
  return `  Login     ${login}\n  Password  ${password}   (one-time: it has to be changed at the next sign-in)`;
}

/** It goes to everybody in the directory, so a real gateway must never get it. */
async function sampleMailing(): Promise<string> {
  const { NODE_ENV, MESSAGE_GATEWAY_URL } = readConfig([]);
  if (NODE_ENV === 'production' || MESSAGE_GATEWAY_URL !== undefined) {
    throw new StartRefused(
      'A sample mailing goes to the simulated gateway only: not in production, and not while MESSAGE_GATEWAY_URL is set.',
    );
  }
  return `  Mailing   ${await visit(startSampleMailing)}   (it takes a minute or two; watch it as README.md shows)`;
}

await runToEnd(async () => {
  const [command = '', ...args] = process.argv.slice(2);
  const told = await commands[command]?.(args);
  if (told === undefined) throw new StartRefused(usage);
  process.stdout.write(`\n${told}\n\n`);
});
