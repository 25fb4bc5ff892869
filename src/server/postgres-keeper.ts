// Holds the embedded PostgreSQL for this program until it is stopped; one that dies is started again on its port.
// Listens to its one connection, and leaves room for somebody else's pg_ctl restart.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { type Access, claim, connect } from './postgres-connection.js';
import {
  findPostmaster,
  hasPidFile,
  type Postmaster,
  startPostmaster,
  stopPostmaster,
  trimLog,
} from './postgres-process.js';

const LOOK = 50;
/** A restart by somebody else has no server and no pid file for a moment. */
const RESTART_GAP = 500;
const RETRY = 250;
const LOG_LOOK = 60_000;

export class PostgresKeeper {
  #connection: Client;
  #owned = true;
  #recovery = Promise.resolve();
  #stopped: Promise<void> | undefined;
  #told = '';
  readonly #logTrimmer: NodeJS.Timeout;

  constructor(
    private readonly access: Access,
    private readonly port: number,
    connection: Client,
  ) {
    this.#connection = connection;
    this.#watch(connection);
    this.#logTrimmer = setInterval(() => void trimLog(access.place).catch(() => undefined), LOG_LOOK).unref();
  }

  async stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    clearInterval(this.#logTrimmer);
    await this.#recovery;
    // Still connected, and so still the owner: nobody can adopt a server that is on its way out.
    if (this.#owned) await stopPostmaster(this.access.place);
    await this.#connection.end();
  }

  #watch(connection: Client): void {
    this.#connection = connection;
    connection.once('end', () => {
      if (!this.#stopped) this.#recovery = this.#recover();
    });
  }

  async #recover(): Promise<void> {
    let lastSeen = Date.now();
    while (!this.#stopped) {
      try {
        const running = await findPostmaster(this.access.place);
        if (running) lastSeen = Date.now();
        if (running ? await this.#takeBack(running) : await this.#startAgain(lastSeen)) return;
        await sleep(LOOK);
      } catch (error) {
        this.#tell(`The embedded PostgreSQL is away: ${error instanceof Error ? error.message : String(error)}.`);
        await sleep(RETRY);
      }
    }
  }

  /** True when there is nothing more to do. */
  async #takeBack(running: Postmaster): Promise<boolean> {
    const { place } = this.access;
    const connection = await connect(this.access, running.port);
    if (!connection) return false;
    const refusal = await claim(connection, place);
    if (refusal) {
      this.#owned = false;
      this.#tell(refusal.message);
      await connection.end();
      return true;
    }
    if (running.port !== this.port) {
      await stopPostmaster(place);
      return false;
    }
    this.#told = '';
    this.#watch(connection);
    return true;
  }

  async #startAgain(lastSeen: number): Promise<false> {
    const { place, say } = this.access;
    const perhapsRestarting = !(await hasPidFile(place)) && Date.now() < lastSeen + RESTART_GAP;
    if (perhapsRestarting) return false;
    const complaint = await startPostmaster(place, this.port);
    if (complaint) throw new Error(complaint);
    say('PostgreSQL had stopped and was started again.');
    return false;
  }

  #tell(message: string): void {
    if (message !== this.#told) this.access.say(message);
    this.#told = message;
  }
}
