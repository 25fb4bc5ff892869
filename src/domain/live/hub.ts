// Live events in one process: who listens here, woken by the hubs of all processes and by the clock.
// Talks to the database through units of work, to other hubs through a transport; knows no door and no socket.
import { randomUUID } from 'node:crypto';
import type { LiveLink, LiveTransport } from '../../gateways/live/port.js';
import { Failure, toFailure } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { Coalesced, type Trouble } from './coalesced.js';
import { EventFeed } from './event-feed.js';
import { checkAfter, type EventPlace, numberEvents } from './event-log.js';
import { EventStream } from './event-stream.js';
import { StateFeed } from './state-feed.js';
import type {
  EventDefinition,
  EventOf,
  EventTopic,
  LiveEvent,
  StateDefinition,
  StateOf,
  StateTopic,
  Topic,
  TopicDefinitions,
  Unit,
} from './topics.js';
import { type Change, changesPerWake, decodeWake, encodeWake } from './wake.js';

interface HubOptions {
  readonly topics: TopicDefinitions;
  /** Work as the system, for loaders and for the event log. */
  readonly unit: Unit;
  readonly transport: LiveTransport;
  readonly log: Logger;
  /** Events that may wait for one subscriber; 1,000 where it is absent. */
  readonly capacity?: number;
}

interface Subscribing<T extends Topic> extends EventPlace {
  readonly topic: T;
  /** The last id that the subscriber saw. */
  readonly after?: string | null | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The subscriber was too slow and is closed: a door that waits for a stalled socket closes that socket now. */
  readonly onStalled?: (() => void) | undefined;
}

interface Watching<T extends Topic> {
  readonly topic: T;
  /** All that is present in the topic where it is absent. */
  readonly subject?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface HubStats {
  readonly subscribers: number;
  readonly watchers: number;
  /** Subscribers closed because they were too slow, since the start. */
  readonly stalled: number;
  /** From the change to its delivery here, of the newest event. */
  readonly lagMs: number;
}

export class LiveHub {
  readonly #id = randomUUID().slice(0, 8);
  readonly #events: EventFeed;
  readonly #states = new Map<string, StateFeed>();
  readonly #streams = new Set<EventStream>();
  readonly #numbering: Coalesced;
  readonly #changes = new Map<string, Change>();
  readonly #listeners: (() => void)[] = [];
  #link: LiveLink | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #saying: NodeJS.Timeout | undefined;
  #stalled = 0;
  #closed = false;

