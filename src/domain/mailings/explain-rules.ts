// Why one person was, or was not, reached: the questions of the live claim in its order, answered in a sentence. No I/O.
import type { MailingStatus, MessageStatus, RecipientVerdict } from '../../entities/mailing.enums.js';
import { type LocalWindow, openingAt } from './local-window.js';
import { deadlineOf } from './send-setup.js';
import { localMoment } from './zone-offset.js';

export interface RecipientFacts {
  readonly now: Date;
  readonly timezone: string;
  readonly window: LocalWindow | null;
  /** By the filter as it is now. */
  readonly matched: boolean;
  readonly deleted: boolean;
  readonly suppressed: boolean;
  readonly mailing: MailingFacts;
  readonly message: MessageFacts | null;
  readonly gateway: 'UP' | 'DOWN' | 'NO_GATEWAY' | 'NO_WORKER';
}

interface MailingFacts {
  readonly status: MailingStatus;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly plannedAt: Date | null;
  readonly queued: number;
  readonly rateLimit: number | null;
  /** What is in the limit's bucket now. */
  readonly tokens: number | null;
}

interface MessageFacts {
  readonly status: MessageStatus;
  readonly attempts: number;
  readonly sentAt: Date | null;
  readonly nextAttemptAt: Date | null;
  readonly lastError: string | null;
}

export interface Explained {
  readonly verdict: RecipientVerdict;
  readonly explanation: string;
}

export interface WindowState {
  readonly windowOpen: boolean;
  /** Null while it is open, and where it does not open again before the end. */
  readonly nextWindowAt: Date | null;
}

export function windowState({ window, timezone, now, mailing }: RecipientFacts, from = now): WindowState {
  if (!window) return { windowOpen: true, nextWindowAt: null };
  const opening = openingAt(window, timezone, from);
  if (!opening || opening.opensAt.getTime() >= deadline(mailing)) return { windowOpen: false, nextWindowAt: null };
  const windowOpen = opening.opensAt <= from;
  return { windowOpen, nextWindowAt: windowOpen ? null : opening.opensAt };
}

export function explain(facts: RecipientFacts): Explained {
  const { message } = facts;
  if (message && message.status !== 'QUEUED') return ofFinal(facts, message);
  return (message ? undefined : ofNobodyPlanned(facts)) ?? ofWaiting(facts, message);
}

const deadline = ({ startsAt, endsAt }: MailingFacts): number => deadlineOf(startsAt.getTime(), endsAt.getTime());
const because = (reason: string | null): string => (reason ? ` (${reason})` : '');

function ofFinal(facts: RecipientFacts, message: MessageFacts): Explained {
  const { mailing, deleted, matched } = facts;
  const { status, sentAt, lastError } = message;
  const told: Record<Exclude<MessageStatus, 'QUEUED'>, string> = {
    SENDING: `Attempt ${message.attempts} is under way; its answer decides what comes next.`,
    SENT: `The gateway took the message${sentAt ? ` at ${at(facts, sentAt)}` : ''}.`,
    FAILED: `The gateway refused this message for good${because(lastError)}; retryMessages would queue it again.`,
    UNCERTAIN: `It may have been sent: the answer was lost${because(lastError)}. It is held until retryMessages.`,
    EXPIRED: `The end of the mailing at ${at(facts, mailing.endsAt)} came first${because(lastError)}; nothing is sent any more.`,
    SUPPRESSED: 'This number must not be contacted, so nothing was sent.',
    CANCELLED: cancelledBecause(mailing.status, deleted, matched),
  };
  return { verdict: status as Exclude<MessageStatus, 'QUEUED'>, explanation: told[status as keyof typeof told] };
}

function cancelledBecause(status: MailingStatus, deleted: boolean, matched: boolean): string {
  if (status === 'CANCELLED') return 'The mailing was cancelled before their turn came.';
  if (deleted) return 'This person was deleted from the directory before their turn came.';
  if (!matched) return 'This person left the audience before their turn came.';
  return 'The message was taken back before its turn came.';
}

/** Undefined where there is no message yet, but will be. */
function ofNobodyPlanned({ mailing, matched, deleted }: RecipientFacts): Explained | undefined {
  const none = (explanation: string): Explained => ({ verdict: 'NOT_IN_FILTER', explanation });
  if (deleted) return none('This person was deleted from the directory, so there is no message for them.');
  if (!matched) return none("The mailing's filter does not match this person, so there is no message for them.");
  const late = 'This person matches the filter, but joined after the audience had been put together';
  if (mailing.plannedAt === null) return undefined;
  if (mailing.status === 'RUNNING' || mailing.status === 'PAUSED')
    return none(`${late}; a change of the filter puts it together anew.`);
  return none(`${late}, and the mailing is over.`);
}

