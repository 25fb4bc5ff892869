// Whose address a request has, and how addresses are spelled and counted.
import { createCallerFinder } from '../../src/server/client-address.js';
import { canonicalAddress, limitKey } from '../../src/shared/ip-address.js';

describe('canonical addresses', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::', '::'],
    [' 198.51.100.1 ', '198.51.100.1'],
  ])('%s is %s', (given, expected) => expect(canonicalAddress(given)).toBe(expected));

  it.each(['', 'unknown', '1.2.3', '01.2.3.4', '1.2.3.4.5', '2001:db8:::1', 'localhost', '1.2.3.4; drop table'])(
    '%j is none',
    (given) => expect(canonicalAddress(given)).toBeUndefined(),
  );

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ])('%s is counted as %s', (given, expected) => expect(limitKey(given)).toBe(expected));
});

describe('the caller', () => {
  const from = (remoteAddress: string, headers: Record<string, string> = {}) =>
    ({ headers, socket: { remoteAddress } }) as never;

  it('T11: is the peer, whatever a peer that nobody trusts writes', () => {
    const find = createCallerFinder(['10.0.0.0/8']);
    const peer = '203.0.113.9';
    for (const header of ['1.2.3.4', '127.0.0.1', '10.0.0.1', '1.2.3.4, 10.0.0.1']) {
      expect(find(from(peer, { 'x-forwarded-for': header }))).toEqual({
        address: peer,
        loopback: false,
        viaTrustedProxy: false,
      });
    }
    expect(createCallerFinder()(from('127.0.0.1', { 'x-forwarded-for': '1.2.3.4' })).address).toBe('127.0.0.1');
  });

  it('T11: behind trusted proxies is the right-most address that is none of theirs', () => {
    const find = createCallerFinder(['10.0.0.0/8', '2001:db8:ffff::/48', '127.0.0.1/32']);
    const via = (header: string, peer = '::ffff:10.1.2.3') => find(from(peer, { 'x-forwarded-for': header })).address;
    expect(via('1.2.3.4')).toBe('1.2.3.4');
    expect(via('6.6.6.6, 1.2.3.4, 10.9.9.9')).toBe('1.2.3.4');
    expect(via('6.6.6.6, 2001:DB8::7, 2001:db8:ffff::1')).toBe('2001:db8::7');
    expect(via('[2001:db8::7]:4711')).toBe('2001:db8::7');
    expect(via('1.2.3.4:4711')).toBe('1.2.3.4');
    expect(via('10.0.0.5, 10.0.0.6')).toBe('10.0.0.5');
    expect(via('1.2.3.4, garbage')).toBe('10.1.2.3');
    expect(via('1.2.3.4, garbage, 10.7.7.7')).toBe('10.7.7.7');
    expect(via('', '127.0.0.1')).toBe('127.0.0.1');
  });

  it('is loopback itself only without a proxy and without a forwarding header', () => {
    const loopback = (peer: string, headers = {}, trusted: string[] = []) =>
      createCallerFinder(trusted)(from(peer, headers)).loopback;
    expect(loopback('127.0.0.1')).toBe(true);
    expect(loopback('127.8.8.8')).toBe(true);
    expect(loopback('::1')).toBe(true);
    expect(loopback('::ffff:127.0.0.1')).toBe(true);
    expect(loopback('203.0.113.9')).toBe(false);
    expect(loopback('127.0.0.1', { 'x-forwarded-for': '127.0.0.1' })).toBe(false);
    expect(loopback('127.0.0.1', { forwarded: 'for=127.0.0.1' })).toBe(false);
    expect(loopback('127.0.0.1', {}, ['127.0.0.1/32'])).toBe(false);
  });
});
