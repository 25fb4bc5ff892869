// The parent's side of event-server.mjs: starts that process, has it publish, asks it for its memory, and stops it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

interface Answer {
  readonly call: number;
  readonly result?: unknown;
  readonly error?: string;
}

interface Command {
  readonly name: string;
  readonly from?: number;
  readonly count?: number;
  readonly perSecond?: number;
  readonly seconds?: number;
}

export class EventServer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #calls = 0;
  readonly #ready = this.#answer(0);

  constructor(settings: Readonly<Record<string, string>> = {}, program = resolve('tests/support/event-server.mjs')) {
    this.#child = fork(program, { env: { ...process.env, ...settings } });
    this.#child.on('message', ({ call, result, error }: Answer) => {
      const waiting = this.#waiting.get(call);
      this.#waiting.delete(call);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    this.#child.once('exit', (code, signal) => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error(`the server ended: ${signal ?? code}`));
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async url(): Promise<string> {
    return String(await this.#ready);
  }

  /** Numbered from `from`, in transactions of 100. */
  async publish(from: number, count: number): Promise<void> {
    await this.#ask({ name: 'publish', from, count });
  }

  /** In transactions of ten that commit late and out of order; each adds one event numbered below zero. */
  async publishLate(from: number, count: number): Promise<void> {
    await this.#ask({ name: 'publishLate', from, count });
  }

  /** A transaction for each; resolves when the last one is committed. */
  async publishEvenly(perSecond: number, seconds: number): Promise<void> {
    await this.#ask({ name: 'publishEvenly', perSecond, seconds });
  }

  async memory(): Promise<number> {
    return Number(await this.#ask({ name: 'memory' }));
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#child, 'exit');
    await this.#ask({ name: 'stop' });
    this.#child.kill('SIGKILL');
    await exited;
  }

  #ask(command: Command): Promise<unknown> {
    this.#calls += 1;
    const call = this.#calls;
    const answer = this.#answer(call);
    this.#child.send({ call, ...command });
    return answer;
  }

  #answer(call: number): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(call, waiting);
    return waiting.promise;
  }
}
