// One run of the program: configuration → app → roles → an ordered end. What refuses a start is told in one sentence.
import { type Config, ConfigError, readConfig } from '../config.js';
import { Failure } from '../shared/errors.js';
import { createLogger, type Logger } from '../shared/logger.js';
import { configHelp } from './config-help.js';
import { simulatorPages, startLocalWorld } from './local-world.js';
import { banner, narrator } from './narrator.js';
import { type Stopping, untilAskedToStop } from './shutdown.js';
import { StartRefused } from './start-refused.js';

async function run(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(configHelp());
  const config = readConfig();
  const log = createLogger({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
  });
  const stopping = untilAskedToStop(log);
  await (config.ROLES.includes('simulators') ? runSimulators(config, stopping) : runProduct({ config, log, stopping }));
}

/** Its process stays small: the product is not loaded. */
async function runSimulators(config: Config, stopping: Stopping): Promise<void> {
  if (config.NODE_ENV === 'production') {
    process.stdout.write('There is no local world in production.\n');
    return;
  }
  const { playSimulators } = await import('../roles/simulators.js');
  await playSimulators(config, stopping);
}

interface Run {
  readonly config: Config;
  readonly log: Logger;
  readonly stopping: Stopping;
}

async function runProduct({ config, log, stopping }: Run): Promise<void> {
  const say = narrator(process.stdout);
  const [{ App }, { serve }, localWorld] = await Promise.all([
    import('../app.js'),
    import('./serve.js'),
    startLocalWorld(config, say),
  ]);
  const app = await App.create({ config, log, localWorld, say });
  try {
    const service = await serve(app);
    const firstAdmin = await app.prepare(stopping.signal);
    const { version } = app.parts.facts;
    const pages = simulatorPages(config, localWorld);
    process.stdout.write(banner({ version, config, url: service.url, simulatorPages: pages, firstAdmin }));
    await service.drain(await stopping.asked);
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
  } finally {
    await app.close(stopping.signal.aborted ? (await stopping.asked).graceMs : 0);
    // After the last message.
    await localWorld?.stop();
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
