// `npm run admin -- reset <login>`: for whoever runs the server and lost the password. Works beside a running server
// and without one.
import { randomUUID } from 'node:crypto';
import { App } from './app.js';
import { systemViewer } from './auth/viewer.js';
import { readConfig } from './config.js';
import { runToEnd } from './server/program.js';
import { StartRefused } from './server/start-refused.js';
import { createLogger } from './shared/logger.js';

async function main([command, login]: readonly string[]): Promise<void> {
  if (command !== 'reset' || !login) throw new StartRefused('Usage: npm run admin -- reset <login>');
  const config = { ...readConfig([]), ROLES: [] };
  const log = createLogger({ level: 'error', format: 'pretty' });
  const app = await App.create({ config, log, visitor: true });
  try {
    await app.prepareDatabase(AbortSignal.timeout(15_000));
    const password = await app.unit(systemViewer(randomUUID()), ({ users }) => users.resetByLogin(login));
    process.stdout.write(
      `\n  Login     ${login}\n  Password  ${password}   (one-time: it has to be changed at the next sign-in)\n\n`,
    );
  } finally {
    await app.close(0);
  }
}

await runToEnd(() => main(process.argv.slice(2)));
