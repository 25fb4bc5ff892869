// What hubs say to each other, and what they make of what others say on the same channel.
import { changesPerWake, decodeWake, encodeWake } from '../../src/domain/live/wake.js';

it('comes back as it was said', () => {
  for (const wake of [
    { from: 'a', events: 9_223_372_036_854_775_807n },
    { from: 'b', changes: [['mailing', '1'] as const, ['mailing', '2'] as const] },
  ]) {
    expect(decodeWake(encodeWake(wake))).toEqual(wake);
  }
});

it('fits into what every transport carries', () => {
  const changes = Array.from({ length: changesPerWake }, () => ['t'.repeat(64), 's'.repeat(64)] as const);
  expect(Buffer.byteLength(encodeWake({ from: '12345678', changes }))).toBeLessThanOrEqual(7_000);
});

it.each([
  '',
  'x',
  '{',
  'null',
  '[]',
  '{"from":"a"}',
  '{"from":"a","events":1}',
  '{"from":"a","events":"-1"}',
  '{"from":"a","changes":[["t"]]}',
])('is nothing where it is %p', (text) => expect(decodeWake(text)).toBeUndefined());
