// Which constraint of the database refused a write, however deep the driver's error is wrapped.

import { isError } from '../shared/errors.js';

export function violates(error: unknown, constraint: string): boolean {
  for (let e = error, depth = 0; isError(e) && depth < 5; e = e.cause, depth++) {
    if ('constraint' in e && e.constraint === constraint) return true;
  }
  return false;
}
