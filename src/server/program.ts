// One run of the program: configuration → app → roles → an ordered end. What refuses a start is told in one sentence.
import { type Config, ConfigError, readConfig } from '../config.js';
import { toFailure } from '../shared/errors.js';
import { createLogger, type Logger } from '../shared/logger.js';
import { configHelp } from './config-help.js';
import { simulatorPages, startLocalWorld } from './local-world.js';
import { type Narrator, narrator } from './narrator.js';
import { type Stopping, untilAskedToStop } from './shutdown.js';
import { StartRefused } from './start-refused.js';
import { unknownSettings } from './unknown-settings.js';

async function run(): Promise<void> {
  if (process.argv.includes('--help')) return void process.stdout.write(configHelp());
  const ignored = unknownSettings();
  const config = readSettings(ignored);
  const log = createLogger({
    level: config.LOG_LEVEL,
    format: config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json'),
  });
  for (const sentence of ignored) log.warn(sentence);
  const stopping = untilAskedToStop(log, config.DRAIN_DELAY ?? (config.NODE_ENV === 'production' ? 5_000 : 0));
  const running = { config, log, stopping, tell: narrator(config, log) };
  await (config.ROLES.includes('simulators') ? runSimulators(running) : runProduct(running));
}

/** A misspelt name may be why something else is missing. */
function readSettings(ignored: readonly string[]): Config {
  try {
    return readConfig();
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError([...error.problems, ...ignored]) : error;
  }
}

interface Run {
  readonly config: Config;
  readonly log: Logger;
  readonly stopping: Stopping;
  readonly tell: Narrator;
}

/** Its process stays small: the product is not loaded. */
async function runSimulators({ config, stopping, tell }: Run): Promise<void> {
  if (config.NODE_ENV === 'production') return tell.say('There is no local world in production.');
  const { playSimulators } = await import('../roles/simulators.js');
  await playSimulators(config, stopping, tell);
}

async function runProduct({ config, log, stopping, tell }: Run): Promise<void> {
  const say = (message: string): void => tell.say(message);
  const [{ App }, { serve }, localWorld] = await Promise.all([
    import('../app.js'),
    import('./serve.js'),
    startLocalWorld(config, say),
  ]);
  const app = await App.create({ config, log, localWorld, say });
  try {
    // On a terminal a line for each request would soon have pushed the addresses and the login away.
    const service = await serve(app, { accessLog: process.stdout.isTTY ? 'debug' : 'info' });
    const admin = await app.prepare(stopping.signal);
    const { version } = app.parts.facts;
    tell.welcome({ version, config, url: service.url, simulatorPages: simulatorPages(config, localWorld), admin });
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
    const told = error instanceof StartRefused || error instanceof ConfigError ? error : toFailure(error);
    const isOurs = 'code' in told && told.code === 'INTERNAL';
    process.stderr.write(`${isOurs && error instanceof Error ? error.stack : told.message}\n`);
    process.exit(isOurs ? 1 : 2);
  }
}
