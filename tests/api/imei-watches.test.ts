// Watches over GraphQL: set, changed and ended; what they see is told live, and nothing else is.
import { imeiOf, iphone } from '../support/imei-calls.js';
import { hoursUntil, ImeiWatchStage, told, WatchCalls } from '../support/imei-watch-stage.js';
import { until } from '../support/program.js';

let stage: ImeiWatchStage;

beforeAll(async () => {
  stage = await ImeiWatchStage.set();
}, 30_000);
afterAll(() => stage[Symbol.asyncDispose]());

describe('a watch', () => {
  it('checks at once, tells a change when it has come about, and nothing where there is none', async () => {
    const who = await stage.watcher();
    const seen = await stage.listen(who);
    const imei = imeiOf(1);
    await stage.provider.change(imei, { simLock: false, lostMode: false });
    const watch = await who.watches.watched(imei, 5);
    expect(watch).toMatchObject({ imei, everyHours: 5, requestedBy: who.actor });
    expect(watch.lastCheck).toMatchObject({ imei, via: 'JOB', requestedBy: who.actor });
    const first = await stage.ended(who, imei);
    expect(first).toMatchObject({ status: 'SUCCESSFUL', cached: false, cost: '0.06', changes: [] });

    const second = await stage.next(who, watch, first);
    expect(second).toMatchObject({ status: 'SUCCESSFUL', cached: false, cost: '0.06', changes: [] });
    await stage.provider.change(imei, { simLock: false, lostMode: true });
    const third = await stage.next(who, watch, second);
    const change = { field: 'lostMode', before: 'false', after: 'true' };
    expect(third.changes).toEqual([change]);
    await until(() => told(seen, imei).length === 3, 5_000, 'three events');
    expect(told(seen, imei).map(({ id, changes }) => [id, changes])).toEqual([
      [first.id, []],
      [second.id, []],
      [third.id, [change]],
    ]);
    await stage.comesAbout(async () => hoursUntil((await who.watches.of(imei))?.nextAt) > 4.9, 'the next moment');
    await seen.close();
  }, 90_000);

  it('tells a change that somebody else’s check found, to those who watch, once and at no cost', async () => {
    const [who, other, stranger] = [await stage.watcher(), await stage.watcher(), await stage.watcher()];
    const imei = imeiOf(2);
    await stage.provider.change(imei, { lostMode: false });
    await who.watches.watched(imei, 24);
    await stage.ended(who, imei);
    await other.watches.watched(imei, 24);
    const seen = await stage.listen(who);
    const strangers = await stage.listen(stranger);
    await stage.provider.change(imei, { lostMode: true });
    const { data } = await other.checks.check({ imei, maxAgeSeconds: 0 });
    const change = { field: 'lostMode', before: 'false', after: 'true' };
    expect(data?.checkImei).toMatchObject({ changes: [change], cost: '0.06' });
    await until(() => told(seen, imei).length > 0, 5_000, 'the change');
    expect(told(seen, imei)).toEqual([
      expect.objectContaining({ via: 'JOB', requestedBy: who.actor, cached: true, cost: '0', changes: [change] }),
    ]);
    expect((await who.watches.of(imei))?.lastCheck?.changes).toEqual([change]);
    // Whoever checked is told by their own check alone, and who does not watch hears nothing.
    expect((await other.checks.list({ filter: { imei } })).data?.imeiChecks.nodes.map(({ via }) => via)).toEqual([
      'GRAPHQL',
      'JOB',
    ]);
    expect(told(strangers, imei)).toEqual([]);
    await Promise.all([seen.close(), strangers.close()]);
  }, 60_000);

  it('takes no other service’s silence or news for a change', async () => {
    const who = await stage.watcher();
    const imei = imeiOf(3);
    const watch = await who.watches.watched(imei, 24);
    const first = await stage.ended(who, imei);
    for (const serviceId of [12, 13, 14]) {
      const { data } = await who.checks.check({ imei, serviceId, maxAgeSeconds: 0 });
      expect(data?.checkImei.changes).toEqual([]);
    }
    const newest = (await who.watches.of(imei))?.lastCheck ?? first;
    const second = await stage.next(who, watch, newest);
    expect(second).toMatchObject({ via: 'JOB', serviceId: first.serviceId, changes: [] });
  }, 60_000);

  it('begins with an answer that is not older than its interval, and goes on from there', async () => {
    const who = await stage.watcher();
    const imei = imeiOf(4);
    await who.checks.check({ imei });
    await stage.database.query("update imei_exchange set ended_at = ended_at - interval '3 hours' where imei = $1", [
      imei,
    ]);
    const watch = await who.watches.watched(imei, 5);
    expect(watch.lastCheck).toMatchObject({ status: 'SUCCESSFUL', via: 'JOB', cached: true, cost: '0' });
    expect(hoursUntil(watch.nextAt)).toBeGreaterThan(1.9);
    expect(hoursUntil(watch.nextAt)).toBeLessThan(2.1);
    const other = await stage.watcher();
    const anew = await other.watches.watched(imei, 2);
    expect(anew.lastCheck).toMatchObject({ cached: false });
  }, 30_000);

  it('is one for each owner and device; watching again changes the interval, counted from the last check', async () => {
    const who = await stage.watcher();
    const imei = imeiOf(5);
    const first = await who.watches.watched(imei, 24);
    const last = await stage.ended(who, imei);
    await stage.seen(first.id);
    const spelled = `${imei.slice(0, 8)}-${imei.slice(8, 14)}`;
    const again = await who.watches.watched(spelled, 10);
    expect(again).toMatchObject({ id: first.id, imei, everyHours: 10, lastCheck: { id: last.id } });
    expect(hoursUntil(again.nextAt)).toBeGreaterThan(9.9);
    expect(hoursUntil(again.nextAt)).toBeLessThan(10);
    await stage.pass(first.id, 5);
    const sooner = await who.watches.watched(imei, 4);
    expect(sooner.lastCheck?.id).not.toBe(last.id);
    expect((await who.watches.list()).data?.imeiWatches).toMatchObject({ totalCount: 1 });
    await Promise.all(Array.from({ length: 8 }, () => who.watches.watched(imeiOf(6), 24)));
    expect((await who.watches.list()).data?.imeiWatches).toMatchObject({ totalCount: 2 });
    await stage.ended(who, imeiOf(6));
    expect((await who.checks.list({ filter: { imei: imeiOf(6) } })).data?.imeiChecks.totalCount).toBe(1);
  }, 60_000);

  it('ends with a word, and its checks stay', async () => {
    const who = await stage.watcher();
    const imei = imeiOf(7);
    const { id } = await who.watches.watched(imei);
    await stage.ended(who, imei);
    expect((await who.watches.unwatch(id)).data).toEqual({ unwatchImei: true });
    expect((await who.watches.unwatch(id)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await who.watches.list()).data?.imeiWatches.nodes).toEqual([]);
    expect((await who.checks.list({ filter: { imei } })).data?.imeiChecks.totalCount).toBe(1);
    const audit = await stage.database.query<{ action: string }>(
      'select action, detail::text from audit_entry where actor = $1 and subject = $2 order by id',
      [who.actor, `imeiWatch:${id}`],
    );
    expect(audit.map(({ action }) => action)).toEqual(['watchImei', 'unwatchImei']);
    expect(JSON.stringify(audit)).not.toContain(imei);
  }, 30_000);
});

