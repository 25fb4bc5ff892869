// The simulated message gateway as a process of its own (from dist/), with what it was asked and how it answered.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { GatewayMood, gatewayMood } from '../../src/shared/gateway-mood.js';
import type { GatewayStats } from '../../src/simulators/gateway-figures.js';
import type { RequestLogEntry } from '../../src/simulators/request-log.js';

type Mood = (typeof gatewayMood)['_zod']['input'];

export interface TestGateway {
  /** For MESSAGE_GATEWAY_URL: POST {url}/v1/send/{id}. */
  readonly url: string;
  /** For SIMULATORS: the world that it lives in. */
  readonly world: string;
  readonly port: number;
  readonly pid: number;
  /** As an input of PUT /mood: defaults may be left out. While it is `down` nothing can be asked; it comes back by itself. */
  setMood(mood: Mood): Promise<void>;
  stats(): Promise<GatewayStats & { readonly mood: GatewayMood; readonly until: string | null }>;
  resetStats(): Promise<void>;
  /** Every request since the start, the oldest first; counters that are reset change nothing here. */
  log(): Promise<RequestLogEntry[]>;
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  /** A free one where it is left out; one that is known lets a gateway come back where it was. */
  readonly port?: number;
  /** The Bearer token that it demands. */
  readonly token?: string;
}

export async function startGateway(
  mood: Mood = { mode: 'ok' },
  { port = 0, token }: TestGatewayOptions = {},
): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-gateway-'));
  const gatewayLog = join(folder, 'requests.ndjson');
  const child = fork('tests/support/gateway-program.mjs', [JSON.stringify({ port, gatewayToken: token, gatewayLog })], {
    execPath: resolve('node_modules/.bin/node'),
    execArgv: [],
  });
  const world = `http://127.0.0.1:${await portOf(child)}`;
  const url = `${world}/gateway`;
  const setMood = async (wanted: Mood): Promise<void> => {
    const answer = await fetch(`${url}/mood`, { method: 'PUT', body: JSON.stringify(wanted) });
    if (!answer.ok) throw new Error(`no such mood: ${await answer.text()}`);
  };
  await setMood(mood);
  const stats = async () => (await (await fetch(`${url}/stats`)).json()) as Awaited<ReturnType<TestGateway['stats']>>;
  return {
    url,
    world,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    setMood,
    stats,
    resetStats: async () => void (await fetch(`${url}/stats`, { method: 'DELETE' })),
    async log() {
      // Asking for the figures has the log written down.
      if (child.connected) await stats().catch(() => undefined);
      return readFileSync(gatewayLog, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as RequestLogEntry);
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
    throw new Error('the gateway did not start: is dist/ built?');
  });
  const [{ port }] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
  ended.catch(() => undefined);
  return port;
}
