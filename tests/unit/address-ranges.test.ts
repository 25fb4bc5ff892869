// How ranges of addresses are spelled, and which of them an address is in.
import { BlockList } from 'node:net';
import fc from 'fast-check';
import { AddressRanges, canonicalRange, rangeCovers } from '../../src/shared/address-ranges.js';
import { canonicalAddress } from '../../src/shared/ip-address.js';

describe('a range', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7/32'],
    [' 203.0.113.7/32 ', '203.0.113.7/32'],
    ['203.0.113.7/24', '203.0.113.0/24'],
    ['203.0.113.255/25', '203.0.113.128/25'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['10.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8::7', '2001:db8::7/128'],
    ['2001:db8:1:2:3:4:5:6/64', '2001:db8:1:2::/64'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['::/0', '::/0'],
    ['::ffff:203.0.113.7', '203.0.113.7/32'],
    ['::ffff:203.0.113.7/120', '203.0.113.0/24'],
    ['::ffff:cb00:7107/96', '0.0.0.0/0'],
  ])('%s is %s', (given, expected) => expect(canonicalRange(given)).toBe(expected));

  it.each([
    '',
    '/',
    '/24',
    'localhost',
    '203.0.113',
    '203.0.113.7/',
    '203.0.113.7/33',
    '203.0.113.7/-1',
    '203.0.113.7/1.5',
    '203.0.113.7/24/24',
    '203.0.113.7-203.0.113.9',
    '203.0.113.0/255.255.255.0',
    '2001:db8::/129',
    '::ffff:203.0.113.7/95',
    '::ffff:203.0.113.7/129',
    '203.0.113.7\u0000',
  ])('is not %j', (given) => expect(canonicalRange(given)).toBeUndefined());

  it('of IPv4 has no address of IPv6, and none of the other way round', () => {
    expect(rangeCovers('0.0.0.0/0', '203.0.113.7')).toBe(true);
    expect(rangeCovers('0.0.0.0/0', '::1')).toBe(false);
    expect(rangeCovers('::/0', '2001:db8::1')).toBe(true);
    expect(rangeCovers('::/0', '203.0.113.7')).toBe(false);
  });
});

describe('a table of ranges', () => {
  it('gives what stands at every range around an address', () => {
    const ranges = new AddressRanges([
      ['203.0.113.0/24', 'wide'],
      ['203.0.113.7/32', 'one'],
      ['0:0:0:0::/64', 'six'],
    ]);
    expect(ranges.around('203.0.113.7').sort()).toEqual(['one', 'wide']);
    expect(ranges.around('203.0.113.8')).toEqual(['wide']);
    expect(ranges.around('203.0.114.7')).toEqual([]);
    expect(ranges.around('::1')).toEqual(['six']);
    expect(new AddressRanges([]).around('203.0.113.7')).toEqual([]);
  });

  it('agrees with the lists of Node, for any ranges and addresses', () => {
    const octets = fc.array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: 4, maxLength: 4 });
    const four = octets.map((parts) => parts.join('.'));
    const groups = fc.array(fc.constantFrom('0', '1', '8000', 'ffff'), { minLength: 8, maxLength: 8 });
    const six = groups
      .map((parts) => canonicalAddress(parts.join(':')) ?? '')
      .filter((address) => address.includes(':'));
    for (const [address, family, width] of [
      [four, 'ipv4', 32],
      [six, 'ipv6', 128],
    ] as const) {
      const range = fc.tuple(address, fc.nat(width));
      fc.assert(
        fc.property(fc.array(range, { maxLength: 5 }), address, (ranges, asked) => {
          const list = new BlockList();
          for (const [network, length] of ranges) list.addSubnet(network, length, family);
          const table = new AddressRanges(ranges.map(([network, length]) => [`${network}/${length}`, true]));
          expect(table.around(asked).length > 0).toBe(list.check(asked, family));
          for (const [network, length] of ranges) {
            const canonical = canonicalRange(`${network}/${length}`) ?? '';
            expect(rangeCovers(canonical, asked)).toBe(rangeCovers(`${network}/${length}`, asked));
          }
        }),
        { numRuns: 500 },
      );
    }
  });
});
