// One run of the program: configuration → app → roles → an ordered end. What refuses a start is told in one sentence.
import { App } from '../app.js';
import { ConfigError, readConfig } from '../config.js';
import { Failure } from '../shared/errors.js';
import { createLogger } from '../shared/logger.js';
import { configHelp } from './config-help.js';
import { banner, narrator } from './narrator.js';
import { serve } from './serve.js';
import { untilAskedToStop } from './shutdown.js';
import { StartRefused } from './start-refused.js';

async function run(): Promise<void> {
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

/** Ends the process: 0 in order, 2 where the person who started it has to do something, 1 where it is our fault. */
export async function runToEnd(work: () => Promise<void> = run): Promise<never> {
  try {
    await work();
    process.exit(0);
  } catch (error) {
    const told = error instanceof StartRefused || error instanceof ConfigError || error instanceof Failure;
    process.stderr.write(`${told ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(told ? 2 : 1);
  }
}
