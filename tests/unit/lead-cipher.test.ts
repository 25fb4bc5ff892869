// How e-mail and phone of a lead are sealed: only for their own cell, only with the keys that are configured, and every touch shows.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { Keys } from '../../src/auth/keys.js';
import { LeadCipher, type SealedContact } from '../../src/domain/leads/lead-cipher.js';

const key = (kid: string) => ({ kid, key: randomBytes(32) });
const [k1, k2] = [key('k1'), key('k2')];
const cipher = new LeadCipher(new Keys([k1]));
const contact = { email: 'anna@example.com', phone: '+79001234567' };
const sealed = cipher.seal('7', contact);

const columns = ['sealedKey', 'email', 'phone'] as const;

/** With a change to one of the parts of one of its cells. */
function touched(column: keyof SealedContact, change: (parts: string[]) => string[]): SealedContact {
  return { ...sealed, [column]: change(sealed[column].split('.')).join('.') };
}

function flipped(part: string, bit: number): string {
  const bytes = Buffer.from(part, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return bytes.toString('base64url');
}

describe('what is sealed', () => {
  it('opens again, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (email, phone) => {
        fc.pre(email !== '' && phone !== '');
        expect(cipher.open('12', cipher.seal('12', { email, phone }))).toEqual({ email, phone });
      }),
    );
  });

  it('holds nothing of it in clear, in base64 or in hex', () => {
    const text = Object.values(sealed).join('\n');
    const bytes = Object.values(sealed).flatMap((cell) =>
      cell.split('.').map((part: string) => Buffer.from(part, 'base64url')),
    );
    for (const plain of [contact.email, 'anna', 'example.com', contact.phone, contact.phone.slice(1)]) {
      expect(text).not.toContain(plain);
      expect(Buffer.concat(bytes).includes(plain)).toBe(false);
    }
  });

  it('says its version and which key sealed it', () => {
    expect(sealed.sealedKey).toMatch(/^v1\.k1\.[\w-]{16}\.[\w-]{22}\.[\w-]{43}$/);
    expect(sealed.email).toMatch(/^v1\.own\.[\w-]{16}\.[\w-]{22}\.[\w-]{22}$/);
  });

  it('is another text each time, with another key and another start', () => {
    const parts = Array.from({ length: 200 }, () => cipher.seal('7', contact)).flatMap((one) =>
      columns.flatMap((column) => one[column].split('.').slice(2)),
    );
    expect(new Set(parts).size).toBe(200 * 9);
  });

  it('can be sealed again with the key of its row, and with nobody else’s', () => {
    const changed = { email: 'boris@example.com', phone: '+79007654321' };
    const again = cipher.sealAgain('7', sealed.sealedKey, changed);
    expect(again?.sealedKey).toBe(sealed.sealedKey);
    expect(cipher.open('7', again ?? sealed)).toEqual(changed);
    expect(cipher.sealAgain('8', sealed.sealedKey, changed)).toBeUndefined();
  });
});

