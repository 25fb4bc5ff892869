// How many of the last fifty exchanges failed, in the order in which they began. In the order in which they end, hangs that
// began among successes end together, one timeout later, and quick errors come long before the successes that began with
// them: both look like an outage. So what is still under way among them counts as not failed. Pure.

interface Fault {
  readonly failed: boolean;
  /** The gateway said that it has too much to do. */
  readonly overload: boolean;
}

export interface FaultShares {
  /** Of less than a whole window nothing is concluded. */
  readonly full: boolean;
  readonly failed: number;
  readonly overload: number;
}

export const windowSize = 50;

export class FaultWindow {
  readonly #faults: (Fault | undefined)[];
  #next = 0;
  /** One past the latest that has ended. */
  #end = 0;
  #start = 0;
  #lastFault = -1;

  constructor(mostUnderWay: number) {
    this.#faults = Array.from({ length: mostUnderWay + windowSize }, () => undefined);
  }

  /** The exchange's number. */
  begin(): number {
    this.#faults[this.#next % this.#faults.length] = undefined;
    return this.#next++;
  }

  ended(number: number, fault: Fault): void {
    if (number < this.#start || number < this.#next - this.#faults.length) return;
    this.#faults[number % this.#faults.length] = fault;
    if (fault.failed || fault.overload) this.#lastFault = Math.max(this.#lastFault, number);
    this.#end = Math.max(this.#end, number + 1);
  }

  /** What began until now says nothing about what comes. */
  clear(): void {
    this.#start = this.#end = this.#next;
  }

  shares(): FaultShares {
    const from = Math.max(this.#start, this.#end - windowSize);
    let failed = 0;
    let overload = 0;
    for (let number = from; number <= this.#lastFault; number++) {
      const fault = this.#faults[number % this.#faults.length];
      if (fault?.failed) failed++;
      if (fault?.overload) overload++;
    }
    const size = this.#end - from;
    return { full: size === windowSize, failed: failed / Math.max(1, size), overload: overload / Math.max(1, size) };
  }
}
