// The simulated IMEI provider as a process of its own. Its URL is for IMEICHECK_URL (any token is good), its world for SIMULATORS.
import type { ImeiMood, imeiMood } from '../../src/shared/imei-mood.js';
import type { DeviceChanges } from '../../src/simulators/imei-devices.js';
import type { ImeiStats } from '../../src/simulators/imei-figures.js';
import type { ImeiLogEntry } from '../../src/simulators/imei-provider.js';
import { startSimulator, type TestSimulator } from './world-process.js';

type Mood = (typeof imeiMood)['_zod']['input'];
type Stats = ImeiStats & { readonly mood: ImeiMood; readonly until: string | null };

export interface TestImeiProvider extends TestSimulator<Mood, Stats, ImeiLogEntry> {
  /** Something about a phone is otherwise from now on. */
  change(deviceId: string, changes: DeviceChanges): Promise<void>;
}

export interface TestImeiProviderOptions {
  readonly port?: number;
  /** The only token that is good. */
  readonly token?: string;
  /** USD. */
  readonly balance?: string;
}

export async function startImeiProvider(
  mood: Mood = { mode: 'ok' },
  { port = 0, token, balance }: TestImeiProviderOptions = {},
): Promise<TestImeiProvider> {
  const options = { port, imeiToken: token, imeiBalance: balance };
  const simulator = await startSimulator<Mood, Stats, ImeiLogEntry>('imei', mood, options);
  return {
    ...simulator,
    async change(deviceId, changes) {
      const request = { method: 'PUT', body: JSON.stringify(changes) };
      const answer = await fetch(`${simulator.url}/devices/${deviceId}`, request);
      if (!answer.ok) throw new Error(`no such change: ${await answer.text()}`);
    },
  };
}
