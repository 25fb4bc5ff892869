// What is an IMEI and what is not, in every spelling.
import fc from 'fast-check';
import { luhnDigit, readImei } from '../../src/domain/imei/imei-number.js';
import { knownTac } from '../../src/domain/imei/known-tacs.js';
import { offlineVerdict } from '../../src/domain/imei/offline-verdict.js';
import { reportingBody } from '../../src/domain/imei/reporting-bodies.js';

const phone = '356735111052198';
const numerals = fc.constantFrom(...'0123456789');
const bare = fc.string({ unit: numerals, minLength: 14, maxLength: 14 }).filter((text) => text !== '0'.repeat(14));

describe('an IMEI', () => {
  it.each([
    phone,
    '490154203237518',
    '863274074003267',
    '353272491542872',
    '351344354167758',
    '354190023896443',
    '000000000000380',
  ])('is %s', (imei) => {
    expect(readImei(imei)).toEqual({ imei, tac: Number(imei.slice(0, 8)) });
  });

  it.each([
    '35673511105219',
    '3567351110521901',
    ' 356735111052198\n',
    '35-673511-105219-8',
    '35 673511 105219 8',
    '35\u00a0673511\u202f105219\u30008',
    '35‐673511‑105219‒8',
    '35–673511—105219―8',
    '35−673511－105219﹣8',
    '35\u00ad6735\u200b11105219\ufeff8',
    '\u202a356735111052198\u202c',
    '35673511105219 ',
    '- 35673511105219 01 -',
  ])('is read out of %j', (spelling) => {
    expect(readImei(spelling)).toEqual({ imei: phone, tac: 35_673_511 });
  });

  it('is made of any 14 digits, and of any IMEISV of them, and is read again as itself', () => {
    fc.assert(
      fc.property(bare, fc.integer({ min: 0, max: 99 }), (digits, version) => {
        const reading = readImei(digits);
        expect(reading).toEqual({ imei: `${digits}${luhnDigit(digits)}`, tac: Number(digits.slice(0, 8)) });
        expect(readImei(`${digits}${String(version).padStart(2, '0')}`)).toEqual(reading);
        expect(readImei('imei' in reading ? reading.imei : '')).toEqual(reading);
      }),
    );
  });

  it('has exactly one check digit, the one that makes the sum of its doubled digits a multiple of ten', () => {
    fc.assert(
      fc.property(bare, (digits) => {
        const right = [...'0123456789'].filter((digit) => 'imei' in readImei(digits + digit));
        expect(right).toEqual([...'0123456789'].filter((digit) => luhnSum(digits + digit) % 10 === 0));
        expect(right).toHaveLength(1);
      }),
    );
  });

  it('shows every digit that is mistyped', () => {
    fc.assert(
      fc.property(bare, fc.nat(14), fc.integer({ min: 1, max: 9 }), (digits, index, more) => {
        const imei = `${digits}${luhnDigit(digits)}`;
        const wrong = String((Number(imei[index]) + more) % 10);
        const problem = readImei(imei.slice(0, index) + wrong + imei.slice(index + 1));
        expect(problem).toEqual({ problem: 'CHECKSUM' });
      }),
    );
  });
});

/** By its definition: from the right, every second digit doubled, and the digits of the products added up. */
const luhnSum = (text: string): number =>
  [...text]
    .reverse()
    .flatMap((digit, index) => [...String(Number(digit) * (index % 2 === 0 ? 1 : 2))])
    .reduce((sum, digit) => sum + Number(digit), 0);

