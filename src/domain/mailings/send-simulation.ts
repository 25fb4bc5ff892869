// A mailing on a virtual clock: who is sent to when, by the rules of the live claim. It goes from one opening or closing of a
// window to the next, not from second to second. No I/O.
import { SendPace } from './send-pace.js';
import type { SendSetup } from './send-setup.js';
import type { OpeningInChain } from './zone-groups.js';

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
  let waiting = parts.flatMap(({ count, first }) =>
    count > 0 && opens(first, deadline) ? [{ left: count, opening: first }] : [],
  );
  const recipients = parts.reduce((sum, { count }) => sum + count, 0);
  const reachable = waiting.reduce((sum, { left }) => sum + left, 0);
  for (let now = begin; now < deadline && waiting.length > 0; ) {
    const next = Math.min(deadline, ...waiting.map(({ opening }) => nextChange(opening, now)));
    sendUntil(next, { open: openAt(waiting, now), pace, line });
    pace.rest(next);
    now = next;
    waiting = waiting.flatMap((part) => rolledOn(part, now, deadline));
  }
  return { missed: recipients - line.done, neverOpened: recipients - reachable, progress: line.points };
}

interface Waiting {
  left: number;
  readonly opening: OpeningInChain;
}

interface Sending {
  readonly open: readonly Waiting[];
  readonly pace: SendPace;
  readonly line: ProgressLine;
}

const opens = (opening: OpeningInChain | undefined, deadline: number): opening is OpeningInChain =>
  opening !== undefined && opening.opensAt < deadline;

const nextChange = ({ opensAt, closesAt }: OpeningInChain, now: number): number => (opensAt > now ? opensAt : closesAt);

/** Whose window closes soonest goes first, as in a live claim. */
const openAt = (waiting: readonly Waiting[], now: number): Waiting[] =>
  waiting
    .filter(({ opening }) => opening.opensAt <= now)
    .sort((one, other) => one.opening.closesAt - other.opening.closesAt || 0);

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

function rolledOn(part: Waiting, now: number, deadline: number): Waiting[] {
  if (part.left === 0) return [];
  if (part.opening.closesAt > now) return [part];
  const opening = part.opening.next();
  return opens(opening, deadline) ? [{ left: part.left, opening }] : [];
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
