// The server's own secrets, by purpose: each use has a key of its own, derived from the configured ones.
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

export interface EncryptionKey {
  readonly kid: string;
  readonly key: Buffer;
}

export type KeyPurpose = 'check' | 'sessions' | 'idempotency' | 'limits' | 'links' | 'leads' | 'lead-indexes';

export class Keys {
  readonly #derived = new Map<string, Buffer>();
  readonly #objects = new Map<string, KeyObject>();

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

  /** Undefined for a key that the configuration does not hold. As an object: to make one costs more than to use it. */
  named(kid: string, purpose: KeyPurpose): KeyObject | undefined {
    const name = `${kid} ${purpose}`;
    const known = this.#objects.get(name);
    if (known) return known;
    const found = this.encryption.find((one) => one.kid === kid);
    if (!found) return undefined;
    const made = createSecretKey(this.#derive(found, purpose));
    this.#objects.set(name, made);
    return made;
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
