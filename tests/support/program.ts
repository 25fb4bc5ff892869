// The program as users start it: a process of its own, from dist/, in a data folder of its own. Killed for real.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export class Program {
  output = '';
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;

  constructor(environment: Record<string, string>, args: readonly string[] = [], cwd = process.cwd(), on?: 'terminal') {
    const { PATH = '', HOME = '' } = process.env;
    const command = [resolve('node_modules/.bin/node'), resolve('dist/src/main.js'), ...args];
    const [file = '', ...rest] = on ? ['script', '-qfec', command.join(' '), '/dev/null'] : command;
    this.#child = spawn(file, rest, {
      cwd,
      env: { PATH, HOME, PORT: '0', ...environment },
      // A process group of its own, as a terminal would give it.
      detached: true,
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = once(this.#child, 'exit').then(([code]) => code as number | null);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The URL that the banner tells. */
  async ready(withinMs = 20_000): Promise<string> {
    const told = await this.says(/(http:\/\/\S+?)\/(graphql|readyz)\r?\n/, withinMs);
    return told[1] ?? '';
  }

  async says(pattern: RegExp, withinMs = 20_000): Promise<RegExpExecArray> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      if (!this.isRunning || Date.now() > deadline) throw new Error(`never said ${pattern}:\n${this.output}`);
      await sleep(20);
    }
  }

  /** On a terminal. */
  type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As a terminal does it: to the whole group. */
  signalGroup(name: NodeJS.Signals): void {
    process.kill(-this.pid, name);
  }

  async end(): Promise<void> {
    if (this.isRunning) this.signal('SIGINT');
    await Promise.race([this.exited, sleep(8_000, undefined, { ref: false })]);
    if (this.isRunning) this.signal('SIGKILL');
  }
}

/** Gives a data folder, and takes it away again. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'switchboard-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export async function isReady(url: string): Promise<boolean> {
  return fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}

export async function until(
  condition: () => Promise<boolean> | boolean,
  withinMs: number,
  what: string,
): Promise<number> {
  const begun = Date.now();
  while (!(await condition())) {
    if (Date.now() - begun > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(50);
  }
  return Date.now() - begun;
}
