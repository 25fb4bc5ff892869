// The last fifty exchanges with the gateway, and what they say about it: how many failed, how long answers took. Pure.

export interface ExchangeSample {
  readonly endedAt: number;
  readonly ms: number;
  readonly failed: boolean;
  /** The gateway said that it has too much to do. */
  readonly overload: boolean;
  /** Something came back, whatever it was. */
  readonly answered: boolean;
}

export const windowSize = 50;
const recentMs = 10_000;

export class ExchangeWindow {
  #samples: ExchangeSample[] = [];
  #next = 0;
  #failed = 0;
  #overload = 0;

  push(sample: ExchangeSample): void {
    const old = this.#samples[this.#next];
    if (old) this.#count(old, -1);
    this.#count(sample, 1);
    this.#samples[this.#next] = sample;
    this.#next = (this.#next + 1) % windowSize;
  }

  clear(): void {
    this.#samples = [];
    this.#next = this.#failed = this.#overload = 0;
  }

  get full(): boolean {
    return this.#samples.length === windowSize;
  }

  get failedShare(): number {
    return share(this.#failed, this.#samples.length);
  }

  get overloadShare(): number {
    return share(this.#overload, this.#samples.length);
  }

  /** Of those of the last seconds, or of all while there are none. */
  successRate(now: number): number {
    const recent = this.#samples.filter(({ endedAt }) => endedAt > now - recentMs);
    const looked = recent.length > 0 ? recent : this.#samples;
    return 1 - share(looked.filter(({ failed }) => failed).length, looked.length);
  }

  /** Of the answered ones. */
  p95(): number | undefined {
    const times = this.#samples.filter(({ answered }) => answered).map(({ ms }) => ms);
    return times.sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1];
  }

  /** Of all, those too that came to nothing. */
  meanMs(): number | undefined {
    if (this.#samples.length === 0) return undefined;
    return this.#samples.reduce((sum, { ms }) => sum + ms, 0) / this.#samples.length;
  }

  #count({ failed, overload }: ExchangeSample, by: 1 | -1): void {
    if (failed) this.#failed += by;
    if (overload) this.#overload += by;
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
