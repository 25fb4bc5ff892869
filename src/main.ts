// Where the program begins: configuration → app → roles → an ordered end. What refuses a start is told in one sentence.
import { App } from './app.js';
import { ConfigError, readConfig } from './config.js';
import { configHelp } from './server/config-help.js';
import { banner, narrator } from './server/narrator.js';
import { serve } from './server/serve.js';
import { untilAskedToStop } from './server/shutdown.js';
import { StartRefused } from './server/start-refused.js';
import { createLogger } from './shared/logger.js';

async function main(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(configHelp());
  const config = readConfig();
  const log = createLogger({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
  });
  const stopping = untilAskedToStop(log);
  const app = await App.create({ config, log, say: narrator(process.stdout) });
  try {
    const service = await serve(app);
    const firstAdmin = await app.prepare(stopping.signal);
    process.stdout.write(banner({ version: app.parts.facts.version, config, url: service.url, firstAdmin }));
    await service.drain(await stopping.asked);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    await app.close(stopping.signal.aborted ? (await stopping.asked).graceMs : 0);
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const told = error instanceof StartRefused || error instanceof ConfigError;
    process.stderr.write(`${told ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(told ? 2 : 1);
  },
);
