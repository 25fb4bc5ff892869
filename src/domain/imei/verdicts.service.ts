// What can be said of a number without asking, or paying, anyone.
// Talks to nobody: models are those that are built in.
import { tacOf } from './imei-number.js';
import { knownTac } from './known-tacs.js';

export class ImeiVerdictService {
  /** Null where its model is not known. */
  async brandOf(imei: string): Promise<string | null> {
    return knownTac(tacOf(imei))?.brand ?? null;
  }
}
