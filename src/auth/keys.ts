// The server's own secrets, by purpose: each use has a key of its own, derived from the configured ones.
import { hkdfSync } from 'node:crypto';

export interface EncryptionKey {
  readonly kid: string;
  readonly key: Buffer;
}

export type KeyPurpose = 'check' | 'sessions' | 'idempotency' | 'limits' | 'links';

export class Keys {
  constructor(readonly encryption: readonly EncryptionKey[]) {}

  /** For what is written now. */
  current(purpose: KeyPurpose): Buffer {
    const [first] = this.encryption;
    if (!first) throw new Error('there is no encryption key');
    return derive(first.key, purpose);
  }

  /** For what may have been written with an older key. */
  all(purpose: KeyPurpose): Buffer[] {
    return this.encryption.map(({ key }) => derive(key, purpose));
  }

  fingerprints(): { kid: string; fingerprint: Buffer }[] {
    return this.encryption.map(({ kid, key }) => ({ kid, fingerprint: derive(key, 'check') }));
  }
}

const derive = (key: Buffer, purpose: KeyPurpose): Buffer =>
  Buffer.from(hkdfSync('sha256', key, 'switchboard', purpose, 32));
