// Ranges of IP addresses: one spelling for each, and a table that finds those around an address in as many steps as there are
// lengths of ranges, however many ranges there are. No I/O.
import { canonicalAddress } from './ip-address.js';

/** CIDR without bits behind its length; IPv4 that comes mapped into IPv6 as IPv4. An address alone is a range of one. */
export function canonicalRange(text: string): string | undefined {
  const [, spelling = '', given] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text.trim()) ?? [];
  const address = canonicalAddress(spelling);
  if (address === undefined) return undefined;
  const bits = bitsOf(address);
  const mapped = bits.width === 32 && spelling.includes(':') ? 96 : 0;
  const length = given === undefined ? bits.width : Number(given) - mapped;
  return length < 0 || length > bits.width ? undefined : `${addressOf(masked(bits, length))}/${length}`;
}

/** Both in canonical spelling. */
export function rangeCovers(range: string, address: string): boolean {
  return new AddressRanges([[range, true]]).around(address).length > 0;
}

export class AddressRanges<Value> {
  /** By family and length, then by the bits that all addresses of a range begin with. */
  readonly #tables = new Map<Bits['width'], Map<number, Map<bigint, Value>>>();

  constructor(ranges: Iterable<readonly [range: string, value: Value]>) {
    for (const [range, value] of ranges) {
      const [address = '', given] = range.split('/');
      const bits = bitsOf(address);
      const length = given === undefined ? bits.width : Number(given);
      const byLength = entry(this.#tables, bits.width, () => new Map<number, Map<bigint, Value>>());
      entry(byLength, length, () => new Map<bigint, Value>()).set(masked(bits, length).value, value);
    }
  }

  /** What stands at the ranges that this address is in. */
  around(address: string): Value[] {
    if (this.#tables.size === 0) return [];
    const bits = bitsOf(address);
    const found: Value[] = [];
    for (const [length, ranges] of this.#tables.get(bits.width) ?? []) {
      const value = ranges.get(masked(bits, length).value);
      if (value !== undefined) found.push(value);
    }
    return found;
  }
}

interface Bits {
  readonly width: 32 | 128;
  readonly value: bigint;
}

/** Of an address in canonical spelling, or of the /64 that `limitKey` gives. */
function bitsOf(address: string): Bits {
  if (!address.includes(':')) return { width: 32, value: joined(address.split('.').map(Number), 8n) };
  const [head = [], tail = []] = address.split('::').map((side) => side.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  const groups = [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
  return { width: 128, value: joined(groups, 16n) };
}

const joined = (parts: readonly number[], size: bigint): bigint =>
  parts.reduce((value, part) => (value << size) | BigInt(part), 0n);

function masked({ width, value }: Bits, length: number): Bits {
  const rest = BigInt(width - length);
  return { width, value: (value >> rest) << rest };
}

function addressOf({ width, value }: Bits): string {
  const size = width === 32 ? 8 : 16;
  const parts = Array.from({ length: width / size }, (_, place) =>
    Number((value >> BigInt(width - size * (place + 1))) & ((1n << BigInt(size)) - 1n)),
  );
  if (width === 32) return parts.join('.');
  const groups = parts.map((part) => part.toString(16)).join(':');
  return canonicalAddress(groups) ?? groups;
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
