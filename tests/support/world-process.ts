// The local world as a process of its own (from dist/), with one of its simulators in hand: its mood, what it was asked and how
// it answered.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SimulatorName } from '../../src/shared/simulators.js';

export interface TestSimulator<MoodInput, Stats, LogEntry> {
  /** As the provider's base URL. */
  readonly url: string;
  /** For SIMULATORS: the world that it lives in. */
  readonly world: string;
  readonly port: number;
  readonly pid: number;
  /** As an input of PUT /mood: defaults may be left out. While it is `down` nothing can be asked; it comes back by itself. */
  setMood(mood: MoodInput): Promise<void>;
  stats(): Promise<Stats>;
  resetStats(): Promise<void>;
  /** Every request since the start, the oldest first; counters that are reset change nothing here. */
  log(): Promise<LogEntry[]>;
  stop(): Promise<void>;
}

export async function startSimulator<MoodInput, Stats, LogEntry>(
  name: SimulatorName,
  mood: MoodInput,
  options: object,
): Promise<TestSimulator<MoodInput, Stats, LogEntry>> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-world-'));
  const log = join(folder, 'requests.ndjson');
  const child = fork('tests/support/world-program.mjs', [JSON.stringify({ ...options, [`${name}Log`]: log })], {
    execPath: resolve('node_modules/.bin/node'),
    execArgv: [],
  });
  const port = await portOf(child);
  const world = `http://127.0.0.1:${port}`;
  const url = `${world}/${name}`;
  const setMood = async (wanted: MoodInput): Promise<void> => {
    const answer = await fetch(`${url}/mood`, { method: 'PUT', body: JSON.stringify(wanted) });
    if (!answer.ok) throw new Error(`no such mood: ${await answer.text()}`);
  };
  await setMood(mood);
  const stats = async () => (await (await fetch(`${url}/stats`)).json()) as Stats;
  return {
    ...{ url, world, port, pid: child.pid ?? 0, setMood, stats },
    resetStats: async () => void (await fetch(`${url}/stats`, { method: 'DELETE' })),
    async log() {
      // Asking for the figures has the log written down.
      if (child.connected) await stats().catch(() => undefined);
      return readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as LogEntry);
    },
    async stop() {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      if (child.connected) child.disconnect();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function portOf(child: ChildProcess): Promise<number> {
  const ended = once(child, 'exit').then((): never => {
    throw new Error('the local world did not start: is dist/ built?');
  });
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  ended.catch(() => undefined);
  return port;
}
