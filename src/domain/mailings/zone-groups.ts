// An audience's time zones for a plan: those whose clocks go alike are one (400 names are some 40 clocks), and the openings of
// each are looked up once, however often a plan is tried with them. No I/O.
import { type LocalWindow, openingsBetween, type Span } from './local-window.js';
import { offsetRuns } from './zone-offset.js';

export interface ZoneGroup {
  /** One of those that go alike. */
  readonly timezone: string;
  readonly count: number;
}

/** The openings from some moment on; the first may have begun before it. */
export interface Openings {
  /** From 0 on; undefined where there are no more. */
  at(index: number): Span | undefined;
}

export const alwaysOpen: Openings = {
  at: (index) => (index === 0 ? { from: 0, until: Number.POSITIVE_INFINITY } : undefined),
};

/** Clocks that agree for 400 days follow the same rules: beyond that no difference is looked for. */
export function groupByClock(zones: ReadonlyMap<string, number>, { from, until }: Span): ZoneGroup[] {
  const end = Math.min(until, from + 400 * day);
  const groups = new Map<string, ZoneGroup>();
  for (const [timezone, count] of zones) {
    const runs = offsetRuns(timezone, from - margin, end + margin);
    const clock = runs.map((run) => `${run.until} ${run.offset}`).join();
    groups.set(clock, { timezone, count: count + (groups.get(clock)?.count ?? 0) });
  }
  return [...groups.values()];
}

export class WindowOpenings implements Openings {
  readonly #known: Span[] = [];
  #lookedUpTo: number;
  #noMore = false;

  constructor(
    private readonly window: LocalWindow,
    private readonly timezone: string,
    private readonly from: number,
  ) {
    this.#lookedUpTo = from;
  }

  at(index: number): Span | undefined {
    while (index >= this.#known.length && !this.#noMore) this.#lookOn();
    return this.#known[index];
  }

  #lookOn(): void {
    const block = { from: this.#lookedUpTo, until: this.#lookedUpTo + blockLength };
    const found = [...openingsBetween(this.window, this.timezone, block)];
    // One that began in the block before is known from there.
    this.#known.push(...found.filter((opening) => block.from === this.from || opening.from >= block.from));
    this.#lookedUpTo = block.until;
    this.#noMore = found.length === 0;
  }
}

const day = 86_400_000;
/** What an opening that touches the span may depend on. */
const margin = 20 * day;
/** Longer than any pause between two openings. */
const blockLength = 64 * day;
