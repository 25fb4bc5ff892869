// The server's own secrets, by purpose: each use has a key of its own, derived from the configured ones.
import { hkdfSync } from 'node:crypto';

export interface EncryptionKey {
  readonly kid: string;
  readonly key: Buffer;
}

export type KeyPurpose = 'check' | 'sessions' | 'idempotency' | 'limits' | 'links' | 'leads' | 'lead-indexes';

export class Keys {
  readonly #derived = new Map<string, Buffer>();

  constructor(readonly encryption: readonly EncryptionKey[]) {}

  /** For what is written now. */
  current(purpose: KeyPurpose): Buffer {
    const [first] = this.encryption;
    if (!first) throw new Error('there is no encryption key');
    return this.#derive(first, purpose);
  }

  /** For what may have been written with an older key. */
  all(purpose: KeyPurpose): Buffer[] {
    return this.encryption.map((one) => this.#derive(one, purpose));
  }

  get currentKid(): string {
    const [first] = this.encryption;
    if (!first) throw new Error('there is no encryption key');
    return first.kid;
  }

  /** Undefined for a key that the configuration does not hold. */
  named(kid: string, purpose: KeyPurpose): Buffer | undefined {
    const found = this.encryption.find((one) => one.kid === kid);
    return found && this.#derive(found, purpose);
  }

  fingerprints(): { kid: string; fingerprint: Buffer }[] {
    return this.encryption.map((one) => ({ kid: one.kid, fingerprint: this.#derive(one, 'check') }));
  }

  /** Once for each: a derivation costs as much as a hundred uses. */
  #derive({ kid, key }: EncryptionKey, purpose: KeyPurpose): Buffer {
    const name = `${kid} ${purpose}`;
    const known = this.#derived.get(name);
    if (known) return known;
    const derived = Buffer.from(hkdfSync('sha256', key, 'switchboard', purpose, 32));
    this.#derived.set(name, derived);
    return derived;
  }
}
