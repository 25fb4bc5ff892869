// Whose requests the legacy mailing routes answer without a token.
import type { IncomingHttpHeaders } from 'node:http';
import { createCallerFinder } from '../../src/server/client-address.js';
import { createLegacyOpen, type LegacyOpenOptions } from '../../src/server/legacy-open.js';
import { testConfig } from '../support/server.js';

const loopback = testConfig({ LEGACY_OPEN: 'loopback' }).LEGACY_OPEN;

function isOpen(options: LegacyOpenOptions, remoteAddress: string, headers: IncomingHttpHeaders = {}): boolean {
  const caller = createCallerFinder(options.TRUSTED_PROXIES)({ headers, socket: { remoteAddress } } as never);
  return createLegacyOpen(options)({ caller, headers });
}

it('opens to nobody by default', () => {
  expect(isOpen({}, '127.0.0.1')).toBe(false);
  expect(isOpen({ LEGACY_OPEN: [] }, '203.0.113.9')).toBe(false);
});

describe('a list of addresses', () => {
  const office = { LEGACY_OPEN: ['203.0.113.0/24', '2001:db8::/32'] };

  it.each([
    ['203.0.113.9', true],
    ['::ffff:203.0.113.9', true],
    ['2001:db8::7', true],
    ['203.0.114.9', false],
    ['2001:db9::7', false],
    ['127.0.0.1', false],
  ])('%s: %s', (peer, open) => expect(isOpen(office, peer)).toBe(open));

  it('believes a trusted proxy about who calls, and nobody else', () => {
    const behind = { ...office, TRUSTED_PROXIES: ['10.0.0.0/8'] };
    expect(isOpen(behind, '10.0.0.1', { 'x-forwarded-for': '203.0.113.9' })).toBe(true);
    expect(isOpen(behind, '10.0.0.1', { 'x-forwarded-for': '198.51.100.1' })).toBe(false);
    expect(isOpen(behind, '10.0.0.1', { 'x-forwarded-for': '203.0.113.9, 198.51.100.1' })).toBe(false);
    expect(isOpen(behind, '198.51.100.1', { 'x-forwarded-for': '203.0.113.9' })).toBe(false);
  });

  it('does not take a proxy for its callers', () => {
    const inside = { LEGACY_OPEN: ['10.0.0.0/8'] };
    // One that is known, and does not say for whom it speaks.
    expect(isOpen({ ...inside, TRUSTED_PROXIES: ['10.0.0.1'] }, '10.0.0.1')).toBe(false);
    expect(isOpen({ ...inside, TRUSTED_PROXIES: ['10.0.0.1'] }, '10.0.0.1', { 'x-forwarded-for': 'unknown' })).toBe(
      false,
    );
    expect(isOpen({ ...inside, TRUSTED_PROXIES: ['10.0.0.1'] }, '10.0.0.1', { 'x-forwarded-for': '10.2.2.2' })).toBe(
      true,
    );
    // One that nobody has named, and that speaks for somebody.
    expect(isOpen(inside, '10.0.0.1', { 'x-forwarded-for': '198.51.100.1' })).toBe(false);
    expect(isOpen(inside, '10.0.0.1', { forwarded: 'for=198.51.100.1' })).toBe(false);
    expect(isOpen(inside, '10.0.0.1')).toBe(true);
  });
});

describe('loopback', () => {
  it.each(['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])('is this machine itself: %s', (peer) => {
    expect(isOpen({ LEGACY_OPEN: loopback }, peer, { host: 'localhost:4000' })).toBe(true);
  });

  it('is not open to the world by a proxy on this machine', () => {
    for (const TRUSTED_PROXIES of [[], ['127.0.0.0/8', '::1']]) {
      const options = { LEGACY_OPEN: loopback, TRUSTED_PROXIES };
      expect(isOpen(options, '127.0.0.1', { 'x-forwarded-for': '198.51.100.1' })).toBe(false);
      expect(isOpen(options, '127.0.0.1', { 'x-forwarded-for': '127.0.0.1' })).toBe(false);
      expect(isOpen(options, '127.0.0.1', { forwarded: 'for=127.0.0.1' })).toBe(false);
      expect(isOpen(options, '::1', { 'x-forwarded-for': '::1' })).toBe(false);
    }
    expect(isOpen({ LEGACY_OPEN: loopback, TRUSTED_PROXIES: ['127.0.0.1'] }, '127.0.0.1')).toBe(false);
    for (const name of ['via', 'x-real-ip', 'x-forwarded-host', 'x-forwarded-proto'])
      expect([name, isOpen({ LEGACY_OPEN: loopback }, '127.0.0.1', { [name]: 'x' })]).toEqual([name, false]);
  });

  it("is not another machine's loopback that its proxy tells of", () => {
    const options = { LEGACY_OPEN: loopback, TRUSTED_PROXIES: ['10.0.0.1'] };
    expect(isOpen(options, '10.0.0.1', { 'x-forwarded-for': '127.0.0.1' })).toBe(false);
    expect(isOpen({ ...options, LEGACY_OPEN: ['0.0.0.0/0', '::/0'] }, '10.0.0.1', { 'x-forwarded-for': '::1' })).toBe(
      false,
    );
  });

  it('is asked for by a name that is local, or is ours', () => {
    const options = { LEGACY_OPEN: loopback, PUBLIC_URL: 'http://switchboard.example:4000' };
    const asked = (host: string): boolean => isOpen(options, '127.0.0.1', { host });
    for (const host of [
      'localhost',
      'localhost:4000',
      'box:4000',
      'app.localhost',
      '127.0.0.1:4000',
      '[::1]:4000',
      '[::1]',
    ])
      expect([host, asked(host)]).toEqual([host, true]);
    expect(asked('switchboard.example:4000')).toBe(true);
    expect(asked('rebound.example:4000')).toBe(false);
    expect(asked('127.0.0.1.example')).toBe(false);
  });
});

it('is not open to a page of somebody else in a browser that would be', () => {
  const options = {
    LEGACY_OPEN: loopback,
    PUBLIC_URL: 'https://switchboard.example',
    CORS_ORIGINS: ['https://app.example'],
  };
  const from = (origin: string): boolean => isOpen(options, '127.0.0.1', { origin, host: 'localhost:4000' });
  for (const origin of ['http://localhost:4000', 'https://app.example', 'https://switchboard.example'])
    expect([origin, from(origin)]).toEqual([origin, true]);
  for (const origin of ['http://localhost:9999', 'https://evil.example', 'null', ''])
    expect([origin, from(origin)]).toEqual([origin, false]);
});
