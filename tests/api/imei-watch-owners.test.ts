// Watches and those in whose names they check: who sees and ends whose, the limit of their day, and when a watch rests.
import { ImeiCalls, imeiOf } from '../support/imei-calls.js';
import { hoursUntil, ImeiWatchStage, WatchCalls } from '../support/imei-watch-stage.js';
import type { Client } from '../support/server.js';

const perDay = 6;
let stage: ImeiWatchStage;

beforeAll(async () => {
  stage = await ImeiWatchStage.set({ IMEI_CHECKS_PER_DAY: String(perDay) });
}, 30_000);
afterAll(() => stage[Symbol.asyncDispose]());

describe('who sees and ends whose', () => {
  it('an operator everybody’s, a viewer sees all and ends none, a token for checks its own only', async () => {
    const operator = await stage.server.person('OPERATOR');
    const [viewer, token, whole] = [
      await stage.server.person('VIEWER'),
      await stage.server.token('IMEI_CHECK'),
      await stage.server.token('READ'),
    ];
    const [imei, tokens] = [imeiOf(20), imeiOf(21)];
    const own = await new WatchCalls(operator).watched(imei);
    const ofToken = await new WatchCalls(token).watched(tokens);
    expect(ofToken.requestedBy).toMatch(/^token:\d+$/);
    const seenBy = async (as: Client): Promise<string[]> => {
      const page = await new WatchCalls(as).list({ first: 100 });
      return (page.data?.imeiWatches.nodes ?? []).map(({ id }) => id).filter((id) => [own.id, ofToken.id].includes(id));
    };
    await expect(seenBy(token)).resolves.toEqual([ofToken.id]);
    await expect(seenBy(viewer)).resolves.toEqual([ofToken.id, own.id]);
    await expect(seenBy(whole)).resolves.toEqual([ofToken.id, own.id]);
    const codeOf = async (as: Client, id: string) =>
      (await new WatchCalls(as).unwatch(id)).errors?.[0]?.extensions.code;
    await expect(codeOf(token, own.id)).resolves.toBe('NOT_FOUND');
    await expect(codeOf(viewer, own.id)).resolves.toBe('FORBIDDEN');
    await expect(codeOf(whole, own.id)).resolves.toBe('FORBIDDEN');
    await expect(codeOf(stage.server.nobody, own.id)).resolves.toBe('UNAUTHENTICATED');
    await expect(codeOf(operator, ofToken.id)).resolves.toBeUndefined();
    await expect(codeOf(operator, own.id)).resolves.toBeUndefined();
  }, 30_000);
});

