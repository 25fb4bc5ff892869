// Phone numbers: one number however it is spelled, and what those see of it who may not see it.
import { phoneFor, seesPhones } from '../../src/auth/masking.js';
import { type Identity, nobody, type Origin, systemViewer } from '../../src/auth/viewer.js';
import type { Role } from '../../src/entities/account.enums.js';
import { maskPhone, phoneDigits } from '../../src/shared/phone.js';

describe('digits of a number', () => {
  it.each([
    '79001234567',
    '+79001234567',
    '89001234567',
    '8 (900) 123-45-67',
    '+7 900 123 45 67',
    ' 9001234567 ',
    'tel:+79001234567',
  ])('are the same for %j', (spelling) => {
    expect(phoneDigits(spelling)).toBe('79001234567');
  });

  it('keep the country of a number that has one', () => {
    expect(phoneDigits('+1 202-555-0100')).toBe('12025550100');
    expect(phoneDigits('77712345678')).toBe('77712345678');
  });

  it.each(['', ' ', 'abc', '1', '1234', '+', '7', '7900\u00001234567', '9'.repeat(41), '+7'.padEnd(40, '9')])(
    'are none for %j',
    (spelling) => {
      expect(phoneDigits(spelling)).toBeUndefined();
    },
  );
});

it('a masked number shows its last four digits and its length', () => {
  expect(maskPhone('79001234567')).toBe('•••••••4567');
  expect(maskPhone('4567')).toBe('4567');
  expect(maskPhone('')).toBe('');
});

describe('who sees numbers', () => {
  const origin: Origin = { door: 'GRAPHQL', address: '198.51.100.1', loopback: false, requestId: 'test' };
  const account = (role: Role) => ({
    ...{ personId: '1', login: 'test', role, mustChangePassword: false, tokenId: '1', expiresAt: null },
  });
  const viewers: [string, Identity, boolean][] = [
    ['a VIEWER', { kind: 'person', scopes: null, ...account('VIEWER') }, false],
    ['a token of a VIEWER', { kind: 'token', scopes: ['READ', 'MAILINGS'], ...account('VIEWER') }, false],
    ['an OPERATOR', { kind: 'person', scopes: null, ...account('OPERATOR') }, true],
    ['an ADMIN', { kind: 'person', scopes: null, ...account('ADMIN') }, true],
    ['a token of an ADMIN', { kind: 'token', scopes: ['READ'], ...account('ADMIN') }, true],
    ['nobody, where the legacy API is open', nobody, true],
    ['the product itself', systemViewer('test').identity, true],
  ];

  it.each(viewers)('%s', (_who, identity, sees) => {
    const viewer = { identity, origin };
    expect(seesPhones(viewer)).toBe(sees);
    expect(phoneFor(viewer, '79001234567')).toBe(sees ? '79001234567' : '•••••••4567');
  });
});
