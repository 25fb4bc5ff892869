// How a lead's e-mail and phone are kept: sealed with a key of their own (AES-256-GCM, bound to table, column and row), which
// is sealed with a key of the configuration; found by keyed digests of their canonical forms. No I/O.
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import type { Keys } from '../../auth/keys.js';
import { keyedHash } from '../../shared/crypto.js';
import { Failure } from '../../shared/errors.js';

export interface Contact {
  /** Canonical: contact.ts. */
  readonly email: string;
  /** E.164. */
  readonly phone: string;
}

export interface SealedContact {
  readonly sealedKey: string;
  readonly email: string;
  readonly phone: string;
}

export interface ContactIndexes {
  readonly email: Buffer;
  readonly phone: Buffer;
  readonly domain: Buffer;
  readonly lastFour: Buffer;
}

const version = 'v1';
/** Stands where a key's name stands: the row's own. */
const ownKey = 'own';

export class LeadCipher {
  constructor(private readonly keys: Keys) {}

  seal(id: string, { email, phone }: Contact): SealedContact {
    const key = createSecretKey(randomBytes(32));
    return { sealedKey: this.#sealKey(id, key), ...this.#sealWith(key, id, { email, phone }) };
  }

  /** With the row's key as it is. Undefined where that key can't be had. */
  sealAgain(id: string, sealedKey: string, contact: Contact): SealedContact | undefined {
    const key = this.#openKey(id, sealedKey);
    return key && { sealedKey, ...this.#sealWith(key, id, contact) };
  }

  /** Each by itself: what was touched, moved, or sealed with a key that is not here is undefined. */
  open(id: string, { sealedKey, email, phone }: SealedContact): Partial<Contact> {
    const key = this.#openKey(id, sealedKey);
    if (!key) return {};
    const [openEmail, openPhone] = [open(key, place(id, 'email'), email), open(key, place(id, 'phone'), phone)];
    return {
      ...(openEmail && { email: openEmail.toString('utf8') }),
      ...(openPhone && { phone: openPhone.toString('utf8') }),
    };
  }

  /** The row's key under the first key of the configuration; undefined where it can't be had. */
  renew(id: string, sealedKey: string): string | undefined {
    const key = this.#openKey(id, sealedKey);
    return key && this.#sealKey(id, key);
  }

  indexes(kid: string, { email, phone }: Contact): ContactIndexes {
    return {
      email: this.emailIndex(kid, email),
      phone: this.phoneIndex(kid, phone),
      domain: this.domainIndex(kid, email.slice(email.lastIndexOf('@') + 1)),
      lastFour: this.lastFourIndex(kid, phone.slice(-4)),
    };
  }

  emailIndex(kid: string, email: string): Buffer {
    return this.#index(kid, 'email', email);
  }

  phoneIndex(kid: string, phone: string): Buffer {
    return this.#index(kid, 'phone', phone);
  }

  domainIndex(kid: string, domain: string): Buffer {
    return this.#index(kid, 'domain', domain);
  }

  lastFourIndex(kid: string, digits: string): Buffer {
    return this.#index(kid, 'last four', digits);
  }

  #index(kid: string, column: string, value: string): Buffer {
    const key = this.keys.named(kid, 'lead-indexes');
    if (!key) {
      const cause = new Error(`the encryption key «${kid}» is not configured in this process`);
      throw new Failure('UNAVAILABLE', 'Leads can’t be taken in here at this moment.', { retryAfter: 60, cause });
    }
    return keyedHash(key, column, value);
  }

  #sealWith(key: KeyObject, id: string, { email, phone }: Contact): Contact {
    return {
      email: seal({ kid: ownKey, key }, place(id, 'email'), Buffer.from(email)),
      phone: seal({ kid: ownKey, key }, place(id, 'phone'), Buffer.from(phone)),
    };
  }

  #sealKey(id: string, key: KeyObject): string {
    const kid = this.keys.currentKid;
    const wrapping = this.keys.named(kid, 'leads');
    if (!wrapping) throw new Error('there is no current key');
    return seal({ kid, key: wrapping }, place(id, 'sealed_key'), key.export());
  }

  #openKey(id: string, sealed: string): KeyObject | undefined {
    const wrapping = this.keys.named(sealed.split('.')[1] ?? '', 'leads');
    const opened = wrapping && open(wrapping, place(id, 'sealed_key'), sealed);
    return opened && createSecretKey(opened);
  }
}

/** What was sealed for one cell opens in no other. */
const place = (id: string, column: string): Buffer => Buffer.from(`lead|${column}|${id}`);

function seal({ kid, key }: { kid: string; key: KeyObject }, cell: Buffer, plain: Buffer): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(cell);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  return [version, kid, ...[iv, cipher.getAuthTag(), text].map((part) => part.toString('base64url'))].join('.');
}

function open(key: KeyObject, cell: Buffer, sealed: string): Buffer | undefined {
  const [given, , ...parts] = sealed.split('.');
  const [iv, tag, text] = parts.map((part) => Buffer.from(part, 'base64url'));
  if (given !== version || parts.length !== 3 || iv?.length !== 12 || tag?.length !== 16 || !text) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, iv).setAAD(cell).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(text), decipher.final()]);
  } catch {
    // It is not what was sealed: that is all there is to say.
    return undefined;
  }
}
