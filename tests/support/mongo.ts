// A server that speaks the MongoDB protocol, as a process of its own with its data in a folder of its own.
// scripts/peers installs it; docs/decisions/0005 says what it cannot do.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { peerProgram } from './peers.js';

export class MongoServer {
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(private readonly folder: string) {}

  static async start(): Promise<MongoServer> {
    const server = new MongoServer(await mkdtemp(join(tmpdir(), 'switchboard-mongo-')));
    await server.#launch();
    return server;
  }

  url(database: string): string {
    return `mongodb://127.0.0.1:${this.#port}/${database}`;
  }

  /** With its data, on the same port, after a stop in order: what is not yet on disk would be lost otherwise. */
  async restart(): Promise<void> {
    await this.#end();
    await this.#launch();
  }

  async stop(): Promise<void> {
    await this.#end();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #launch(): Promise<void> {
    const child = spawn(peerProgram('mongo'), [String(this.#port), join(this.folder, 'data')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    for await (const line of createInterface(child.stdout)) {
      this.#port = Number(line);
      return;
    }
    await rm(this.folder, { recursive: true, force: true });
    throw new Error(`${peerProgram('mongo')} ended with ${child.exitCode ?? child.signalCode}`);
  }

  async #end(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}
