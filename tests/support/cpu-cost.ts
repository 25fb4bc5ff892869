// What reading a text costs in CPU, which other processes do not change as they change the time that passes.

/** The longest that most doors take. */
export const longestText = 262_144;

/** Milliseconds for the longest text: 20 for a file of tests that runs alone, twice as much where three share two cores. */
const allowedMs = 40;
/** Below it, twice the time is noise. */
const noticeableMs = 15;
/** Four times the text costs four times as much where it is linear, and sixteen times where it is quadratic. */
const linearGrowth = 7;
const rounds = 20;

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
  const quarter = await cpuMs(() => read(short), { enough: noticeableMs / 4 });
  if (quarter > allowed) return `${quarter} ms for a quarter`;
  const long = input(longest);
  const whole = await cpuMs(() => read(long), { enough: noticeableMs });
  const isLinear = whole <= noticeableMs || whole < linearGrowth * quarter;
  return whole > allowed || !isLinear ? `${whole} ms, and ${quarter} ms for a quarter` : undefined;
}

/** The best of some rounds: collected garbage and other processes may be counted in the rest. */
export async function cpuMs(work: () => unknown, { enough }: { readonly enough: number }): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds && best > enough; round++) {
    const begun = process.cpuUsage();
    try {
      await work();
    } catch {
      // A refusal is an answer.
    }
    const { user, system } = process.cpuUsage(begun);
    best = Math.min(best, (user + system) / 1_000);
    // What takes seconds is not about noise.
    if (best > 1_000) break;
  }
  return best;
}
