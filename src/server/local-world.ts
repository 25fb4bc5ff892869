// The local world of this program: one that runs elsewhere, or a process of our own that is started first, is brought
// back when it dies, and ends last. Says where what is not configured is to be found in it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Config, environmentWith } from '../config.js';
import { type SimulatorName, simulatorNames } from '../shared/simulators.js';
import { StartRefused } from './start-refused.js';

export interface LocalWorld {
  readonly url: string;
  stop(): Promise<void>;
}

export interface MessageGatewayPlace {
  readonly url: string;
  readonly token: string | undefined;
}

export interface ImeiProviderPlace {
  readonly name: string;
  readonly url: string;
  readonly token: string;
}

type WorldConfig = Pick<
  Config,
  | 'NODE_ENV'
  | 'ROLES'
  | 'SIMULATORS'
  | 'MESSAGE_GATEWAY_URL'
  | 'MESSAGE_GATEWAY_TOKEN'
  | 'IMEICHECK_URL'
  | 'IMEICHECK_TOKEN'
>;

/** Starts a process where one is wanted and none runs elsewhere. */
export async function startLocalWorld(
  config: WorldConfig & Pick<Config, 'PORT'>,
  say: (message: string) => void,
): Promise<LocalWorld | undefined> {
  const sends = config.ROLES.includes('web') || config.ROLES.includes('worker');
  if (!sends || !isWanted(config) || elsewhere(config)) return undefined;
  return WorldProcess.start(await placeForWorld(config, say), say);
}

/** The same at each start, so that open pages and written-down addresses stay good; far enough from PORT for another program's. */
export const worldPort = (port: number): number => (port === 0 ? 0 : port + (port > 55_535 ? -10_000 : 10_000));

async function placeForWorld({ PORT }: Pick<Config, 'PORT'>, say: (message: string) => void): Promise<number> {
  const port = worldPort(PORT);
  if (await isFree(port)) return port;
  say(`Port ${port}, where the simulators usually are, is taken: they are on another one this time.`);
  return 0;
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}

/** Where the simulators are, if they are used at all. */
const worldUrl = (config: WorldConfig, world: LocalWorld | undefined): string | undefined =>
  isWanted(config) ? (world?.url ?? elsewhere(config)) : undefined;

/** The root of one of them, where it takes the place of a provider that is not configured. */
export function simulatorUrl(
  name: SimulatorName,
  config: WorldConfig,
  world: LocalWorld | undefined,
): string | undefined {
  const url = isSimulated[name](config) ? worldUrl(config, world) : undefined;
  return url && simulatorIn(url, name);
}

export const simulatorIn = (world: string, name: SimulatorName): string => `${world}/${name}`;

/** For a person's browser; a name inside a private network leads nowhere there. */
export function simulatorPages(config: WorldConfig, world: LocalWorld | undefined): SimulatorPage[] {
  return simulatorNames.flatMap((name) => {
    const url = simulatorUrl(name, config, world);
    const { hostname } = new URL(url ?? 'none:');
    return url !== undefined && /^(localhost|127\..*|\[::1\])$/.test(hostname) ? [{ name, href: `${url}/` }] : [];
  });
}

export interface SimulatorPage {
  readonly name: SimulatorName;
  readonly href: string;
}

export function messageGatewayOf(config: WorldConfig, world: LocalWorld | undefined): MessageGatewayPlace | undefined {
  const url = config.MESSAGE_GATEWAY_URL ?? simulatorUrl('gateway', config, world);
  return url === undefined ? undefined : { url, token: config.MESSAGE_GATEWAY_TOKEN };
}

export function imeiProviderOf(config: WorldConfig, world: LocalWorld | undefined): ImeiProviderPlace | undefined {
  const { IMEICHECK_URL, IMEICHECK_TOKEN } = config;
  if (IMEICHECK_TOKEN) return { name: 'imeicheck.net', url: IMEICHECK_URL, token: IMEICHECK_TOKEN };
  const url = simulatorUrl('imei', config, world);
  return url === undefined ? undefined : { name: 'simulator', url, token: anyToken };
}

