// The life of a socket behind the WebSocket door: what each viewer may have, see and keep, and what becomes of peers that
// take nothing, are gone, or are sent away.
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, until, upgradeStatus } from '../support/socket-client.js';
import { greeted, person, subscribed, withToyDoor } from '../support/toy-socket-door.js';

const open = 'subscription { open { id phone } }';
const staff = 'subscription { staff { id phone } }';

describe('who may have and keep a subscription', () => {
  it('refuses one that the policy denies before its source is opened', () =>
    withToyDoor({}, async (toy) => {
      toy.identities.set('viewer', person('viewer', { role: 'VIEWER' }));
      const nobody = await greeted(toy);
      const viewer = await greeted(toy, 'viewer');
      nobody.subscribe('1', staff);
      viewer.subscribe('1', staff);
      expect(codeOf(await nobody.first(({ type }) => type === 'error'))).toBe('UNAUTHENTICATED');
      expect(codeOf(await viewer.first(({ type }) => type === 'error'))).toBe('FORBIDDEN');
      expect(toy.open()).toBe(0);
      nobody.subscribe('2', open);
      await until(() => toy.open() === 1);
    }));

  it('tells a failure of the source on the operation', () =>
    withToyDoor({}, async (toy) => {
      const socket = await greeted(toy);
      socket.subscribe('1', 'subscription { missing { id } }');
      expect(codeOf(await socket.first(({ type }) => type === 'error'))).toBe('NOT_FOUND');
    }));

  it('closes 4403 when the token expires', () =>
    withToyDoor({}, async (toy) => {
      toy.identities.set('short', person('short', { expiresAt: new Date(Date.now() + 700) }));
      const socket = await subscribed(toy, staff, 'short');
      const { code, reason, afterMs } = await socket.closed;
      expect([code, reason]).toEqual([4403, 'Token expired']);
      expect(afterMs).toBeGreaterThan(500);
      expect(afterMs).toBeLessThan(1_500);
      expect(toy.open()).toBe(0);
    }));

  it('closes 4403 within 2 s of a revocation, and nobody else', () =>
    withToyDoor({}, async (toy) => {
      toy.identities.set('kept', person('kept')).set('revoked', person('revoked'));
      const kept = await subscribed(toy, staff, 'kept');
      const revoked = await subscribed(toy, staff, 'revoked');
      toy.identities.delete('revoked');
      const since = performance.now();
      expect((await revoked.closed).code).toBe(4403);
      expect(performance.now() - since).toBeLessThan(2_000);
      toy.publish({ id: '9', phone: '+79001234567' });
      await kept.first(({ type }) => type === 'next');
    }));

  it('ends what a changed role may not have within 2 s, and sends no event after it', () =>
    withToyDoor({}, async (toy) => {
      toy.identities.set('a', person('a'));
      const socket = await subscribed(toy, staff, 'a');
      socket.subscribe('2', open);
      await until(() => toy.open() === 2);
      toy.identities.set('a', person('a', { role: 'VIEWER' }));
      expect(codeOf(await socket.first(({ type }) => type === 'error', 2_000))).toBe('FORBIDDEN');
      toy.publish({ id: '9', phone: '+79001234567' });
      await socket.first(({ id, type }) => id === '2' && type === 'next');
      expect(socket.of('1')).toHaveLength(1);
    }));

  it('answers again for the new role when it changes while an answer is made', () =>
    withToyDoor({}, async (toy) => {
      toy.identities.set('a', person('a'));
      const socket = await subscribed(toy, 'subscription { slowly { id phone } }', 'a');
      toy.publish({ id: '1', phone: '+79001234567' });
      await until(() => toy.executions.count === 1);
      toy.identities.set('a', person('a', { role: 'VIEWER' }));
      await toy.door.recheck();
      const payload = { data: { slowly: { id: '1', phone: '***67' } } };
      expect(await socket.first(({ type }) => type === 'next')).toMatchObject({ payload });
      expect(toy.executions.count).toBe(2);
    }));

  it('executes apart for a session that was narrowed', () =>
    withToyDoor({}, async (toy) => {
      toy.identities.set('a', person('a'));
      toy.identities.set('b', person('b', { scopes: ['READ'] }));
      for (const id of toy.identities.keys()) await subscribed(toy, open, id);
      expect(toy.door.stats().executions).toBe(2);
    }));

  it('keeps the sockets while the database is away, and asks about them when it is back', () =>
    withToyDoor({}, async (toy) => {
      toy.identities.set('a', person('a'));
      const socket = await subscribed(toy, staff, 'a');
      toy.database = 'away';
      await sleep(2_500);
      toy.publish({ id: '9', phone: '+79001234567' });
      await socket.first(({ type }) => type === 'next');
      toy.identities.delete('a');
      toy.database = 'there';
      expect((await socket.closed).code).toBe(4403);
    }));

  it('executes once for all who may see the same, and shows each what they may see', () =>
    withToyDoor({}, async (toy) => {
      const people = ['a', 'b', 'c'];
      for (const id of people) toy.identities.set(id, person(id, { role: id === 'c' ? 'VIEWER' : 'OPERATOR' }));
      const sockets = [];
      for (const id of people) sockets.push(await subscribed(toy, open, id));
      expect(toy.door.stats().executions).toBe(2);
      toy.publish({ id: '9', phone: '+79001234567' });
      const seen = await Promise.all(sockets.map((socket) => socket.first(({ type }) => type === 'next')));
      const event = (phone: string) => ({ id: '1', type: 'next', payload: { data: { open: { id: '9', phone } } } });
      expect(seen).toEqual([event('+79001234567'), event('+79001234567'), event('***67')]);
      expect(toy.executions.count).toBe(2);
    }));
});