function ofWaiting(facts: RecipientFacts, message: MessageFacts | null): Explained {
  return (
    ofPerson(facts) ??
    ofMailing(facts) ??
    ofWindow(facts) ??
    ofRetry(facts, message) ??
    ofGateway(facts) ??
    ofTurn(facts)
  );
}

function ofPerson({ suppressed }: RecipientFacts): Explained | undefined {
  if (!suppressed) return undefined;
  return { verdict: 'SUPPRESSED', explanation: 'This number must not be contacted, so nothing will be sent.' };
}

function ofMailing(facts: RecipientFacts): Explained | undefined {
  const { mailing, now } = facts;
  if (mailing.status === 'CANCELLED')
    return { verdict: 'CANCELLED', explanation: 'The mailing was cancelled; nothing is sent any more.' };
  if (mailing.status === 'EXPIRED' || now.getTime() >= deadline(mailing)) {
    const explanation = `The mailing ends at ${at(facts, mailing.endsAt)}, and nothing is begun so close to it or after.`;
    return { verdict: 'EXPIRED', explanation };
  }
  if (mailing.status === 'PAUSED')
    return { verdict: 'PAUSED', explanation: 'The mailing is paused; resumeMailing lets it go on.' };
  if (mailing.status !== 'SCHEDULED' && mailing.startsAt <= now) return undefined;
  const { windowOpen, nextWindowAt } = windowState(facts, mailing.startsAt);
  const start = `The mailing starts at ${at(facts, mailing.startsAt)}`;
  const open = windowOpen ? 'and the window is open then' : 'but their window never opens before it ends';
  return {
    verdict: 'BEFORE_START',
    explanation: nextWindowAt
      ? `${start}, and their window opens at ${at(facts, nextWindowAt)}.`
      : `${start}, ${open}.`,
  };
}

function ofWindow(facts: RecipientFacts): Explained | undefined {
  const { windowOpen, nextWindowAt } = windowState(facts);
  if (windowOpen) return undefined;
  const clock = `It is ${localMoment(facts.timezone, facts.now).slice(11)} for them, outside the window`;
  if (nextWindowAt)
    return { verdict: 'OUTSIDE_WINDOW', explanation: `${clock}; it opens at ${at(facts, nextWindowAt)}.` };
  const explanation = `${clock}, which does not open again before the mailing ends at ${at(facts, facts.mailing.endsAt)}.`;
  return { verdict: 'WINDOW_NEVER_OPENS', explanation };
}

function ofRetry(facts: RecipientFacts, message: MessageFacts | null): Explained | undefined {
  const { now, mailing } = facts;
  const next = message?.nextAttemptAt;
  if (!message || !next || next <= now) return undefined;
  const then = next.getTime() < deadline(mailing) ? 'is tried again' : 'would be tried again, after the end,';
  return {
    verdict: 'RETRY_LATER',
    explanation: `Attempt ${message.attempts} did not succeed${because(message.lastError)}; it ${then} at ${at(facts, next)}.`,
  };
}

function ofGateway({ gateway }: RecipientFacts): Explained | undefined {
  switch (gateway) {
    case 'UP':
      return undefined;
    case 'DOWN': {
      const explanation = 'The message gateway is out of order; sending goes on by itself as soon as that has changed.';
      return { verdict: 'GATEWAY_DOWN', explanation };
    }
    case 'NO_GATEWAY': {
      const explanation =
        'No message gateway is configured, so nothing is sent: set MESSAGE_GATEWAY_URL and restart the workers.';
      return { verdict: 'NO_GATEWAY', explanation };
    }
    case 'NO_WORKER': {
      const explanation = 'No worker is running; sending goes on by itself as soon as one is started.';
      return { verdict: 'NO_WORKER', explanation };
    }
  }
}

function ofTurn({ mailing: { rateLimit, tokens, queued } }: RecipientFacts): Explained {
  if (rateLimit === null || queued <= Math.floor(tokens ?? 0))
    return { verdict: 'SENDING', explanation: 'Nothing holds it back: it goes out as soon as its turn comes.' };
  const inLine = `${queued} wait in this mailing, and its limit lets ${rateLimit} a second through`;
  return { verdict: 'RATE_LIMITED', explanation: `${inLine}; it goes out when its turn comes.` };
}

const at = ({ timezone }: RecipientFacts, moment: Date): string => `${localMoment(timezone, moment)} (${timezone})`;