describe('in the name of its owner', () => {
  it('counts for the day, and is put off to the next one where that is used up', async () => {
    const who = await stage.watcher();
    const imei = imeiOf(30);
    const watch = await who.watches.watched(imei, 1);
    let last = await stage.ended(who, imei);
    for (let n = 31; n < 30 + perDay; n++) await who.checks.check({ imei: imeiOf(n) });
    expect((await who.checks.check({ imei: imeiOf(39) })).errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
    await stage.seen(watch.id);
    await stage.pass(watch.id, 1);
    const asked = (await stage.provider.log()).filter(({ deviceId }) => deviceId === imei).length;
    await stage.comesAbout(async () => hoursUntil((await who.watches.of(imei))?.nextAt) > 0, 'its putting off');
    expect((await who.watches.of(imei))?.lastCheck?.id).toBe(last.id);
    expect((await stage.provider.log()).filter(({ deviceId }) => deviceId === imei)).toHaveLength(asked);
    const [{ late } = { late: false }] = await stage.database.query<{ late: boolean }>(
      `select next_at >= ((now() at time zone 'Europe/Moscow')::date + 1)::timestamp at time zone 'Europe/Moscow' as late
       from imei_watch where id = $1`,
      [watch.id],
    );
    expect(late).toBe(true);
    // It is another day.
    await stage.database.query('update imei_day set day = day - 1 where actor = $1', [`person:${who.owner.id}`]);
    await stage.pass(watch.id, 26);
    last = await stage.ended(who, imei, last);
    expect(last).toMatchObject({ status: 'SUCCESSFUL', cached: false });
  }, 90_000);

  it('a person with five tokens has as many checks of a day as with one, and batches and watches count with them', async () => {
    const owner = await stage.server.person('OPERATOR');
    const tokens = await Promise.all(Array.from({ length: 5 }, () => stage.server.tokenOf(owner, 'IMEI_CHECK')));
    const codes: unknown[] = [];
    for (const [n, as] of [...tokens, owner].entries())
      codes.push((await new ImeiCalls(as).check({ imei: imeiOf(70 + n) })).errors?.[0]?.extensions.code);
    expect(codes).toEqual(Array(perDay).fill(undefined));
    const refused = await Promise.all([...tokens, owner].map((as) => new ImeiCalls(as).check({ imei: imeiOf(79) })));
    expect(refused.map(({ errors }) => errors?.[0]?.extensions.code)).toEqual(Array(perDay).fill('RATE_LIMITED'));
    const [first = owner] = tokens;
    const batch = 'mutation ($imeis: [String!]!) { checkImeis(input: { imeis: $imeis }) { id } }';
    const ordered = await first.graphql(batch, { imeis: [imeiOf(79)] });
    expect(ordered.errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
    const watch = await new WatchCalls(first).watched(imeiOf(79));
    expect(hoursUntil(watch.nextAt)).toBeGreaterThan(0);
    expect((await new WatchCalls(first).of(imeiOf(79)))?.lastCheck).toBeNull();
  });

  it.each([
    [
      'is disabled',
      'update person set disabled_at = now() where id = $1',
      'update person set disabled_at = null where id = $1',
    ],
    [
      'is a mere viewer',
      `update person set role = 'VIEWER' where id = $1`,
      `update person set role = 'OPERATOR' where id = $1`,
    ],
  ])(
    'rests while that person %s',
    async (_what, stop, goOn) => {
      const person = await stage.server.person('OPERATOR');
      const imei = imeiOf(40 + goOn.length);
      const watch = await new WatchCalls(person).watched(imei, 24);
      const all = new WatchCalls(stage.server.admin);
      const first = await stage.ended({ watches: all }, imei);
      await stage.seen(watch.id);
      await stage.database.query(stop, [person.id]);
      await stage.pass(watch.id, 24);
      const nextIn = async () => hoursUntil((await all.of(imei))?.nextAt);
      await stage.comesAbout(async () => (await nextIn()) > 0, 'its rest');
      await expect(nextIn()).resolves.toBeLessThan(1.1);
      expect((await all.of(imei))?.lastCheck?.id).toBe(first.id);
      await stage.database.query(goOn, [person.id]);
      await stage.pass(watch.id, 2);
      await expect(stage.ended({ watches: all }, imei, first)).resolves.toMatchObject({
        requestedBy: `person:${person.id}`,
        cached: false,
      });
    },
    60_000,
  );

  it('rests once its token is revoked', async () => {
    const token = await stage.server.token('IMEI_CHECK');
    const imei = imeiOf(60);
    const watch = await new WatchCalls(token).watched(imei, 24);
    const all = new WatchCalls(stage.server.admin);
    const first = await stage.ended({ watches: all }, imei);
    await stage.seen(watch.id);
    await stage.server.admin.graphql('mutation ($id: ID!) { revokeApiToken(id: $id) { id } }', {
      id: watch.requestedBy.split(':')[1],
    });
    await stage.pass(watch.id, 24);
    await stage.comesAbout(async () => hoursUntil((await all.of(imei))?.nextAt) > 0, 'its rest');
    expect((await all.of(imei))?.lastCheck?.id).toBe(first.id);
  }, 60_000);
});
