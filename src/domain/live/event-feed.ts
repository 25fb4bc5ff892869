// New events for everybody in this process: each row read once, each object loaded once, offered to whom it concerns.
// Knows no subscriber but as a sink; asks the event log, and the topics' loaders.
import { type Failure, toFailure } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { Coalesced, type Trouble } from './coalesced.js';
import {
  type EventPlace,
  type EventRange,
  lastEventId,
  readEvents,
  readMissed,
  type StoredEvent,
} from './event-log.js';
import type { EventDefinition, LiveEvent, Unit } from './topics.js';

export interface EventSink {
  offer(event: LiveEvent<unknown>, id: bigint): void;
  fail(error: Failure): void;
}

interface EventFeedOptions {
  readonly unit: Unit;
  readonly log: Logger;
  readonly definition: (topic: string) => EventDefinition<unknown> | undefined;
  /** Every new row, whatever its topic, before its object is loaded. */
  readonly onRow: (row: StoredEvent) => void;
  readonly trouble: Trouble;
}

export interface Page {
  readonly events: readonly LiveEvent<unknown>[];
  /** Of the last row read, told or not; undefined where there was none. */
  readonly lastId: bigint | undefined;
  readonly full: boolean;
}

export class EventFeed {
  /** Up to here every row has been offered; unknown while nobody listens. */
  #position: bigint | undefined;
  #starting: Promise<void> | undefined;
  #holds = 0;
  #lagMs = 0;
  readonly #audience = new Map<string, Map<string | undefined, Set<EventSink>>>();
  readonly #look: Coalesced;

  constructor(private readonly options: EventFeedOptions) {
    this.#look = new Coalesced(() => this.#readNew(), options.trouble);
  }

  get active(): boolean {
    return this.#holds > 0;
  }

  get lagMs(): number {
    return this.#lagMs;
  }

  /** While anything is held new rows are followed. Gives the release. */
  hold(): () => void {
    this.#holds++;
    let held = true;
    return () => {
      if (held && --this.#holds === 0) void this.#look.idle().then(() => this.#rest());
      held = false;
    };
  }

  /** Everything committed after this resolves will be offered to those who joined. */
  async ready(): Promise<void> {
    if (this.#position !== undefined) return;
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    await this.#starting;
  }

  look(upTo?: bigint): void {
    if (this.#position === undefined || (upTo !== undefined && upTo <= this.#position)) return;
    this.#look.run();
  }

  /** From now on `sink` is offered every event of the place that has not been offered to others yet. Gives the leaving. */
  join(sink: EventSink, { topic, subjects: named }: EventPlace): () => void {
    const subjects = named ?? [undefined];
    const bySubject = this.#audience.get(topic) ?? new Map<string | undefined, Set<EventSink>>();
    this.#audience.set(topic, bySubject);
    for (const subject of subjects) {
      const sinks = bySubject.get(subject) ?? new Set();
      bySubject.set(subject, sinks.add(sink));
    }
    return () => this.#leave(sink, topic, subjects);
  }

  /** What one sink missed, for itself alone. */
  async missed(range: EventRange): Promise<Page> {
    const { events, full } = await this.options.unit((work) => readMissed(work, range));
    const last = events.at(-1);
    return { events: await this.#withPayloads(range.topic, events), lastId: last && BigInt(last.id), full };
  }

  async idle(): Promise<void> {
    await this.#look.idle();
  }

  async #start(): Promise<void> {
    const last = await this.options.unit(lastEventId);
    // Whoever asked may have left: a position that nobody follows would be old when the next one comes.
    if (this.#holds > 0) this.#position = last;
  }

  #rest(): void {
    if (this.#holds === 0) this.#position = undefined;
  }

  #leave(sink: EventSink, topic: string, subjects: readonly (string | undefined)[]): void {
    const bySubject = this.#audience.get(topic);
    for (const subject of subjects) {
      const sinks = bySubject?.get(subject);
      sinks?.delete(sink);
      if (sinks?.size === 0) bySubject?.delete(subject);
    }
    if (bySubject?.size === 0) this.#audience.delete(topic);
  }

  async #readNew(): Promise<void> {
    for (let more = true; more && this.#holds > 0 && this.#position !== undefined; ) {
      const from = this.#position;
      const { events: rows, full } = await this.options.unit((work) => readEvents(work, from, pageSize));
      const told = await this.#load(rows.filter((row) => this.#isWanted(row)));
      for (const row of rows) {
        this.options.onRow(row);
        const event = told.get(row.id);
        if (event) this.#offer(event);
        this.#position = BigInt(row.id);
      }
      const last = rows.at(-1);
      if (last) this.#lagMs = Math.max(0, Date.now() - last.at.getTime());
      more = full;
    }
  }

  #isWanted({ topic, subject }: StoredEvent): boolean {
    const bySubject = this.#audience.get(topic);
    return bySubject !== undefined && (bySubject.has(undefined) || bySubject.has(subject));
  }

  #offer(event: LiveEvent<unknown>): void {
    const bySubject = this.#audience.get(event.topic);
    const id = BigInt(event.id);
    for (const subject of [undefined, event.subject]) {
      for (const sink of bySubject?.get(subject) ?? []) sink.offer(event, id);
    }
  }

  async #load(rows: readonly StoredEvent[]): Promise<Map<string, LiveEvent<unknown>>> {
    const byTopic = Map.groupBy(rows, ({ topic }) => topic);
    const pages = [...byTopic].map(([topic, ofTopic]) =>
      this.#withPayloads(topic, ofTopic).catch((error) => this.#spoilt(topic, error)),
    );
    return new Map((await Promise.all(pages)).flat().map((event) => [event.id, event]));
  }

  /** A database that is away is waited for; a loader that is wrong costs its own topic's subscribers only. */
  #spoilt(topic: string, error: unknown): [] {
    const failure = toFailure(error);
    if (failure.code === 'UNAVAILABLE') throw failure;
    this.options.log.error({ err: error, topic }, 'a topic could not be loaded');
    const sinks = new Set([...(this.#audience.get(topic)?.values() ?? [])].flatMap((some) => [...some]));
    for (const sink of sinks) sink.fail(failure);
    return [];
  }

  async #withPayloads(topic: string, rows: readonly StoredEvent[]): Promise<LiveEvent<unknown>[]> {
    const definition = this.options.definition(topic);
    if (!definition || rows.length === 0) return [];
    const payloads = await this.options.unit((work) => definition.load(work, rows));
    return rows.flatMap((row, index) => {
      const payload = payloads[index];
      return payload === undefined ? [] : [Object.freeze({ ...row, payload })];
    });
  }
}

const pageSize = 500;
