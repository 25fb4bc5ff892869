// What may be done with a mailing in which state: one pure table. Everything else is CONFLICT and names the state.
import type { MailingStatus } from '../../entities/mailing.enums.js';
import { conflict } from '../../shared/errors.js';

export type MailingOperation = 'update' | 'pause' | 'resume' | 'cancel' | 'retry' | 'delete';

export interface MailingState {
  readonly status: MailingStatus;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

const allowedIn: Readonly<Record<MailingOperation, readonly MailingStatus[]>> = {
  update: ['SCHEDULED', 'RUNNING', 'PAUSED'],
  pause: ['SCHEDULED', 'RUNNING'],
  resume: ['PAUSED'],
  cancel: ['SCHEDULED', 'RUNNING', 'PAUSED'],
  retry: ['RUNNING', 'PAUSED', 'COMPLETED'],
  delete: ['SCHEDULED', 'COMPLETED', 'EXPIRED', 'CANCELLED'],
};

/** They make something go on, and after the end nothing does, also where no tick has said so yet. */
const beforeTheEnd: ReadonlySet<MailingOperation> = new Set(['update', 'resume', 'retry']);

export function isAllowed(operation: MailingOperation, { status, endsAt }: MailingState, now: Date): boolean {
  return allowedIn[operation].includes(status) && (endsAt > now || !beforeTheEnd.has(operation));
}

export function demandOperation(operation: MailingOperation, mailing: MailingState, now: Date): void {
  if (isAllowed(operation, mailing, now)) return;
  const { status, endsAt } = mailing;
  const why = endsAt <= now && allowedIn[operation].includes(status) ? 'at its end' : status;
  throw conflict(`This mailing is ${why}; ${operation} is not possible.`, status);
}

/** Of one that is neither paused nor finished. */
export const statusAt = ({ startsAt }: Pick<MailingState, 'startsAt'>, now: Date): 'SCHEDULED' | 'RUNNING' =>
  startsAt > now ? 'SCHEDULED' : 'RUNNING';
