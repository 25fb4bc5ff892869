// Links that open one path for a while.
import { randomBytes } from 'node:crypto';
import { Keys } from '../../src/auth/keys.js';
import { opensLink, signLink } from '../../src/auth/signed-links.js';

const key = (kid: string) => ({ kid, key: randomBytes(32) });
const [older, newer] = [key('a'), key('b')];
const keys = new Keys([older]);
const path = '/api/v1/imports/7/problems.csv';
const now = new Date('2026-11-21T12:00:00Z');
const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);

function queryOf(link: string) {
  const query = new URL(link, 'http://host').searchParams;
  return { expires: query.get('expires') ?? '', signature: query.get('signature') ?? '' };
}
const given = queryOf(signLink(keys, path, later(900)));

it('opens its own path until its end', () => {
  expect(opensLink(keys, path, { ...given, now })).toBe(true);
  expect(opensLink(keys, path, { ...given, now: later(900) })).toBe(true);
  expect(opensLink(keys, path, { ...given, now: later(901) })).toBe(false);
});

it('opens nothing else', () => {
  expect(opensLink(keys, path.replace('7', '8'), { ...given, now })).toBe(false);
  expect(opensLink(new Keys([newer]), path, { ...given, now })).toBe(false);
  for (const forged of [
    { expires: String(Number(given.expires) + 1) },
    { expires: '99999999999999' },
    { expires: '1e9' },
    { expires: '' },
    { expires: undefined },
    { signature: '' },
    { signature: undefined },
    { signature: given.signature.slice(1) },
    { signature: `${given.signature}AAAA` },
  ]) {
    expect(opensLink(keys, path, { ...given, ...forged, now })).toBe(false);
  }
});

it('goes on opening when a new key came', () => {
  expect(opensLink(new Keys([newer, older]), path, { ...given, now })).toBe(true);
});
