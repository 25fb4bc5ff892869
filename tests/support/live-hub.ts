// A hub over a test's database with two topics of its own, and a second process that publishes to the same database.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemViewer } from '../../src/auth/viewer.js';
import { type NewEvent, recordEvents } from '../../src/domain/live/event-log.js';
import { LiveHub } from '../../src/domain/live/hub.js';
import type { TopicDefinitions } from '../../src/domain/live/topics.js';
import { type Surroundings, Work } from '../../src/domain/work.js';
import { type LiveTransportChoice, openLiveTransport } from '../../src/gateways/live/transport.js';
import { openDatabase } from '../../src/server/database.js';
import { systemClock } from '../../src/shared/clock.js';
import { createLogger, type Logger } from '../../src/shared/logger.js';

declare module '../../src/domain/live/topics.js' {
  interface Topics {
    sample: { event: { readonly n: number } };
    gauge: { state: Gauge };
  }
}

export interface Gauge {
  readonly subject: string;
  readonly value: number;
}

export interface LiveHubUnderTest {
  readonly hub: LiveHub;
  readonly work: () => Work;
  /** What the gauges show; a subject that is missing is not there. */
  readonly gauges: Map<string, number>;
  /** How often each loader was asked. */
  readonly loads: { sample: number; gauge: number; present: number };
  publish(events: readonly NewEvent[], commitAfter?: number): Promise<void>;
  close(): Promise<void>;
}

export interface LiveHubSettings {
  readonly url: string;
  readonly transport?: LiveTransportChoice;
  readonly topics?: TopicDefinitions;
  readonly capacity?: number;
  readonly log?: Logger;
}

export const sample = (n: number, subject = 's'): NewEvent => ({ topic: 'sample', subject, kind: 'made', data: { n } });

export async function openLiveHub(settings: LiveHubSettings): Promise<LiveHubUnderTest> {
  const log = settings.log ?? createLogger({ level: 'silent', format: 'json' });
  const database = await openDatabase({ url: settings.url, poolSize: 8, log });
  const gauges = new Map<string, number>();
  const loads = { sample: 0, gauge: 0, present: 0 };
  const viewer = systemViewer('live-hub');
  const surroundings: Surroundings = {
    orm: database.orm,
    pool: database.pool,
    clock: systemClock,
    log,
    wakeHubs: () => hub.wake(),
    wakeHubsSoon: () => hub.wake(),
    nudge: () => undefined,
  };
  const work = (): Work => new Work(viewer, surroundings);
  const hub = new LiveHub({
    topics: settings.topics ?? definitions(gauges, loads),
    unit: (body) => body(work()),
    transport: openLiveTransport(settings.transport ?? { kind: 'in-process' }, log),
    log,
    ...(settings.capacity === undefined ? {} : { capacity: settings.capacity }),
  });
  hub.start();
  return {
    hub,
    work,
    gauges,
    loads,
    publish: async (events, commitAfter = 0) => {
      await work().write(async (tx) => {
        await recordEvents(tx.em, events);
        if (commitAfter > 0) await sleep(commitAfter);
      });
      hub.wake();
    },
    close: async () => {
      await hub.close();
      await database.close();
    },
  };
}

function definitions(gauges: Map<string, number>, loads: LiveHubUnderTest['loads']): TopicDefinitions {
  const gauge = (subject: string): Gauge | undefined => {
    const value = gauges.get(subject);
    return value === undefined ? undefined : { subject, value };
  };
  return {
    sample: {
      events: {
        load: async (_work, events) => {
          loads.sample++;
          return events.map(({ data }) => ({ n: Number(data.n) }));
        },
      },
    },
    gauge: {
      states: {
        load: async (_work, subjects) => {
          loads.gauge++;
          return subjects.map(gauge);
        },
        present: async () => {
          loads.present++;
          return [...gauges].map(([subject, value]) => ({ subject, state: { subject, value } }));
        },
      },
    },
  };
}

/** Another process with a hub on the same database and transport. */
export class LiveProcess {
  #calls = 0;
  readonly #answers = new Map<number, (answer: Answer) => void>();

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: Answer) => this.#answers.get(answer.call)?.(answer));
  }

  static async start(settings: {
    readonly url: string;
    readonly transport: LiveTransportChoice;
  }): Promise<LiveProcess> {
    const program = new URL('./live-process.mjs', import.meta.url);
    // Jest's own flags and loader are not for it.
    const child = fork(program, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new LiveProcess(child);
  }

  publish(events: readonly NewEvent[], commitAfter = 0): Promise<void> {
    return this.#call('publish', { events, commitAfter });
  }

  changed(topic: string, subject: string): Promise<void> {
    return this.#call('changed', { topic, subject });
  }

  /** Commits, and is dead before it could tell anybody. */
  async publishAndDie(events: readonly NewEvent[]): Promise<void> {
    const dead = once(this.child, 'exit');
    this.child.send({ call: ++this.#calls, name: 'publishAndDie', events });
    const [, signal] = await dead;
    if (signal !== 'SIGKILL') throw new Error(`It ended by itself: ${String(signal)}`);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }

  #call(name: string, input: object): Promise<void> {
    const call = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#answers.set(call, ({ error }) => {
        this.#answers.delete(call);
        if (error === undefined) resolve();
        else reject(new Error(error));
      });
      this.child.send({ call, name, ...input });
    });
  }
}

interface Answer {
  readonly call: number;
  readonly error?: string;
}

export async function take<T>(iterator: AsyncIterator<T, undefined>, count: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < count) {
    const { value, done } = await iterator.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
