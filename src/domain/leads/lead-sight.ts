// What a viewer sees of a lead's e-mail and number, and by how much of them they may look for one. No I/O.
import { emailFor, phoneFor, seesPhones } from '../../auth/masking.js';
import type { Viewer } from '../../auth/viewer.js';
import { Failure } from '../../shared/errors.js';
import type { LeadFilter } from './lead.inputs.js';
import type { LeadRow } from './lead.rows.js';

/** In the place of what can't be read any more. */
export const unreadable = '(unreadable)';

export const emailShown = (viewer: Viewer, { email }: Pick<LeadRow, 'email'>): string =>
  email === null ? unreadable : emailFor(viewer, email);

export const phoneShown = (viewer: Viewer, { phone }: Pick<LeadRow, 'phone'>): string =>
  phone === null ? unreadable : phoneFor(viewer, phone);

/** Whether a whole address or number is known is more than what is shown of it: who could guess, could unmask. */
export function demandSight(viewer: Viewer, filter: LeadFilter | null | undefined): void {
  if (seesPhones(viewer)) return;
  const fields = masked.filter(({ key }) => filter?.[key] != null).map(({ key, message }) => fault(key, message));
  if (fields.length === 0) return;
  const text = fields.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new Failure('BAD_USER_INPUT', text, { fields });
}

const masked = [
  { key: 'email', message: 'this account sees the domains of e-mail addresses: ask by emailDomain' },
  { key: 'phone', message: 'this account sees the last four digits of numbers: ask by phoneLastFour' },
] as const;

const fault = (key: string, message: string) => ({ path: `filter.${key}`, code: 'MASKED' as const, message });
