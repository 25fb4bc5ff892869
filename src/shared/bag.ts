// Things of which each knows its place, in no order. A Set that takes in and gives away thousands a second replaces its table all
// the time, and an old table that has outlived two collections keeps all later ones, with what was in them, until a full one: a
// quarter of all that a worker allocates.

export interface Placed {
  /** Where it lies in its bag; of no meaning anywhere else. */
  place: number;
}

export class Bag<Item extends Placed> implements Iterable<Item> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  has(item: Item): boolean {
    return this.#items[item.place] === item;
  }

  /** It is in none. */
  add(item: Item): void {
    item.place = this.#items.length;
    this.#items.push(item);
  }

  /** Whether it was in it. */
  delete(item: Item): boolean {
    if (!this.has(item)) return false;
    const { place } = item;
    const last = this.#items.pop();
    if (last && last !== item) {
      this.#items[place] = last;
      last.place = place;
    }
    return true;
  }

  /** All, which may be taken out meanwhile. */
  [Symbol.iterator](): Iterator<Item> {
    return [...this.#items].values();
  }
}
