// One spelling for each IP address, so that limits, blocks and rows agree on who is who. No I/O.
import { BlockList, isIP, isIPv6 } from 'node:net';

/** IPv4 in dotted form, also when it comes mapped into IPv6; IPv6 as RFC 5952 spells it; no zone. */
export function canonicalAddress(text: string): string | undefined {
  const [address = ''] = text.trim().split('%');
  const family = isIP(address);
  if (family === 4) return address;
  if (family !== 6) return undefined;
  const compressed = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(compressed) ?? [];
  return high && low ? `${bytesOf(high)}.${bytesOf(low)}` : compressed;
}

/** What limits and bans count by: an IPv4 address, or the /64 that one subscriber of IPv6 has. */
export const limitKey = (address: string): string => networkOf(address, 64);

/** The widest network that one customer of an IPv6 provider commonly has (RIPE-690), or an IPv4 address. */
export const customerKey = (address: string): string => networkOf(address, 48);

/** Addresses and CIDR ranges, as a list that answers quickly. */
export function addressesIn(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

export const contains = (list: BlockList, address: string): boolean => list.check(address, familyOf(address));

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4');

function networkOf(address: string, bits: 48 | 64): string {
  if (!address.includes(':')) return address;
  const [left = '', right] = address.split('::');
  const head = left.split(':').filter(Boolean);
  const tail = (right ?? '').split(':').filter(Boolean);
  const zeros = right === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(zeros).fill('0'), ...tail].slice(0, bits / 16);
  return `${groups.join(':')}::/${bits}`;
}

function bytesOf(group: string): string {
  const value = Number.parseInt(group, 16);
  return `${value >> 8}.${value & 255}`;
}
