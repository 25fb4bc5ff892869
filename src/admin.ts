// `npm run admin -- reset <login>`: for whoever runs the server and lost the password. Works beside a running server
// and without one.
import { runToEnd } from './server/program.js';
import { StartRefused } from './server/start-refused.js';
import { visit } from './server/visit.js';

async function main([command, login]: readonly string[]): Promise<void> {
  if (command !== 'reset' || !login) throw new StartRefused('Usage: npm run admin -- reset <login>');
  const password = await visit(({ users }) => users.resetByLogin(login));
  process.stdout.write(
    `\n  Login     ${login}\n  Password  ${password}   (one-time: it has to be changed at the next sign-in)\n\n`,
  );
}

await runToEnd(() => main(process.argv.slice(2)));
