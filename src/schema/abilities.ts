// What a viewer may use, as schema coordinates, for front ends that show only what works.
import { may, type PolicyName } from '../auth/policies.js';
import { isSignedIn, type Viewer } from '../auth/viewer.js';
import { crossings, openBeforePasswordChange, rootFields } from './permissions.js';

const coordinates: readonly (readonly [string, PolicyName])[] = Object.entries<PolicyName>({
  ...rootFields,
  ...crossings,
}).sort(([a], [b]) => (a < b ? -1 : 1));

export function abilitiesOf(viewer: Viewer): string[] {
  const mustChange = isSignedIn(viewer) && viewer.identity.mustChangePassword;
  return coordinates
    .filter(([coordinate, policy]) => may(viewer, policy) && (!mustChange || openBeforePasswordChange.has(coordinate)))
    .map(([coordinate]) => coordinate);
}
