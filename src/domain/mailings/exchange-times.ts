// The last fifty exchanges that ended: how many went well, how long they took. Pure.

interface ExchangeSample {
  readonly endedAt: number;
  readonly ms: number;
  readonly failed: boolean;
  /** Something came back, whatever it was. */
  readonly answered: boolean;
}

const kept = 50;
const recentMs = 10_000;

export class ExchangeTimes {
  readonly #samples: ExchangeSample[] = [];
  #next = 0;

  push(sample: ExchangeSample): void {
    this.#samples[this.#next] = sample;
    this.#next = (this.#next + 1) % kept;
  }

  /** Of those of the last seconds, or of all while there are none. */
  successRate(now: number): number {
    const recent = this.#samples.filter(({ endedAt }) => endedAt > now - recentMs);
    const looked = recent.length > 0 ? recent : this.#samples;
    return looked.length === 0 ? 1 : looked.filter(({ failed }) => !failed).length / looked.length;
  }

  /** Of the answered ones. */
  p95(): number | undefined {
    const times = this.#samples.filter(({ answered }) => answered).map(({ ms }) => ms);
    return times.sort((a, b) => a - b)[Math.ceil(times.length * 0.95) - 1];
  }

  /** Of all, those too that came to nothing. */
  meanMs(): number | undefined {
    const sum = this.#samples.reduce((total, { ms }) => total + ms, 0);
    return this.#samples.length === 0 ? undefined : sum / this.#samples.length;
  }
}