describe('what is refused', () => {
  it.each([
    ['no hours', iphone, 0, 'everyHours'],
    ['hours that have not been', iphone, -24, 'everyHours'],
    ['more than a year', iphone, 8_761, 'everyHours'],
    ['more than an int', iphone, 2_147_483_647, 'everyHours'],
    ['a wrong check digit', '356735111052199', 24, 'imei'],
    ['nothing', '', 24, 'imei'],
    ['letters and NUL', `35673511105219\0`, 24, 'imei'],
    ['a long text', '9'.repeat(10_000), 24, 'imei'],
  ])('%s', async (_what, imei, everyHours, path) => {
    const who = await stage.watcher();
    const { errors } = await who.watches.watch(imei, everyHours);
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [expect.objectContaining({ path })],
    });
    expect((await who.watches.list()).data?.imeiWatches.totalCount).toBe(0);
  });

  it.each(['0', '-1', '1.5', 'x', `1'; drop table imei_watch; --`, '9'.repeat(40), ''])('an id like %j', async (id) => {
    const who = await stage.watcher();
    expect((await who.watches.unwatch(id)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it('more than a thousand of one owner, also of two who come at once', async () => {
    const who = await stage.watcher();
    const plant = (count: number) =>
      stage.database.query(
        `insert into imei_watch (requested_by, imei, every_hours, next_at)
         select $1, 'planted ' || n, 1, now() + interval '1 day' from generate_series(1, $2::int) n`,
        [who.actor, count],
      );
    await plant(999);
    const both = await Promise.all([who.watches.watch(imeiOf(10)), who.watches.watch(imeiOf(11))]);
    expect(both.flatMap(({ data }) => data?.watchImei ?? [])).toHaveLength(1);
    expect(both.flatMap(({ errors }) => errors ?? [])).toEqual([
      expect.objectContaining({
        extensions: expect.objectContaining({ code: 'CONFLICT', reasons: ['TOO_MANY_WATCHES'] }),
      }),
    ]);
    const sibling = new WatchCalls(await stage.server.tokenOf(who.owner, 'IMEI_CHECK'));
    expect((await sibling.watch(imeiOf(12))).errors?.[0]?.extensions.reasons).toEqual(['TOO_MANY_WATCHES']);
    // One that is there is still changed.
    const there = both.flatMap(({ data }) => data?.watchImei ?? [])[0];
    expect(await who.watches.watched(there?.imei ?? '', 30)).toMatchObject({ id: there?.id, everyHours: 30 });
    await stage.database.query('delete from imei_watch where requested_by = $1', [who.actor]);
  }, 30_000);
});
