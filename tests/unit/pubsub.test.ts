// The buffers between a publisher that never waits and a reader that may.
import { jest } from '@jest/globals';
import { BoundedBuffer, LatestByKey } from '../../src/shared/pubsub.js';

const done = { value: undefined, done: true };

describe('BoundedBuffer', () => {
  it('gives what waits, in order, then hands new items straight to the reader', async () => {
    const buffer = new BoundedBuffer<number>(10);
    for (const n of [1, 2, 3]) expect(buffer.offer(n)).toBe(true);
    expect([await buffer.next(), await buffer.next(), await buffer.next()].map(({ value }) => value)).toEqual([
      1, 2, 3,
    ]);
    const waiting = buffer.next();
    expect(buffer.offer(4)).toBe(true);
    expect(buffer.size).toBe(0);
    expect(await waiting).toEqual({ value: 4, done: false });
  });

  it('answers several waiting reads in the order in which they were asked', async () => {
    const buffer = new BoundedBuffer<number>(1);
    const reads = [buffer.next(), buffer.next(), buffer.next()];
    for (const n of [1, 2, 3]) buffer.offer(n);
    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it('refuses what is beyond its capacity and keeps what it has', async () => {
    const buffer = new BoundedBuffer<number>(2);
    expect([1, 2, 3].map((n) => buffer.offer(n))).toEqual([true, true, false]);
    expect(buffer.size).toBe(2);
    await buffer.next();
    expect(buffer.offer(4)).toBe(true);
    expect([(await buffer.next()).value, (await buffer.next()).value]).toEqual([2, 4]);
  });

  it('keeps the order over many times its capacity, without growing', async () => {
    const buffer = new BoundedBuffer<number>(1_000);
    const seen: unknown[] = [];
    for (let n = 0; n < 20_000; n++) {
      buffer.offer(n);
      if (n % 3 === 0) seen.push((await buffer.next()).value);
      while (buffer.size > 900) seen.push((await buffer.next()).value);
    }
    while (buffer.size > 0) seen.push((await buffer.next()).value);
    expect(seen).toEqual(Array.from({ length: 20_000 }, (_, n) => n));
  });

  it('drops what waits when the publisher gives up, throws once, and is over', async () => {
    const closed = jest.fn();
    const buffer = new BoundedBuffer<number>(5, closed);
    buffer.offer(1);
    buffer.fail(new Error('too slow'));
    expect(buffer.size).toBe(0);
    expect(closed).toHaveBeenCalledTimes(1);
    await expect(buffer.next()).rejects.toThrow('too slow');
    expect(await buffer.next()).toEqual(done);
    expect(buffer.offer(2)).toBe(true);
    expect(buffer.size).toBe(0);
  });

  it('throws to a reader that waits', async () => {
    const buffer = new BoundedBuffer<number>(5);
    const waiting = buffer.next();
    buffer.fail(new Error('away'));
    await expect(waiting).rejects.toThrow('away');
    expect(await buffer.next()).toEqual(done);
  });

  it('leaves what waits to be read when the publisher ends', async () => {
    const buffer = new BoundedBuffer<number>(5);
    buffer.offer(1);
    buffer.end();
    expect([await buffer.next(), await buffer.next()]).toEqual([{ value: 1, done: false }, done]);
  });

  it.each(['return', 'throw'] as const)('frees everything when the reader leaves by %s()', async (way) => {
    const closed = jest.fn();
    const buffer = new BoundedBuffer<number>(5, closed);
    const waiting = buffer.next();
    if (way === 'return') expect(await buffer.return()).toEqual(done);
    else await expect(buffer.throw(new Error('mine'))).rejects.toThrow('mine');
    expect(await waiting).toEqual(done);
    buffer.offer(1);
    buffer.end();
    expect(buffer.size).toBe(0);
    expect(closed).toHaveBeenCalledTimes(1);
  });

  it('is left by a for-await that breaks', async () => {
    const closed = jest.fn();
    const buffer = new BoundedBuffer<number>(5, closed);
    for (const n of [1, 2, 3]) buffer.offer(n);
    for await (const n of buffer) if (n === 2) break;
    expect(closed).toHaveBeenCalledTimes(1);
    expect(buffer.size).toBe(0);
  });

  it('keeps only what is still wanted', async () => {
    const buffer = new BoundedBuffer<number>(5);
    for (const n of [1, 2, 3, 4]) buffer.offer(n);
    await buffer.next();
    buffer.keep((n) => n > 2);
    expect([(await buffer.next()).value, (await buffer.next()).value, buffer.size]).toEqual([3, 4, 0]);
  });
});

describe('LatestByKey', () => {
  it('gives a slow reader the newest of each key, once', async () => {
    const latest = new LatestByKey<string, number>();
    for (let n = 0; n < 1_000; n++) latest.offer(n % 2 === 0 ? 'even' : 'odd', n);
    expect(latest.size).toBe(2);
    expect([(await latest.next()).value, (await latest.next()).value]).toEqual([998, 999]);
    const waiting = latest.next();
    latest.offer('even', 1_000);
    expect(await waiting).toEqual({ value: 1_000, done: false });
    expect(latest.size).toBe(0);
  });
});
