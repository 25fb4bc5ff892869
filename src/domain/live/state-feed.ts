// One topic's states for everybody in this process: the present first, then the newest after each change, loaded once
// for all who watch the same, at most a few times a second. Looks again each second, so that a lost wake-up costs no more.
import { isDeepStrictEqual } from 'node:util';
import { Failure, toFailure } from '../../shared/errors.js';
import { LatestByKey } from '../../shared/pubsub.js';
import { Coalesced, type Trouble } from './coalesced.js';
import type { StateDefinition, Unit } from './topics.js';

interface StateFeedOptions {
  readonly unit: Unit;
  readonly definition: StateDefinition<unknown>;
  readonly trouble: Trouble;
}

interface Watcher {
  /** The whole topic where it is undefined. */
  readonly subject: string | undefined;
  readonly states: LatestByKey<string, unknown>;
  /** By reference: what equals the state before is that same object. */
  readonly told: Map<string, unknown>;
}

interface Starter extends Watcher {
  readonly started: PromiseWithResolvers<void>;
}

interface Told {
  readonly subject: string;
  readonly state: unknown;
}

export class StateFeed {
  readonly #watchers = new Map<string | undefined, Set<Watcher>>();
  readonly #changed = new Set<string>();
  readonly #last = new Map<string, unknown>();
  /** The last states of what left the present list: a late wake-up must not tell them again. */
  readonly #left = new Map<string, unknown>();
  #starters: Starter[] = [];
  #lookAgain = false;
  #nextLookAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #period: number;
  readonly #work: Coalesced;

  constructor(private readonly options: StateFeedOptions) {
    this.#period = 1_000 / (options.definition.perSecond ?? 4);
    this.#work = new Coalesced(() => this.#run(), options.trouble);
  }

