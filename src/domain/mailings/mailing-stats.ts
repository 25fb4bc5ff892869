// A mailing's figures, derived from its counters. No I/O.
import { counterNames, type MailingCounters, type MailingRow, perSecond } from './mailing.rows.js';

export interface MailingStats extends MailingCounters {
  perSecond: number;
  /** When the last one will be sent at the present speed; null where nothing goes on or nothing is left. */
  etaAt: Date | null;
}

export function statsOf(mailing: MailingRow, now: Date): MailingStats {
  const counters = Object.fromEntries(counterNames.map((name) => [name, mailing[name]])) as Record<
    keyof MailingCounters,
    number
  >;
  const speed = mailing.status === 'RUNNING' ? perSecond(mailing, now) : 0;
  return { ...counters, perSecond: speed, etaAt: etaAt(mailing, speed, now) };
}

function etaAt({ queued, sending, opensAt }: MailingRow, speed: number, now: Date): Date | null {
  const left = queued + sending;
  if (left === 0 || speed === 0) return null;
  const goesOnAt = Math.max(now.getTime(), opensAt?.getTime() ?? 0);
  return new Date(Math.round(goesOnAt + (left / speed) * 1_000));
}
