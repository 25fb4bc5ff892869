// After how many answers a provider may end a connection, or write to it, without being asked. Pure. A connection for which this is in
// doubt rests before its next request, so that what the provider does meanwhile is seen and not taken for its answer to that request.

/** A gateway that closes after each answer without `Connection: close` is given so long to do it. Below 250 ms, which a send limit calls slow. */
export const restMs = 200;
/** A greeting arrives one round trip after the connection was opened, and opening took at least one. */
export const openingRestMs = (openedInMs: number): number => 50 + Math.min(openedInMs, restMs);

/** One quiet rest proves nothing of a provider that broke a connection lately: it may be many behind one address. */
const rememberedMs = 60_000;
/** A close after more answers is a restart or a limit of its own; to wait for it each time would cost more than it saves. */
const mostCounted = 100;

export class ConnectionDoubts {
  /** What every provider has to show first: a new connection, and one that has carried its first answer. */
  readonly #answers = new Set([0, 1]);
  #raisedAt = Number.NEGATIVE_INFINITY;

  has(answers: number): boolean {
    return this.#answers.has(answers);
  }

  raise(answers: number, now: number): void {
    this.#raisedAt = now;
    if (answers <= mostCounted) this.#answers.add(answers);
  }

  /** A connection that had carried so many answers has rested, and nothing came. */
  dispel(answers: number, now: number): void {
    if (now - this.#raisedAt > rememberedMs) this.#answers.delete(answers);
  }
}
