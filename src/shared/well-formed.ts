// Text that is Unicode: half of a surrogate pair, which JSON can carry, is none. PostgreSQL and every file would get U+FFFD for it,
// so that what is kept is not what was sent. No I/O.
import { badInputs, type Failure, type FieldFault } from './errors.js';

/** One fault for each text that holds half of a pair, by where it stands. Without recursion, because JSON nests as deep as its sender likes. */
export function malformedTexts(given: unknown): FieldFault[] {
  const faults: FieldFault[] = [];
  const open: Place[] = [{ value: given, key: '', parent: undefined }];
  for (let place = open.pop(); place; place = open.pop()) {
    const { value } = place;
    if (typeof value === 'string') {
      if (!value.isWellFormed()) faults.push(faultAt(place));
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value))
        if (typeof inner === 'string' || typeof inner === 'object') open.push({ value: inner, key, parent: place });
    }
  }
  return faults.reverse();
}

/** As one failure, where there is any. */
export function malformedInput(given: unknown): Failure | undefined {
  const faults = malformedTexts(given);
  return faults.length > 0 ? badInputs(faults) : undefined;
}

interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | undefined;
}

function faultAt(place: Place): FieldFault {
  const keys: string[] = [];
  for (let at: Place | undefined = place; at?.parent; at = at.parent) keys.unshift(at.key);
  return {
    path: keys.join('.'),
    code: 'MALFORMED_TEXT',
    message: 'must be well-formed Unicode, and holds half of a surrogate pair',
  };
}