  constructor(private readonly options: HubOptions) {
    const { unit, log } = options;
    const definitions = new Map<string, Partial<Definition>>(Object.entries(options.topics));
    this.#numbering = new Coalesced(() => this.#number(), this.#troubleWith('numbering'));
    this.#events = new EventFeed({
      unit,
      log,
      trouble: this.#troubleWith('events'),
      definition: (topic) => definitions.get(topic)?.events,
      onRow: ({ topic, subject }) => this.#states.get(topic)?.touch(subject),
    });
    for (const [topic, { states }] of definitions) {
      if (states)
        this.#states.set(topic, new StateFeed({ unit, definition: states, trouble: this.#troubleWith(topic) }));
    }
  }

  start(): void {
    this.#link = this.options.transport.connect({
      heard: (text) => this.#hear(text),
      connected: () => this.#lookEverywhere(),
    });
    this.#tick();
  }

  /** After a commit that recorded events: gives them their numbers and tells every hub. Never rejects. */
  wake(): void {
    if (!this.#closed) this.#numbering.run();
  }

  /** Hints that there are new events, from wherever they come. */
  onEvents(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** A state changed of which there is no event: no row, and no more than a hint to whoever watches it, anywhere. */
  changed(topic: StateTopic, subject: string): void {
    this.#states.get(topic)?.touch(subject);
    this.#changes.set(`${topic}:${subject}`, [topic, subject]);
    this.#saying ??= setTimeout(() => this.#sayChanges(), changesEvery).unref();
  }

  /** Ids strictly grow. Rejects with GONE or BAD_USER_INPUT for its `after`; too slow a reader's next read is UNAVAILABLE. */
  async subscribe<T extends EventTopic>(wanted: Subscribing<T>): Promise<Stream<EventOf<T>>> {
    const { topic, subjects, after, signal, onStalled } = wanted;
    const release = await this.#follow();
    const from = await this.#checked(after).catch((error: unknown) => {
      release();
      throw error;
    });
    const bound = new AbortController();
    const stream: EventStream = new EventStream({
      feed: this.#events,
      place: { topic, subjects },
      after: from,
      capacity: this.options.capacity ?? 1_000,
      onStalled: () => this.#onStalled(topic, onStalled),
      onClose: () => {
        this.#streams.delete(stream);
        bound.abort();
        release();
      },
    });
    this.#streams.add(stream);
    this.#bind(stream, signal, bound.signal);
    // What the definition of this very topic loaded.
    return stream as AsyncIterableIterator<LiveEvent<unknown>, undefined> as Stream<EventOf<T>>;
  }

  /** The present state first, then the newest after each change. A slow reader gets the newest, and no backlog. */
  async watch<T extends StateTopic>({
    topic,
    subject,
    signal,
  }: Watching<T>): Promise<AsyncIterableIterator<StateOf<T>, undefined>> {
    const feed = this.#states.get(topic);
    if (!feed) throw new Error(`Nobody brought the states of the topic ${topic}.`);
    const release = await this.#follow();
    const bound = new AbortController();
    const states = await feed.watch(subject, () => {
      bound.abort();
      release();
    });
    this.#bind(states, signal, bound.signal);
    return states as AsyncIterableIterator<unknown, undefined> as AsyncIterableIterator<StateOf<T>, undefined>;
  }

  stats(): HubStats {
    const watchers = [...this.#states.values()].reduce((sum, { size }) => sum + size, 0);
    return { subscribers: this.#streams.size, watchers, stalled: this.#stalled, lagMs: this.#events.lagMs };
  }

  /** Ends every iterator and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#ticker);
    clearTimeout(this.#saying);
    for (const stream of this.#streams) stream.end();
    await Promise.all([...this.#states.values()].map((feed) => feed.close()));
    await Promise.all([this.#numbering.idle(), this.#events.idle()]);
    await this.#link?.close();
  }

  async #follow(): Promise<() => void> {
    if (this.#closed) throw new Failure('UNAVAILABLE', 'This server is stopping; connect again.');
    const release = this.#events.hold();
    try {
      await this.#events.ready();
      return release;
    } catch (error) {
      release();
      throw toFailure(error);
    }
  }

  async #number(): Promise<void> {
    const last = await this.options.unit(numberEvents);
    if (last === undefined) return;
    this.#lookUpTo(last);
    this.#link?.say(encodeWake({ from: this.#id, events: last }));
  }

  #hear(text: string): void {
    const wake = decodeWake(text);
    if (!wake || wake.from === this.#id) return;
    if ('events' in wake) this.#lookUpTo(wake.events);
    else for (const [topic, subject] of wake.changes) this.#states.get(topic)?.touch(subject);
  }

  #lookUpTo(last: bigint): void {
    this.#events.look(last);
    for (const listener of this.#listeners) listener();
  }

  #sayChanges(): void {
    this.#saying = undefined;
    const changes = [...this.#changes.values()];
    this.#changes.clear();
    for (let from = 0; from < changes.length; from += changesPerWake) {
      this.#link?.say(encodeWake({ from: this.#id, changes: changes.slice(from, from + changesPerWake) }));
    }
  }

  /** Jitter, so that many processes don't look in step. */
  #tick(): void {
    this.#ticker = setTimeout(
      () => {
        this.#lookEverywhere();
        this.#tick();
      },
      lookEvery * (0.9 + 0.2 * Math.random()),
    ).unref();
  }

  /** What makes good for a death between commit and wake-up, a lost wake-up, a restart of whatever carries them. */
  #lookEverywhere(): void {
    if (!this.#events.active || this.#closed) return;
    this.#numbering.run();
    this.#events.look();
    for (const feed of this.#states.values()) feed.lookAgain();
  }

  #onStalled(topic: string, tell: (() => void) | undefined): void {
    this.#stalled++;
    this.options.log.info({ topic }, 'closed a subscriber that was too slow');
    try {
      tell?.();
    } catch (error) {
      // It is called in the middle of the delivery to others.
      this.options.log.error({ err: error, topic }, 'closing the door of a slow subscriber failed');
    }
  }

  #troubleWith(part: string): Trouble {
    const { log } = this.options;
    return {
      began: (error) => log.warn({ err: error, part }, 'live events wait; trying again each second'),
      ended: () => log.info({ part }, 'live events go on'),
    };
  }

  async #checked(after: string | null | undefined): Promise<bigint | undefined> {
    if (after === undefined || after === null) return undefined;
    return this.options.unit((work) => checkAfter(work, after));
  }

  /** Ends with its reader's signal until `bound` is, and at once where the hub closed while it was being opened. */
  #bind(open: Pick<EventStream, 'end' | 'return'>, signal: AbortSignal | undefined, bound: AbortSignal): void {
    if (this.#closed) open.end();
    else if (signal?.aborted) void open.return();
    else signal?.addEventListener('abort', () => void open.return(), { once: true, signal: bound });
  }
}

type Stream<Payload> = AsyncIterableIterator<LiveEvent<Payload>, undefined>;

interface Definition {
  readonly events: EventDefinition<unknown>;
  readonly states: StateDefinition<unknown>;
}

const lookEvery = 1_000;
const changesEvery = 50;