describe('peers that take nothing, are gone, or are sent away', () => {
  const filler = 'x'.repeat(20_000);

  it('drops a socket that takes nothing for too long; its neighbour misses nothing', () =>
    withToyDoor({ times: { stalled: 1_000, round: 200 } }, async (toy) => {
      const query = 'subscription { open { id filler } }';
      const healthy = await subscribed(toy, query);
      const stalled = await subscribed(toy, query);
      stalled.freeze();
      let id = 0;
      let mostBuffered = 0;
      await until(() => {
        id += 1;
        toy.publish({ id: String(id), phone: '', filler });
        mostBuffered = Math.max(mostBuffered, toy.door.stats().bufferedBytes);
        return toy.door.stats().dropped === 1;
      }, 15_000);
      // What waits for a stalled socket waits in the bounded buffer of its source.
      expect(mostBuffered).toBeLessThan(200_000);
      await until(() => healthy.of('1').length === id);
      expect(
        healthy.of('1').map(({ payload }) => (payload as { data: { open: { id: string } } }).data.open.id),
      ).toEqual(Array.from({ length: id }, (_, index) => String(index + 1)));
      expect(toy.door.stats()).toMatchObject({ sockets: 1, operations: 1, bufferedBytes: 0 });
      stalled.end();
    }));

  it('keeps a socket that pauses for less than that', () =>
    withToyDoor({ times: { stalled: 2_000, round: 200 } }, async (toy) => {
      const slow = await subscribed(toy, 'subscription { open { id filler } }');
      slow.freeze();
      let id = 0;
      await until(() => {
        id += 1;
        toy.publish({ id: String(id), phone: '', filler });
        return toy.door.stats().bufferedBytes > 0 || id === 900;
      });
      await sleep(1_000);
      slow.thaw();
      await until(() => slow.of('1').length === id);
      expect(toy.door.stats()).toMatchObject({ sockets: 1, dropped: 0 });
    }));

  it('drops a half-open socket after two unanswered intervals, and keeps who answers', () =>
    withToyDoor({ times: { keepAlive: 500, round: 100 } }, async (toy) => {
      const healthy = await greeted(toy);
      const gone = await greeted(toy);
      gone.freeze();
      const tookMs = await until(() => toy.door.stats().sockets === 1);
      expect(tookMs).toBeLessThan(1_500);
      await sleep(1_500);
      healthy.subscribe('1', open);
      await until(() => toy.open() === 1);
      gone.end();
    }));

  it('leaves the source when a socket goes away without a word', () =>
    withToyDoor({}, async (toy) => {
      const socket = await subscribed(toy, open);
      socket.end();
      await until(() => toy.open() === 0);
      expect(toy.door.stats()).toMatchObject({ sockets: 0, operations: 0, executions: 0 });
    }));

  it('closes 1001 on shutdown within the deadline, also those who do not answer, and takes nobody new', () =>
    withToyDoor({}, async (toy) => {
      const sockets = await Promise.all(Array.from({ length: 10 }, () => subscribed(toy, open)));
      const frozen = await greeted(toy);
      frozen.freeze();
      const since = performance.now();
      const closing = toy.door.close(2_000);
      expect(await upgradeStatus(toy.port, '/graphql')).toBe(503);
      await closing;
      expect(performance.now() - since).toBeLessThan(2_100);
      const codes = await Promise.all(sockets.map(async (socket) => (await socket.closed).code));
      expect(new Set(codes)).toEqual(new Set([1001]));
      expect(toy.door.stats()).toMatchObject({ sockets: 0, operations: 0 });
      frozen.end();
    }));
});
