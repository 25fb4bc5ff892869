// A mailing on a virtual clock: who is sent to when, by the rules of the live claim. It goes from one opening or closing of a
// window to the next, not from second to second. No I/O.
import type { Span } from './local-window.js';
import { SendPace } from './send-pace.js';
import type { SendSetup } from './send-setup.js';
import type { Openings } from './zone-groups.js';

export interface SendProgress {
  readonly at: number;
  readonly done: number;
}

export interface Simulation {
  readonly missed: number;
  /** Those of them for whom no window opens in time. */
  readonly neverOpened: number;
  /** Straight lines between these are how it goes; the last one is the last message. */
  readonly progress: readonly SendProgress[];
}

export function simulate({ begin, deadline, rateLimit, capacity, parts }: SendSetup): Simulation {
  const pace = new SendPace(begin, rateLimit, capacity);
  const line = new ProgressLine(begin);
  let waiting = parts
    .map(({ count, openings }) => new Waiting(count, openings))
    .filter((part) => part.left > 0 && part.opens(deadline));
  const recipients = sum(parts.map(({ count }) => count));
  const reachable = sum(waiting.map(({ left }) => left));
  for (let now = begin; now < deadline && waiting.length > 0; ) {
    const next = Math.min(deadline, ...waiting.map((part) => part.nextChange(now)));
    sendUntil(next, { open: openAt(waiting, now), pace, line });
    pace.rest(next);
    now = next;
    waiting = waiting.filter((part) => part.left > 0 && part.rollOn(now).opens(deadline));
  }
  return { missed: recipients - line.done, neverOpened: recipients - reachable, progress: line.points };
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** Those for whom the window opens together, with the opening that they are in, or wait for. */
class Waiting {
  #index = 0;
  opening: Span | undefined;

  constructor(
    public left: number,
    private readonly openings: Openings,
  ) {
    this.opening = openings.at(0);
  }

  opens(deadline: number): boolean {
    return this.opening !== undefined && this.opening.from < deadline;
  }

  nextChange(now: number): number {
    const { from, until } = this.opening ?? nowhere;
    return from > now ? from : until;
  }

  rollOn(now: number): this {
    if ((this.opening ?? nowhere).until <= now) this.opening = this.openings.at(++this.#index);
    return this;
  }
}

const nowhere: Span = { from: Number.POSITIVE_INFINITY, until: Number.POSITIVE_INFINITY };
const closing = ({ opening }: Waiting): number => (opening ?? nowhere).until;

/** Whose window closes soonest goes first, as in a live claim. */
const openAt = (waiting: readonly Waiting[], now: number): Waiting[] =>
  waiting
    .filter(({ opening }) => opening !== undefined && opening.from <= now)
    .sort((one, other) => closing(one) - closing(other) || 0);

interface Sending {
  readonly open: readonly Waiting[];
  readonly pace: SendPace;
  readonly line: ProgressLine;
}

function sendUntil(until: number, { open, pace, line }: Sending): void {
  for (const part of open) {
    const count = Math.min(part.left, pace.before(until));
    if (count === 0) return;
    line.add(pace.at, 0);
    pace.send(count);
    line.add(pace.at, count);
    part.left -= count;
  }
}

class ProgressLine {
  done = 0;
  readonly points: SendProgress[];

  constructor(begin: number) {
    this.points = [{ at: begin, done: 0 }];
  }

  add(at: number, count: number): void {
    this.done += count;
    const last = this.points.at(-1);
    if (last?.at !== at || last.done !== this.done) this.points.push({ at, done: this.done });
  }
}