  get size(): number {
    return [...this.#watchers.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Resolves once the present state waits in it; NOT_FOUND where the subject is not there. */
  async watch(subject: string | undefined, onClose: () => void): Promise<LatestByKey<string, unknown>> {
    const states = new LatestByKey<string, unknown>(() => {
      this.#remove(watcher);
      onClose();
    });
    const watcher: Starter = { subject, states, told: new Map(), started: Promise.withResolvers() };
    this.#watchers.set(subject, (this.#watchers.get(subject) ?? new Set()).add(watcher));
    this.#starters.push(watcher);
    this.#work.run();
    await watcher.started.promise;
    return states;
  }

  touch(subject: string): void {
    if (!this.#watchers.has(subject) && !this.#watchers.has(undefined)) return;
    this.#changed.add(subject);
    this.#schedule();
  }

  lookAgain(): void {
    if (this.#watchers.size === 0) return;
    this.#lookAgain = true;
    this.#schedule();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    for (const { states } of [...this.#watchers.values()].flatMap((some) => [...some])) states.end();
    await this.#work.idle();
  }

  #remove(watcher: Watcher): void {
    const alike = this.#watchers.get(watcher.subject);
    alike?.delete(watcher);
    if (alike?.size === 0) this.#watchers.delete(watcher.subject);
    if (this.#watchers.size > 0) return;
    this.#last.clear();
    this.#left.clear();
  }

  #schedule(): void {
    this.#timer ??= setTimeout(
      () => {
        this.#timer = undefined;
        this.#work.run();
      },
      Math.max(0, this.#nextLookAt - Date.now()),
    ).unref();
  }

  async #run(): Promise<void> {
    const starters = this.#starters;
    this.#starters = [];
    if (starters.length > 0) await this.#begin(starters);
    if (this.#changed.size === 0 && !this.#lookAgain) return;
    if (Date.now() < this.#nextLookAt) this.#schedule();
    else await this.#lookAtChanges();
  }

  /** A first look is for those who begin; what it shows to be new for others reaches them in their own time. */
  async #begin(starters: readonly Starter[]): Promise<void> {
    try {
      const named = new Set(starters.flatMap(({ subject }) => (subject === undefined ? [] : [subject])));
      const whole = starters.some(({ subject }) => subject === undefined);
      const [loaded, present] = await Promise.all([this.#load(named), whole ? this.#present() : []]);
      const unknown = [...loaded, ...present].filter((told) => this.#last.get(told.subject) !== this.#settle(told));
      for (const starter of starters) this.#tellFirst(starter, starter.subject === undefined ? present : loaded);
      for (const { subject } of unknown) this.touch(subject);
    } catch (error) {
      const failure = toFailure(error);
      for (const { states, started } of starters) {
        void states.return();
        started.reject(failure);
      }
      if (failure.code !== 'UNAVAILABLE') throw error;
    }
  }

  #tellFirst(starter: Starter, told: readonly Told[]): void {
    const { subject, states, started } = starter;
    const own = told.filter((one) => subject === undefined || one.subject === subject);
    if (subject !== undefined && own[0]?.state === undefined) {
      void states.return();
      started.reject(new Failure('NOT_FOUND', 'There is nothing to watch under that id.'));
      return;
    }
    for (const one of own) this.#offer(starter, one.subject, this.#last.get(one.subject));
    started.resolve();
  }

  async #lookAtChanges(): Promise<void> {
    this.#nextLookAt = Date.now() + this.#period;
    const changed = new Set(this.#changed);
    const again = this.#lookAgain;
    this.#changed.clear();
    this.#lookAgain = false;
    try {
      await (again ? this.#lookAtAll(changed) : this.#lookAt(changed));
    } catch (error) {
      // The look of the next second finds whatever this one would have.
      for (const subject of changed) this.#changed.add(subject);
      throw error;
    }
  }

  async #lookAt(subjects: ReadonlySet<string>): Promise<void> {
    for (const told of await this.#load(subjects)) this.#tell(told);
  }

  async #lookAtAll(changed: ReadonlySet<string>): Promise<void> {
    const present = this.#watchers.has(undefined) ? await this.#present() : [];
    for (const told of present) this.#tell(told);
    const seen = new Set(present.map(({ subject }) => subject));
    const named = [...this.#watchers.keys()].filter((subject) => subject !== undefined);
    // What left the present list is told its last state once, then looked at no more.
    const others = new Set([...changed, ...named, ...this.#last.keys()].filter((subject) => !seen.has(subject)));
    await this.#lookAt(others);
    for (const subject of others) if (!this.#watchers.has(subject)) this.#putAside(subject);
  }

  #tell(told: Told): void {
    const state = this.#settle(told);
    for (const key of [told.subject, undefined]) {
      for (const watcher of this.#watchers.get(key) ?? []) {
        if (state !== undefined) this.#offer(watcher, told.subject, state);
        else if (key !== undefined) watcher.states.end();
      }
    }
  }

  #offer({ states, told }: Watcher, subject: string, state: unknown): void {
    if (told.get(subject) === state) return;
    told.set(subject, state);
    states.offer(subject, state);
  }

  /** The object that stands for this state from now on. */
  #settle({ subject, state }: Told): unknown {
    const before = this.#last.get(subject) ?? this.#left.get(subject);
    const settled = before !== undefined && isDeepStrictEqual(before, state) ? before : state;
    this.#left.delete(subject);
    if (settled === undefined) this.#last.delete(subject);
    else this.#last.set(subject, settled);
    return settled;
  }

  #putAside(subject: string): void {
    const state = this.#last.get(subject);
    this.#last.delete(subject);
    if (state !== undefined) this.#left.set(subject, state);
    const [oldest] = this.#left.keys();
    if (this.#left.size <= mostLeft || oldest === undefined) return;
    this.#left.delete(oldest);
    for (const { told } of this.#watchers.get(undefined) ?? []) told.delete(oldest);
  }

  async #load(subjects: ReadonlySet<string>): Promise<Told[]> {
    if (subjects.size === 0) return [];
    const list = [...subjects];
    const states = await this.options.unit((work) => this.options.definition.load(work, list));
    return list.map((subject, index) => ({ subject, state: states[index] }));
  }

  async #present(): Promise<readonly Told[]> {
    return this.options.unit(async (work) => (await this.options.definition.present?.(work)) ?? []);
  }
}

const mostLeft = 1_000;
