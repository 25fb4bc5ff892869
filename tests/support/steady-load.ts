// Requests at a fixed rate, each timed from the moment at which it was due, whether or not the earlier ones have been answered:
// a server that stalls is not let off by a client that waits for it.
import { setTimeout as sleep } from 'node:timers/promises';

export interface SteadyLoadOptions {
  readonly perSecond: number;
  ask(n: number): Promise<unknown>;
}

interface Answered {
  readonly phase: string | undefined;
  readonly due: number;
  readonly ms: number;
}

export class SteadyLoad {
  readonly failed: string[] = [];
  count = 0;
  readonly #options: SteadyLoadOptions;
  readonly #answered: Answered[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #phase: string | undefined;
  #isOn = true;
  readonly #clock: Promise<void>;

  constructor(options: SteadyLoadOptions) {
    this.#options = options;
    this.#clock = this.#run();
  }

  /** What is due from now on belongs to this phase. */
  async during(phase: string, forMs: number): Promise<void> {
    this.enter(phase);
    await sleep(forMs);
    this.enter(undefined);
  }

  enter(phase: string | undefined): void {
    this.#phase = phase;
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#clock;
    await Promise.all(this.#underWay);
  }

  /** Milliseconds, in order. */
  latencies(phase: string): number[] {
    return sorted(this.#answered.filter((one) => one.phase === phase));
  }

  /** Of each window of a phase that is at least half full. */
  p99s(phase: string, windowMs: number): number[] {
    const own = this.#answered.filter((one) => one.phase === phase);
    const windows = [...Map.groupBy(own, ({ due }) => Math.floor(due / windowMs)).values()];
    const full = windows.filter(({ length }) => length > (windowMs / 1_000) * this.#options.perSecond * 0.5);
    return full.map((window) => share(sorted(window), 0.99));
  }

  async #run(): Promise<void> {
    const begun = performance.now();
    for (; this.#isOn; this.count++) {
      const due = begun + (this.count * 1_000) / this.#options.perSecond;
      await sleep(Math.max(0, due - performance.now()));
      const asked = this.#ask(this.count, due).finally(() => this.#underWay.delete(asked));
      this.#underWay.add(asked);
    }
  }

  async #ask(n: number, due: number): Promise<void> {
    const phase = this.#phase;
    try {
      await this.#options.ask(n);
    } catch (error) {
      this.failed.push(String(error));
    }
    this.#answered.push({ phase, due, ms: performance.now() - due });
  }
}

export function share(inOrder: readonly number[], at: number): number {
  return inOrder[Math.min(inOrder.length - 1, Math.floor(inOrder.length * at))] ?? 0;
}

export function median(numbers: readonly number[]): number {
  return share(
    [...numbers].sort((a, b) => a - b),
    0.5,
  );
}

const sorted = (answered: readonly Answered[]): number[] => answered.map(({ ms }) => ms).sort((a, b) => a - b);