describe('fails closed', () => {
  it('for every single bit of the e-mail, and leaves the phone readable', () => {
    const [, , ...parts] = sealed.email.split('.');
    for (const [place, part] of parts.entries()) {
      for (let bit = 0; bit < Buffer.from(part, 'base64url').length * 8; bit++) {
        const broken = touched('email', (all) => all.with(place + 2, flipped(part, bit)));
        expect(cipher.open('7', broken)).toEqual({ phone: contact.phone });
      }
    }
  });

  it('for every single bit of the row’s key: neither can be read', () => {
    const [, , ...parts] = sealed.sealedKey.split('.');
    for (const [place, part] of parts.entries()) {
      for (let bit = 0; bit < Buffer.from(part, 'base64url').length * 8; bit++) {
        const broken = touched('sealedKey', (all) => all.with(place + 2, flipped(part, bit)));
        expect(cipher.open('7', broken)).toEqual({});
        expect(cipher.renew('7', broken.sealedKey)).toBeUndefined();
      }
    }
  });

  it('in another row', () => {
    expect(cipher.open('8', sealed)).toEqual({});
    const other = cipher.seal('8', { email: 'boris@example.com', phone: '+79007654321' });
    expect(cipher.open('8', { ...other, email: sealed.email })).toEqual({ phone: '+79007654321' });
    expect(cipher.open('8', { ...other, sealedKey: sealed.sealedKey })).toEqual({});
    expect(cipher.open('8', { ...sealed, sealedKey: other.sealedKey })).toEqual({});
  });

  it('in another column', () => {
    const { sealedKey, email, phone } = sealed;
    expect(cipher.open('7', { sealedKey, email: phone, phone: email })).toEqual({});
    expect(cipher.open('7', { sealedKey, email: sealedKey, phone })).toEqual({ phone: contact.phone });
    expect(cipher.open('7', { sealedKey: email, email, phone })).toEqual({});
  });

  it('with a key that is not configured, or is another one under the same name', () => {
    expect(new LeadCipher(new Keys([k2])).open('7', sealed)).toEqual({});
    expect(new LeadCipher(new Keys([key('k1')])).open('7', sealed)).toEqual({});
    expect(
      cipher.open(
        '7',
        touched('sealedKey', (parts) => parts.with(1, 'k9')),
      ),
    ).toEqual({});
    expect(
      cipher.open(
        '7',
        touched('sealedKey', (parts) => parts.with(1, '')),
      ),
    ).toEqual({});
  });

  it.each([
    ['an unknown version', (parts: string[]) => parts.with(0, 'v2')],
    ['a part too few', (parts: string[]) => parts.slice(0, -1)],
    ['a part too many', (parts: string[]) => [...parts, 'AAAA']],
    ['a shortened tag', (parts: string[]) => parts.with(3, (parts[3] ?? '').slice(0, 16))],
    ['an empty tag', (parts: string[]) => parts.with(3, '')],
    ['a shortened start', (parts: string[]) => parts.with(2, (parts[2] ?? '').slice(0, 8))],
    ['no text', (parts: string[]) => parts.with(4, '')],
    ['nothing', () => ['']],
    ['the plain value', () => [contact.email]],
  ])('for %s', (_what, change) => {
    expect(cipher.open('7', touched('email', change))).toEqual({ phone: contact.phone });
    expect(cipher.open('7', touched('sealedKey', change))).toEqual({});
  });

  it('and never throws, whatever stands in the columns', () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...columns.map((column) => sealed[column])),
      fc
        .tuple(fc.constantFrom('v1', 'v2', ''), fc.constantFrom('k1', 'own', '__proto__'), fc.base64String())
        .map((parts) => parts.join('.')),
    );
    fc.assert(
      fc.property(fc.string(), cell, cell, cell, (id, sealedKey, email, phone) => {
        fc.pre(id !== '7');
        expect(cipher.open(id, { sealedKey, email, phone })).toEqual({});
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('while keys change', () => {
  const both = new LeadCipher(new Keys([k2, k1]));
  const onlyNew = new LeadCipher(new Keys([k2]));

  it('both are read, the first one writes', () => {
    expect(both.open('7', sealed)).toEqual(contact);
    const written = both.seal('9', contact);
    expect(written.sealedKey).toMatch(/^v1\.k2\./);
    expect(onlyNew.open('9', written)).toEqual(contact);
  });

  it('a row’s key is renewed without a touch to its data', () => {
    const renewed = { ...sealed, sealedKey: both.renew('7', sealed.sealedKey) ?? '' };
    expect(renewed.sealedKey).toMatch(/^v1\.k2\./);
    expect(onlyNew.open('7', renewed)).toEqual(contact);
    expect(cipher.open('7', renewed)).toEqual({});
    expect(onlyNew.renew('7', sealed.sealedKey)).toBeUndefined();
  });
});

describe('blind indexes', () => {
  it('are the same for the same, and 32 bytes', () => {
    const [one, again] = [cipher.indexes('k1', contact), new LeadCipher(new Keys([k2, k1])).indexes('k1', contact)];
    expect(one).toEqual(again);
    for (const digest of Object.values(one)) expect(digest).toHaveLength(32);
  });

  it('of the parts are those that a search asks for', () => {
    expect(cipher.indexes('k1', contact)).toEqual({
      email: cipher.emailIndex('k1', contact.email),
      phone: cipher.phoneIndex('k1', contact.phone),
      domain: cipher.domainIndex('k1', 'example.com'),
      lastFour: cipher.lastFourIndex('k1', '4567'),
    });
  });

  it('differ by column, by key and by what the keys are for', () => {
    const both = new LeadCipher(new Keys([k2, k1]));
    const digests = [
      both.emailIndex('k1', '4567'),
      both.phoneIndex('k1', '4567'),
      both.domainIndex('k1', '4567'),
      both.lastFourIndex('k1', '4567'),
      both.emailIndex('k2', '4567'),
    ].map((digest) => digest.toString('hex'));
    expect(new Set(digests).size).toBe(digests.length);
    const keys = new Keys([k1]);
    expect(keys.current('leads').equals(keys.current('lead-indexes'))).toBe(false);
  });

  it('are not made with a key that is not configured', () => {
    expect(() => cipher.emailIndex('k9', contact.email)).toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });
});
