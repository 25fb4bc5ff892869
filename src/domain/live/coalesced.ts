// A task that many ask for at once: one run in flight, one queued, and whoever asks gets a run that begins after asking.

export interface Trouble {
  /** The first failure after a success; those that follow are the same trouble. */
  readonly began: (error: unknown) => void;
  readonly ended: () => void;
}

export class Coalesced {
  #running: Promise<void> | undefined;
  #queued = false;
  #failing = false;

  /** What the task throws becomes trouble; asking never rejects. */
  constructor(
    private readonly task: () => Promise<void>,
    private readonly trouble: Trouble,
  ) {}

  run(): void {
    this.#queued = true;
    this.#running ??= this.#loop();
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  async #loop(): Promise<void> {
    while (this.#queued) {
      this.#queued = false;
      try {
        await this.task();
        if (this.#failing) this.trouble.ended();
        this.#failing = false;
      } catch (error) {
        if (!this.#failing) this.trouble.began(error);
        this.#failing = true;
      }
    }
    this.#running = undefined;
  }
}
