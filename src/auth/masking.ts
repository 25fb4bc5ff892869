// Who sees phone numbers whole, and what the others see of them. Asked wherever a number is shown, sorted or searched.
import { maskPhone } from '../shared/phone.js';
import { isSignedIn, type Viewer } from './viewer.js';

/** Nobody comes this far only where the legacy API is open, as the old server was. */
export const seesPhones = (viewer: Viewer): boolean => !isSignedIn(viewer) || viewer.identity.role !== 'VIEWER';

export const phoneFor = (viewer: Viewer, phone: string): string => (seesPhones(viewer) ? phone : maskPhone(phone));
