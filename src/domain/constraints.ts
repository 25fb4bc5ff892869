// Which constraint of the database refused a write, however deep the driver's error is wrapped.

import { types } from 'node:util';

export function violates(error: unknown, constraint: string): boolean {
  for (let e = error, depth = 0; types.isNativeError(e) && depth < 5; e = e.cause, depth++) {
    if ('constraint' in e && e.constraint === constraint) return true;
  }
  return false;
}