describe('no IMEI, and why', () => {
  it.each([
    ['LENGTH', ''],
    ['LENGTH', ' - '],
    ['LENGTH', '3567351110521'],
    ['LENGTH', '35673511105219812'],
    ['LENGTH', '0'],
    ['LENGTH', '0'.repeat(13)],
    ['LENGTH', '9'.repeat(100_000)],
    ['LENGTH', ' '.repeat(100_000)],
    ['LENGTH', `${' '.repeat(64)}${phone}`],
    ['NOT_DIGITS', '35673511105219O'],
    ['NOT_DIGITS', '35673511105219\u0000'],
    ['NOT_DIGITS', '35673511105219８'],
    ['NOT_DIGITS', '３５６７３５１１１０５２１９８'],
    ['NOT_DIGITS', '٣٥٦٧٣٥١١١٠٥٢١٩٨'],
    ['NOT_DIGITS', '356735111052190x'],
    ['NOT_DIGITS', '+356735111052198'],
    ['NOT_DIGITS', '35/673511/105219/8'],
    ['NOT_DIGITS', '3.5673511105219e14'],
    ['NOT_DIGITS', '0x1446c5f5a1f4e6'],
    ['NOT_DIGITS', 'imei'],
    ['NOT_DIGITS', '🙂'.repeat(7)],
    ['NOT_DIGITS', '\ud800'.repeat(15)],
    ['NOT_DIGITS', 'x'.repeat(100_000)],
    ['CHECKSUM', '123456789012345'],
    ['CHECKSUM', '566392068297521'],
    ['CHECKSUM', '356735111052199'],
    ['CHECKSUM', '000000000000001'],
    ['ALL_ZERO', '0'.repeat(14)],
    ['ALL_ZERO', '0'.repeat(15)],
    ['ALL_ZERO', '00-000000-000000-0'],
    ['ALL_ZERO', '0'.repeat(16)],
    ['ALL_ZERO', '0000000000000012'],
  ])('%s: %#', (problem, text) => {
    expect(readImei(text)).toEqual({ problem });
  });

  it('whatever text comes, the answer is an IMEI that is read as itself, or one problem', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: numerals }), spelled()), (text) => {
        const reading = readImei(text);
        if ('problem' in reading) expect(reading.problem).toMatch(/^(?:LENGTH|NOT_DIGITS|CHECKSUM|ALL_ZERO)$/);
        else expect(readImei(reading.imei)).toEqual({ imei: expect.stringMatching(/^\d{15}$/), tac: reading.tac });
      }),
      { numRuns: 2_000 },
    );
  });
});

const spelled = () =>
  fc.array(fc.constantFrom(...'0123456789- –\u200b'), { minLength: 12, maxLength: 24 }).map((parts) => parts.join(''));

describe('the verdict on it', () => {
  it('names model and registrar where they are known', () => {
    expect(offlineVerdict('35-673511-105219')).toEqual({
      input: '35-673511-105219',
      valid: true,
      problem: null,
      imei: phone,
      tac: '35673511',
      reportingBody: 'TÜV SÜD BABT (UK)',
      brand: 'Apple',
      model: 'iPhone 12 Pro Max',
    });
    expect(offlineVerdict('863274074003267')).toMatchObject({ reportingBody: 'TAF (CN)', brand: null, model: null });
  });

  it('is silent where there is no IMEI', () => {
    expect(offlineVerdict('356735111052199')).toEqual({
      ...{ input: '356735111052199', valid: false, problem: 'CHECKSUM' },
      ...{ imei: null, tac: null, reportingBody: null, brand: null, model: null },
    });
  });

  it.each([
    ['01', 'CTIA/PTCRB (US)'],
    ['35', 'TÜV SÜD BABT (UK)'],
    ['86', 'TAF (CN)'],
    ['99', 'GHA'],
    ['49', 'BZT (DE)'],
    ['91', 'MSAI (IN)'],
    ['00', 'test IMEI'],
    ['02', 'test IMEI'],
    ['09', 'test IMEI'],
    ['98', 'reserved'],
    ['11', null],
    ['77', null],
  ])('%s is registered by %s', (digits, body) => {
    expect(reportingBody(Number(`${digits}123456`))).toBe(body);
  });

  it('keeps the zero that a TAC begins with', () => {
    expect(offlineVerdict('01124500123456')).toMatchObject({ tac: '01124500', brand: 'Apple', model: 'iPhone' });
    expect(knownTac(Number('01124500'))).toEqual({ brand: 'Apple', model: 'iPhone' });
  });
});
