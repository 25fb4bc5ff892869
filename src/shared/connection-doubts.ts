// After how many answers a provider may end a connection, or write to it, without being asked. Pure. A connection for which this is in
// doubt rests before its next request, so that what the provider does meanwhile is seen and not taken for its answer to that request.

/** A greeting comes one round trip after the connection was opened; what the opening took is added to it. */
const openingRestMs = 100;
/** A gateway that closes after each answer without `Connection: close` is given so long. Below 250 ms, which a send limit calls slow. */
export const answerRestMs = 200;
/** Where a new connection was spoken to, or closed, lately: a gateway that is busy is late with it. */
const longOpeningRestMs = 1_000;

/** One quiet rest proves nothing of a provider that broke a connection lately: it may be many behind one address. */
const rememberedMs = 60_000;
/** A close after more answers is a restart or a limit of its own; to wait for it each time would cost more than it saves. */
const mostCounted = 100;

export class ConnectionDoubts {
  /** By numbers of answers, when it happened last. Every provider has to show first what a new connection and a first answer bring. */
  readonly #happenedAt = new Map([
    [0, Number.NEGATIVE_INFINITY],
    [1, Number.NEGATIVE_INFINITY],
  ]);

  /** For a connection that has carried so many answers; 0 where there is no doubt. */
  restMs(answers: number, now: number): number {
    const happenedAt = this.#happenedAt.get(answers);
    if (happenedAt === undefined) return 0;
    if (answers > 0) return answerRestMs;
    return now - happenedAt < rememberedMs ? longOpeningRestMs : openingRestMs;
  }

  raise(answers: number, now: number): void {
    if (answers <= mostCounted) this.#happenedAt.set(answers, now);
  }

  /** A connection that had carried so many answers has rested, and nothing came. */
  dispel(answers: number, now: number): void {
    const happenedAt = this.#happenedAt.get(answers);
    if (happenedAt !== undefined && now - happenedAt >= rememberedMs) this.#happenedAt.delete(answers);
  }
}
