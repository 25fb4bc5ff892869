// What reading a text costs in CPU, which other processes do not change as they change the time that passes.

/** The longest that most doors take. */
export const longestText = 262_144;

/** Milliseconds for the longest text. */
const allowedMs = 20;
/** Below it, twice the time is noise. */
const noticeableMs = 10;
/** Four times the text costs four times as much where it is linear, and sixteen times where it is quadratic. */
const linearGrowth = 7;
/** Rounds for a quarter of the text. */
const quarterRounds = 3;
/** Rounds for the whole text; the first good one ends them. Garbage collection and compilation may slow a round down. */
const mostRounds = 25;
/** A round that takes longer is too slow whatever else the machine does. */
const hopelessMs = 1_000;

export interface Reading<Input> {
  /** Made before anything is measured. */
  input(length: number): Input;
  read(input: Input): unknown;
  readonly longest?: number;
  /** Milliseconds for the longest, where they are more than 20. */
  readonly allowed?: number;
}

/** What is wrong with the cost of reading the longest text; nothing where all is well. */
export async function excess<Input>(reading: Reading<Input>): Promise<string | undefined> {
  const { input, read, longest = longestText } = reading;
  const allowed = Math.max(allowedMs, reading.allowed ?? 0);
  const short = input(longest / 4);
  const quarter = await bestOf(quarterRounds, () => read(short));
  const long = input(longest);
  const isGood = (whole: number): boolean =>
    whole <= allowed && (whole <= noticeableMs || whole < linearGrowth * quarter);
  const whole = await bestOf(mostRounds, () => read(long), isGood);
  return isGood(whole) ? undefined : `${whole} ms, and ${quarter} ms for a quarter`;
}

/** The fewest milliseconds of CPU that a round took; no further round follows a good or a hopeless one. */
export async function bestOf(
  rounds: number,
  work: () => unknown,
  isGood: (ms: number) => boolean = () => false,
): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds && !isGood(best); round++) {
    best = Math.min(best, await cpuMs(work));
    if (best > hopelessMs) break;
  }
  return best;
}

async function cpuMs(work: () => unknown): Promise<number> {
  const begun = process.cpuUsage();
  try {
    await work();
  } catch {
    // A refusal is an answer.
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}