/** Private addresses that providers may have where nothing else is said: next to a world elsewhere, its network. */
export function reachablePrivately(config: WorldConfig & Pick<Config, 'EGRESS_ALLOW_CIDR'>): readonly string[] {
  if (config.EGRESS_ALLOW_CIDR) return config.EGRESS_ALLOW_CIDR;
  if (config.NODE_ENV === 'production') return [];
  return isWanted(config) && elsewhere(config) ? [...loopback, ...privateNetworks] : loopback;
}

const loopback = ['127.0.0.0/8', '::1/128'];
const privateNetworks = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];

/** The simulated provider demands one, and takes each. */
const anyToken = 'simulated';

const isSimulated: Readonly<Record<SimulatorName, (config: WorldConfig) => boolean>> = {
  gateway: (config) => mayRun(config) && config.MESSAGE_GATEWAY_URL === undefined,
  imei: (config) => mayRun(config) && config.IMEICHECK_TOKEN === undefined,
};

const mayRun = ({ NODE_ENV, SIMULATORS }: WorldConfig): boolean => NODE_ENV !== 'production' && SIMULATORS !== 'off';

const isWanted = (config: WorldConfig): boolean => simulatorNames.some((name) => isSimulated[name](config));

const elsewhere = ({ SIMULATORS }: WorldConfig): string | undefined =>
  SIMULATORS === 'on' || SIMULATORS === 'off' ? undefined : SIMULATORS?.replace(/(?<!\/)\/+$/, '');

const main = fileURLToPath(new URL('../main.js', import.meta.url));
const startLimit = 15_000;
const stopLimit = 1_000;
/** More deaths than this in a minute are no accident. */
const deathsInAMinute = 5;

/** It ends by itself when this process is no more, because its channel to us is closed then. */
class WorldProcess implements LocalWorld {
  #child: ChildProcess;
  #stopped = false;
  #deaths: number[] = [];

  private constructor(
    child: ChildProcess,
    private readonly port: number,
    private readonly say: (message: string) => void,
  ) {
    this.#child = child;
    this.#watch(child);
  }

  static async start(wanted: number, say: (message: string) => void): Promise<WorldProcess> {
    const child = spawnWorld(wanted);
    const port = await portOf(child);
    if (port === undefined) throw new StartRefused('The local world did not start: SIMULATORS=off does without it.');
    return new WorldProcess(child, port, say);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const child = this.#child;
    if (hasEnded(child)) return;
    const ended = once(child, 'exit');
    if (child.connected) child.disconnect();
    await Promise.race([ended, sleep(stopLimit, undefined, { ref: false })]);
    if (hasEnded(child)) return;
    child.kill('SIGKILL');
    await ended;
  }

  #watch(child: ChildProcess): void {
    this.#child = child;
    if (hasEnded(child)) this.#bringBack();
    else child.once('exit', () => this.#bringBack());
  }

  /** On its old port, so that nobody has to be told. */
  #bringBack(): void {
    if (this.#stopped) return;
    const now = Date.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < 60_000), now];
    if (this.#deaths.length > deathsInAMinute) {
      this.say(`The simulators died ${this.#deaths.length} times within a minute and stay away until the next start.`);
      return;
    }
    this.say('The simulators had died and are started again.');
    this.#watch(spawnWorld(this.port));
  }
}

function spawnWorld(port: number): ChildProcess {
  const child = spawn(process.execPath, [main, '--roles=simulators'], {
    env: environmentWith({
      ...{ PORT: String(port), HOST: '127.0.0.1', NODE_ENV: 'development' },
      ...{ LOG_LEVEL: 'warn', LOG_FORMAT: 'json' },
    }),
    // A group of its own: Ctrl-C on the terminal is for us, and what we still send has to arrive.
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  child.on('error', () => undefined); // one that can't be started counts as dead
  return child;
}

/** Undefined where it ends, or says nothing, instead. */
async function portOf(child: ChildProcess): Promise<number | undefined> {
  const [told] = await Promise.race([
    once(child, 'message', { signal: AbortSignal.timeout(startLimit) }),
    once(child, 'exit'),
  ]).catch(() => []);
  return typeof told === 'object' && told !== null && 'port' in told ? Number(told.port) : undefined;
}

/** Or never was. */
const hasEnded = ({ pid, exitCode, signalCode }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;
