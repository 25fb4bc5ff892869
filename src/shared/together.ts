// What comes at the same moment is done together: one run in flight, and whoever comes meanwhile goes with the next one.

export type Group<Item> = readonly [Item, ...Item[]];

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result | Promise<Result>) => void;
  readonly reject: (error: unknown) => void;
}

export class Together<Item, Result> {
  readonly #waiting: Waiting<Item, Result>[] = [];
  #running = false;

  /** Gives the results in the order of the items; what it throws is told to all of them. */
  constructor(
    private readonly atOnce: number,
    private readonly act: (items: Group<Item>) => Promise<readonly (Result | Promise<Result>)[]>,
  ) {}

  join(item: Item): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push({ item, resolve, reject });
    if (!this.#running) void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.atOnce);
      try {
        const results = await this.act(group.map(({ item }) => item) as [Item, ...Item[]]);
        for (const [place, { resolve }] of group.entries()) resolve(results[place] as Result | Promise<Result>);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = false;
  }
}
