// One spelling for each e-mail address and phone number, and what is neither.
import { domainToUnicode } from 'node:url';
import fc from 'fast-check';
import { canonicalDomain, canonicalEmail, canonicalPhone } from '../../src/domain/leads/contact.js';

const longLocal = 'a'.repeat(64);
/** 63 letters and a dot for each label. */
const domainOf = (length: number): string => {
  const rest = length - '.com'.length;
  const labels = Array.from({ length: Math.floor(rest / 64) }, () => 'd'.repeat(63));
  return `${[...labels, 'd'.repeat(rest % 64)].filter(Boolean).join('.')}.com`;
};

describe('an e-mail address', () => {
  it.each([
    ['anna@example.com', 'anna@example.com'],
    ['  Anna.PETROVA@Example.COM\n', 'anna.petrova@example.com'],
    ['a+b@xn--e1afmkfd.xn--p1ai', 'a+b@xn--e1afmkfd.xn--p1ai'],
    ['a+b@пример.рф', 'a+b@xn--e1afmkfd.xn--p1ai'],
    ['A+B@ПРИМЕР.РФ', 'a+b@xn--e1afmkfd.xn--p1ai'],
    ['анна@пример.рф', 'анна@xn--e1afmkfd.xn--p1ai'],
    ['ａｎｎａ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'anna@example.com'],
    ['cafe\u0301@example.com', 'caf\u00e9@example.com'],
    ["o'neil_-{x}|~^`/?=#$%&*!@mail.example.co.uk", "o'neil_-{x}|~^`/?=#$%&*!@mail.example.co.uk"],
    [`${longLocal}@example.com`, `${longLocal}@example.com`],
    [`anna@${domainOf(249)}`, `anna@${domainOf(249)}`],
  ])('%j is %j', (spelling, canonical) => {
    expect(canonicalEmail(spelling)).toBe(canonical);
  });

  it.each([
    ['nothing', ''],
    ['no domain', 'a@'],
    ['no local part', '@example.com'],
    ['a domain of one label', 'a@b'],
    ['no @', 'anna.example.com'],
    ['two @', 'a@b@example.com'],
    ['a full-width second @', 'a＠b@example.com'],
    ['255 characters', `anna@${domainOf(250)}`],
    ['a local part of 65 octets', `a${longLocal}@example.com`],
    ['a local part of 66 octets in 33 letters', `${'я'.repeat(33)}@example.com`],
    ['a dot first', '.anna@example.com'],
    ['a dot last', 'anna.@example.com'],
    ['two dots', 'an..na@example.com'],
    ['a space within', 'an na@example.com'],
    ['a line break within', 'anna@example.com\nbcc: all@example.com'],
    ['NUL', 'anna\0@example.com'],
    ['a name with an address', 'Anna <anna@example.com>'],
    ['a quoted local part', '"an na"@example.com'],
    ['a comma', 'anna@example.com,ivan@example.com'],
    ['an address as domain', 'anna@127.0.0.1'],
    ['a literal as domain', 'anna@[127.0.0.1]'],
    ['a number that URLs read as an address', 'anna@2130706433'],
    ['a port', 'anna@example.com:25'],
    ['a path', 'anna@example.com/x'],
    ['percent signs in the domain', 'anna@ex%61mple.com'],
    ['a dot after the domain', 'anna@example.com.'],
    ['a dot before the domain', 'anna@.example.com'],
    ['a label that ends with a hyphen', 'anna@example-.com'],
    ['an underscore in the domain', 'anna@ex_ample.com'],
    ['a label of 64 letters', `anna@${'d'.repeat(64)}.com`],
    ['a top level of digits', 'anna@example.123'],
    ['broken punycode', 'anna@xn--\u0000.com'],
    ['half of a surrogate pair', 'anna\ud800@example.com'],
  ])('%s is none', (_what, spelling) => {
    expect(canonicalEmail(spelling)).toBeUndefined();
  });

  it('is canonical once and for all', () => {
    const local = fc.stringMatching(/^[\p{L}\p{N}+_-]{1,12}(\.[\p{L}\p{N}]{1,8})?$/u);
    const domain = fc.oneof(fc.domain(), fc.constantFrom('пример.рф', 'Bücher.example', 'ＥＸＡＭＰＬＥ.com'));
    fc.assert(
      fc.property(local, domain, (name, host) => {
        const once = canonicalEmail(`${name}@${host}`);
        fc.pre(once !== undefined);
        expect(canonicalEmail(once)).toBe(once);
        expect(canonicalEmail(` ${once}\t`)).toBe(once);
        if (/^[!-~]+$/.test(once)) expect(canonicalEmail(once.toUpperCase())).toBe(once);
        expect(once.split('@')[1]).toBe(canonicalDomain(host));
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws, whatever it is given', () => {
    const near = fc
      .tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
      .map((parts) => parts.join('@'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), near), (text) => {
        const found = canonicalEmail(text);
        if (found === undefined) return;
        expect(Buffer.byteLength(found)).toBeLessThanOrEqual(254);
        expect(found).not.toMatch(/[\p{Cc}\s]/u);
      }),
      { numRuns: 10_000 },
    );
  });

  it('takes its time from nobody', () => {
    const hostile = [
      `${'a.'.repeat(60_000)}@example.com`,
      `a@${'a.'.repeat(60_000)}`,
      `${'a'.repeat(120_000)}@`,
      '@'.repeat(120_000),
    ];
    const begun = performance.now();
    for (const text of hostile) expect(canonicalEmail(text)).toBeUndefined();
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});

describe('a domain', () => {
  it.each([
    ['Example.COM', 'example.com'],
    [' пример.рф ', 'xn--e1afmkfd.xn--p1ai'],
    ['xn--e1afmkfd.xn--p1ai', 'xn--e1afmkfd.xn--p1ai'],
  ])('%j is %j', (spelling, canonical) => {
    expect(canonicalDomain(spelling)).toBe(canonical);
    expect(canonicalDomain(domainToUnicode(canonical))).toBe(canonical);
  });

  it.each(['', 'localhost', '127.0.0.1', '::1', 'example.com/', 'user@example.com', 'exa mple.com', '*.example.com'])(
    '%j is none',
    (spelling) => {
      expect(canonicalDomain(spelling)).toBeUndefined();
    },
  );
});

describe('a phone number', () => {
  it.each([
    '+79001234567',
    '79001234567',
    '89001234567',
    '8 (900) 123-45-67',
    '+7 900 123 45 67',
    '+7.900.123.45.67',
    '8‑900‑123‑45‑67',
    ' 9001234567 ',
  ])('%j is +79001234567', (spelling) => {
    expect(canonicalPhone(spelling)).toBe('+79001234567');
  });

  it.each([
    ['+1 202-555-0100', '+12025550100'],
    ['+44 20 7946 0018', '+442079460018'],
    ['+375 29 123-45-67', '+375291234567'],
  ])('%j keeps its country: %j', (spelling, canonical) => {
    expect(canonicalPhone(spelling)).toBe(canonical);
  });

  it.each([
    ['nothing', ''],
    ['a space', ' '],
    ['letters', 'phone'],
    ['letters behind digits', '+79001234567a'],
    ['an extension', '+7 900 123-45-67 ext. 12'],
    ['too short', '123'],
    ['too long', '+7900123456789'],
    ['digits of another script', '+٧٩٠٠١٢٣٤٥٦٧'],
    ['NUL', '+7900123\u00004567'],
    ['a formula', '=1+79001234567'],
    ['a plus alone', '+'],
    ['a country that is none', '+999 123 456 78'],
    ['a hundred digits', '9'.repeat(100)],
  ])('%s is none', (_what, spelling) => {
    expect(canonicalPhone(spelling)).toBeUndefined();
  });

  it('is canonical once and for all, and E.164', () => {
    const country = fc.constantFrom('+7 9', '8 (9', '+1 2', '+44 20', '+49', '+375 29', '+', '9');
    const pieces = fc.array(fc.constantFrom(...'0123456789', ...'0123456789', ' ', '-', ')', '.'), {
      minLength: 7,
      maxLength: 16,
    });
    let found = 0;
    fc.assert(
      fc.property(country, pieces, (prefix, letters) => {
        const once = canonicalPhone(`${prefix}${letters.join('')}`);
        if (once === undefined) return;
        found++;
        expect(once).toMatch(/^\+[1-9]\d{4,14}$/);
        expect(canonicalPhone(once)).toBe(once);
      }),
      { numRuns: 5_000 },
    );
    expect(found).toBeGreaterThan(500);
  });
});
