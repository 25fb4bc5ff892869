// Who sees phone numbers and e-mail addresses whole, and what the others see of them. Asked wherever one is shown, sorted or
// searched.
import { maskPhone } from '../shared/phone.js';
import { isSignedIn, type Viewer } from './viewer.js';

/** Nobody comes this far only where the legacy API is open, as the old server was. */
export const seesPhones = (viewer: Viewer): boolean => !isSignedIn(viewer) || viewer.identity.role !== 'VIEWER';

export const phoneFor = (viewer: Viewer, phone: string): string => (seesPhones(viewer) ? phone : maskPhone(phone));

/** Who sees no whole number sees no more of an e-mail address than its domain. */
export const emailFor = (viewer: Viewer, email: string): string =>
  seesPhones(viewer) ? email : `•••${email.slice(email.lastIndexOf('@'))}`;
