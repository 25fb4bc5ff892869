// What a scheduler's tests play with: a catalogue, schedulers that are stopped afterwards, processes that can be killed,
// and a gate before the stores.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { z } from 'zod';
import type { JobCatalog } from '../../src/jobs/catalog.js';
import type { JobHandlers, JobOutcome } from '../../src/jobs/job-runner.js';
import {
  createScheduler,
  type ScheduledJobRow,
  type Scheduler,
  type SchedulerOptions,
} from '../../src/jobs/scheduler.js';
import type { TestStore } from './job-stores.js';

const compiled = process.env.COMPILED_SRC ?? 'dist/src';

export const catalog = {
  beat: { payload: z.strictObject({}), every: '1 second' },
  stumble: { payload: z.strictObject({}), every: '1 second' },
  call: { payload: z.strictObject({ subject: z.string().regex(/^\d{1,19}$/) }) },
} as const satisfies JobCatalog;

export type Catalog = typeof catalog;
export type Handlers = JobHandlers<Catalog>;
type Timing = NonNullable<SchedulerOptions<Catalog>['timing']>;

export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<number> {
  const begun = Date.now();
  while (!(await isSo())) {
    if (Date.now() - begun > milliseconds) throw new Error(`${what}: not within ${milliseconds} ms`);
    await sleep(20);
  }
  return Date.now() - begun;
}

export const soon = (milliseconds: number): Date => new Date(Date.now() + milliseconds);
export const row = async (scheduler: Scheduler<Catalog>, name: keyof Catalog): Promise<ScheduledJobRow> => {
  const found = (await scheduler.jobs()).find((job) => job.name === name);
  if (!found) throw new Error(`jobs() does not tell of ${name}`);
  return found;
};

/** One test's schedulers on one empty store; all are stopped after it, and none may have lost a promise. */
export class Stage {
  readonly outcomes: [name: string, outcome: JobOutcome][] = [];
  readonly #schedulers: Scheduler<Catalog>[] = [];
  readonly #children: ChildProcess[] = [];
  readonly #closers: (() => Promise<unknown>)[] = [];

  constructor(readonly store: TestStore) {}

  /** Started, with handlers that do nothing where none are given. */
  async worker(handlers: Partial<Handlers> = {}, timing: Timing = {}): Promise<Scheduler<Catalog>> {
    const scheduler = this.scheduler({ handlers: { ...idle, ...handlers }, timing });
    await scheduler.start();
    return scheduler;
  }

  scheduler(options: Partial<SchedulerOptions<Catalog>> = {}): Scheduler<Catalog> {
    const { databaseUrl, mongoUrl } = this.store;
    const scheduler = createScheduler({
      catalog,
      databaseUrl,
      mongoUrl,
      log: pino({ level: process.env.LOG_LEVEL ?? 'silent' }),
      onRun: (name, outcome) => this.outcomes.push([name, outcome]),
      ...options,
      timing: { lease: 3_000, upkeepEvery: 1_000, ...options.timing },
    });
    this.#schedulers.push(scheduler);
    return scheduler;
  }

  /** A process of its own that is at work on a `call`. */
  async busyProcess(): Promise<ChildProcess> {
    const { databaseUrl, mongoUrl } = this.store;
    const program = 'tests/support/scheduler-program.mjs';
    const child = spawn('node_modules/.bin/node', [program, compiled, JSON.stringify({ databaseUrl, mongoUrl })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  onClose(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL');
    await Promise.all(this.#schedulers.map((scheduler) => scheduler.stop(5_000)));
    for (const close of this.#closers) await close();
    await this.store.drop();
  }
}

/** Stands before PostgreSQL, and before MongoDB where there is one, and lets nobody in until it is opened. */
export class Gate {
  readonly #servers: ReturnType<typeof createServer>[] = [];
  readonly #sockets = new Set<Socket>();
  #ports: [gate: number, behind: number][] = [];

  constructor(private readonly store: TestStore) {}

  async urls(): Promise<Pick<TestStore, 'databaseUrl' | 'mongoUrl'>> {
    const { databaseUrl, mongoUrl } = this.store;
    return { databaseUrl: await this.#before(databaseUrl), mongoUrl: mongoUrl && (await this.#before(mongoUrl)) };
  }

  async open(): Promise<void> {
    for (const [gate, behind] of this.#ports) {
      const server = createServer((socket) => this.#pass(socket, connect(behind, '127.0.0.1')));
      this.#servers.push(server.listen(gate, '127.0.0.1'));
      await once(server, 'listening');
    }
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
  }

  async #before(url: string): Promise<string> {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    const target = new URL(url);
    this.#ports.push([port, Number(target.port)]);
    target.port = String(port);
    return target.href;
  }

  #pass(outside: Socket, inside: Socket): void {
    for (const [from, to] of [
      [outside, inside],
      [inside, outside],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  }
}

const nothing = async (): Promise<void> => undefined;
export const idle: Handlers = { beat: nothing, stumble: nothing, call: nothing };
