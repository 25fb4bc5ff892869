// Batches of IMEI checks: what is ordered and refused, what it may cost, how it is stopped, who sees it, and how it is watched. Files:
// imei-batch-files.test.ts; processes that die: tests/faults/imei-batches.test.ts.
import { systemViewer } from '../../src/auth/viewer.js';
import { BatchCalls, type BatchSeen, faultsOf } from '../support/imei-batches.js';
import { ImeiCalls, imeiOf } from '../support/imei-calls.js';
import { startImeiProvider, type TestImeiProvider } from '../support/imei-provider.js';
import { until } from '../support/program.js';
import { type Client, type TestServer, testServer } from '../support/server.js';

const concurrency = 4;
let provider: TestImeiProvider;
let server: TestServer;
let staff: Client;
let calls: BatchCalls;
let next = 0;

beforeAll(async () => {
  provider = await startImeiProvider();
  server = await testServer({
    ROLES: 'web,worker',
    ...{ IMEICHECK_URL: provider.url, IMEICHECK_TOKEN: 'test', IMEI_CONCURRENCY: String(concurrency) },
    ...{ IMEI_TIMEOUT: '2s', IMEI_CHECKS_PER_DAY: '500', USER_REQUESTS_PER_MINUTE: '100000' },
  });
}, 60_000);
beforeEach(async () => {
  await provider.setMood({ mode: 'ok' });
  // Each has a day's checks of their own.
  staff = await server.person('OPERATOR');
  calls = new BatchCalls(staff);
});
afterAll(async () => {
  await server.close();
  await provider.stop();
});

/** iPhones that nobody has asked about yet. */
const phones = (count: number): string[] => Array.from({ length: count }, () => imeiOf(next++));

const askedAbout = async (imeis: readonly string[]) =>
  (await provider.log()).filter(({ deviceId }) => imeis.includes(deviceId));

describe('an order', () => {
  it('is done with every device once, however often and however it is written', async () => {
    const imeis = phones(40);
    const [first = ''] = imeis;
    const spelled = `${first.slice(0, 2)} ${first.slice(2, 8)}-${first.slice(8)}`;
    const { id, total, status } = await calls.ordered({ imeis: [...imeis, spelled, first.slice(0, 14)] });
    expect({ total, status }).toEqual({ total: 40, status: 'RUNNING' });
    const batch = await calls.ended(id);
    expect(batch).toMatchObject({ status: 'COMPLETED', done: 40, successful: 40, failed: 0, skipped: 0 });
    expect(Number(batch.cost)).toBeCloseTo(40 * 0.06);
    expect(await askedAbout(imeis)).toHaveLength(40);
    const { data } = await staff.graphql<{ imeiBatch: { checks: { nodes: object[]; totalCount: number } } }>(
      'query ($id: ID!) { imeiBatch(id: $id) { checks(first: 2) { totalCount nodes { imei status via cost } } } }',
      { id },
    );
    expect(data?.imeiBatch.checks).toEqual({
      totalCount: 40,
      nodes: imeis.slice(0, 2).map((imei) => ({ imei, status: 'SUCCESSFUL', via: 'JOB', cost: '0.06' })),
    });
  });

  it('takes what is known, and pays for the rest', async () => {
    const imeis = phones(5);
    await new ImeiCalls(staff).check({ imei: imeis[0] });
    const { id } = await calls.ordered({ imeis });
    const batch = await calls.ended(id);
    expect(batch).toMatchObject({ done: 5, successful: 5 });
    expect(Number(batch.cost)).toBeCloseTo(4 * 0.06);
    const again = await calls.ordered({ imeis, maxAgeSeconds: 0 });
    expect(Number((await calls.ended(again.id)).cost)).toBeCloseTo(5 * 0.06);
    expect(await askedAbout(imeis)).toHaveLength(10);
  });

  it('counts what came of each', async () => {
    const outcomes = await Promise.all(
      [12, 13, 14].map(async (serviceId) => calls.ended((await calls.ordered({ imeis: phones(2), serviceId })).id)),
    );
    expect(outcomes).toMatchObject([
      { done: 2, successful: 2, unsuccessful: 0, failed: 0 },
      { done: 2, successful: 0, unsuccessful: 2, failed: 0 },
      { done: 2, successful: 0, unsuccessful: 0, failed: 2 },
    ]);
  });

  it('tells all that are no IMEI by their places, and orders nothing', async () => {
    const [good] = phones(1);
    const before = await calls.list();
    const { errors } = await calls.order({ imeis: [good, '356735111052190', '12', 'abc', '000000000000000'] });
    expect(errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [
        { path: 'imeis.1', code: 'CHECKSUM' },
        { path: 'imeis.2', code: 'LENGTH' },
        { path: 'imeis.3', code: 'NOT_DIGITS' },
        { path: 'imeis.4', code: 'ALL_ZERO' },
      ],
    });
    expect(errors?.[0]?.message).not.toContain('356735111052190');
    await expect(calls.list()).resolves.toEqual(before);
    await expect(server.database.query('select from imei_batch where received_at is null')).resolves.toEqual([]);
  });

  it('is told of wrong terms and of wrong numbers at once, and of a check likewise', async () => {
    const { errors } = await calls.order({ imeis: ['12'], costLimit: '0' });
    expect(errors?.[0]?.extensions.fields?.map(({ path }) => path).sort()).toEqual(['costLimit', 'imeis.0']);
    const check = '{ checkImei(input: { imei: "12", serviceId: 0 }) { id } }';
    const single = await calls.as.graphql(`mutation ${check}`);
    expect(single.errors?.[0]?.extensions.fields?.map(({ path }) => path).sort()).toEqual(['imei', 'serviceId']);
  });

  it('is refused over REST as JSON with a cost limit among the parameters, where it would have no effect', async () => {
    const answer = await calls.as.fetch('/api/v1/imei/batches?costLimit=0.01', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ imeis: phones(1) }),
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      400,
      { fields: [{ path: 'costLimit', code: 'WITHOUT_FILE' }] },
    ]);
  });

  it.each([
    [{ imeis: [] }, 'imeis'],
    [{ imeis: Array<string>(10_001).fill('1') }, 'imeis'],
    [{ imeis: ['356735111052198'], costLimit: '0' }, 'costLimit'],
    [{ imeis: ['356735111052198'], costLimit: '-1' }, 'costLimit'],
    [{ imeis: ['356735111052198'], costLimit: '1e3' }, 'costLimit'],
    [{ imeis: ['356735111052198'], serviceId: 0 }, 'serviceId'],
    [{ imeis: ['356735111052198'], maxAgeSeconds: -1 }, 'maxAgeSeconds'],
  ])('is refused where a field is wrong (%#)', async (input, path) => {
    const { errors } = await calls.order(input);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path }] });
  });

  it('is the same one where its key is', async () => {
    const imeis = phones(3);
    const before = await calls.list();
    const first = await calls.ordered({ imeis, idempotencyKey: 'a' });
    await expect(calls.ordered({ imeis, idempotencyKey: 'a' })).resolves.toMatchObject({ id: first.id });
    const { errors } = await calls.order({ imeis: imeis.slice(1), idempotencyKey: 'a' });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'CONFLICT', reasons: ['IDEMPOTENCY_KEY_REUSED'] });
    await expect(calls.list()).resolves.toEqual([first.id, ...before]);
  });

  it('must fit into what is left of the day, where what is known does not count', async () => {
    const imeis = phones(60);
    await calls.ended((await calls.ordered({ imeis })).id);
    await countToday('asked + 390');
    const { errors } = await calls.order({ imeis: phones(51) });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
    await provider.setMood({ mode: 'slow', latencyMs: 500 });
    const waiting = await calls.ordered({ imeis: [...imeis, ...phones(30)] });
    // What was ordered, and is not asked yet, is as good as asked.
    expect((await calls.order({ imeis: phones(21) })).errors?.[0]?.extensions.code).toBe('RATE_LIMITED');
    await provider.setMood({ mode: 'ok' });
    await calls.ended(waiting.id);
    await calls.ordered({ imeis: phones(20) });
  }, 60_000);

  it('pauses until tomorrow where the day’s checks are used up meanwhile, and then goes on', async () => {
    await provider.setMood({ mode: 'slow', latencyMs: 100 });
    const { id } = await calls.ordered({ imeis: phones(200) });
    await until(async () => (await calls.get(id)).done > 0, 10_000, 'the first answer');
    await countToday('500');
    const waits = async () =>
      (
        await server.database.query<{ waits: boolean }>(
          'select next_at > now() and next_at <= now() + $2::interval as waits from imei_batch where id = $1',
          [id, '24 hours'],
        )
      )[0]?.waits;
    await until(async () => (await waits()) === true, 20_000, 'a pause until tomorrow');
    const paused = await calls.get(id);
    expect(paused).toMatchObject({ status: 'RUNNING', failed: 0, skipped: 0 });
    expect(paused.done).toBeLessThan(200);
    await provider.setMood({ mode: 'ok' });
    await countToday('0');
    await server.database.query('update imei_batch set next_at = now() where id = $1', [id]);
    await expect(calls.ended(id)).resolves.toMatchObject({ status: 'COMPLETED', successful: 200 });
  }, 60_000);

  it('is left in the audit log, without a number', async () => {
    const [imei = ''] = phones(1);
    const { id } = await calls.ordered({ imeis: [imei] });
    await calls.cancel(id);
    const entries = await server.database.query<{ action: string; detail: object | null }>(
      'select action, detail from audit_entry where subject = $1 order by id',
      [`imeiBatch:${id}`],
    );
    expect(entries[0]).toEqual({ action: 'checkImeis', detail: { total: 1 } });
    expect(JSON.stringify(entries)).not.toContain(imei);
  });
});

describe('a cost limit', () => {
  it('is never exceeded, and ends the batch when no other check fits', async () => {
    await provider.setMood({ mode: 'slow', latencyMs: 30 });
    const imeis = phones(60);
    const { id } = await calls.ordered({ imeis, costLimit: '1.00' });
    const batch = await calls.ended(id);
    const paid = (await askedAbout(imeis)).reduce((sum, { charged }) => sum + Number(charged), 0);
    expect(batch).toMatchObject({ status: 'COST_LIMIT', costLimit: '1.00', skipped: 60 - batch.done });
    expect(Number(batch.cost)).toBeCloseTo(paid);
    expect(paid).toBeLessThanOrEqual(1);
    // Of the seven cents that one may cost, Apple's six and one of the generic service, no more are left.
    expect(paid).toBeGreaterThan(1 - 0.07);
  });

  it('that covers all of it changes nothing', async () => {
    const { id } = await calls.ordered({ imeis: phones(10), costLimit: '5' });
    await expect(calls.ended(id)).resolves.toMatchObject({ status: 'COMPLETED', done: 10, skipped: 0 });
  });
});

describe('who cancels', () => {
  it('pays for what was being asked, and for nothing else', async () => {
    await provider.setMood({ mode: 'slow', latencyMs: 700 });
    const imeis = phones(200);
    const { id } = await calls.ordered({ imeis });
    await until(async () => (await calls.get(id)).done > 0, 10_000, 'the first answer');
    const { data } = await calls.cancel(id);
    expect(data?.cancelImeiBatch).toMatchObject({ status: 'CANCELLED' });
    const batch = await calls.ended(id);
    expect(batch).toMatchObject({ status: 'CANCELLED', total: 200, failed: 0, skipped: 200 - batch.done });
    const asked = await askedAbout(imeis);
    expect(asked).toHaveLength(batch.done);
    // One round, and those that took their places.
    expect(batch.done).toBeLessThanOrEqual(4 * concurrency);
    const pending = 'select from imei_check where completed_at is null and requested_by = $1';
    await expect(server.database.query(pending, [`person:${(await me()).id}`])).resolves.toEqual([]);
    await expect(calls.cancel(id)).resolves.toMatchObject({ data: { cancelImeiBatch: { status: 'CANCELLED' } } });
  });

  it('does not take away what somebody else waits for', async () => {
    await provider.setMood({ mode: 'slow', latencyMs: 1_000 });
    const imeis = phones(60);
    const { id } = await calls.ordered({ imeis });
    await until(async () => (await askedAbout(imeis)).length > 0, 10_000, 'the first request');
    const last = imeis[40] ?? '';
    const waiting = new ImeiCalls(staff).check({ imei: last });
    await until(async () => (await checksOf(last)) > 1, 5_000, 'somebody who waits');
    await calls.cancel(id);
    await expect(waiting).resolves.toMatchObject({ data: { checkImei: { status: 'SUCCESSFUL' } } });
  });

  it('takes nothing from another batch of the same devices', async () => {
    await provider.setMood({ mode: 'slow', latencyMs: 300 });
    const imeis = phones(30);
    const [first, second] = [await calls.ordered({ imeis }), await calls.ordered({ imeis })];
    await until(async () => (await checksOf(imeis[29] ?? '')) === 2, 10_000, 'both to wait for the last one');
    await calls.cancel(first.id);
    await provider.setMood({ mode: 'ok' });
    await expect(calls.ended(second.id)).resolves.toMatchObject({ status: 'COMPLETED', successful: 30 });
    await calls.ended(first.id);
    expect(await askedAbout(imeis)).toHaveLength(30);
  });
});

it('keeps nobody waiting who waits for one answer', async () => {
  await provider.setMood({ mode: 'slow', latencyMs: 1_500 });
  const imeis = phones(100);
  const { id } = await calls.ordered({ imeis });
  await until(async () => (await askedAbout(imeis)).length >= concurrency - 1, 10_000, 'a busy provider');
  const [mine = ''] = phones(1);
  await expect(new ImeiCalls(staff).check({ imei: mine })).resolves.toMatchObject({
    data: { checkImei: { status: 'SUCCESSFUL' } },
  });
  // It was asked in the place that batches leave free, before any of theirs had ended.
  const [asked] = await askedAbout([mine]);
  const [first] = await askedAbout(imeis);
  expect((asked?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(1_500);
  await calls.cancel(id);
  await calls.ended(id);
});

describe('a batch that does not go on says why', () => {
  const waitsFor = (reason: string, waiting: number) => ({ reason, waiting, until: expect.anything() });

  it('over GraphQL, live and over REST: the day’s checks are used up', async () => {
    await provider.setMood({ mode: 'slow', latencyMs: 100 });
    const { id, hold } = await calls.ordered({ imeis: phones(100) });
    expect(hold).toBeNull();
    const watched = await calls.watch(server.url, id);
    await until(async () => (await calls.get(id)).done > 0, 10_000, 'the first answer');
    await countToday('500');
    const held = await calls.held(id, 'DAILY_LIMIT', 30_000);
    expect(held.hold).toEqual(waitsFor('DAILY_LIMIT', 100 - held.done));
    const untilMs = Date.parse(held.hold?.until ?? '') - Date.now();
    expect([untilMs > 0, untilMs <= 86_400_000]).toEqual([true, true]);
    const told = () => JSON.stringify(watched.events.at(-1)?.imeiBatchProgress.hold);
    const asked = async () => JSON.stringify((await calls.held(id, 'DAILY_LIMIT')).hold);
    await until(async () => told() === (await asked()), 10_000, 'the hold in the progress');
    await watched.close();
    const rest = await staff.fetch(`/api/v1/imei/batches/${id}`);
    expect(JSON.stringify(((await rest.json()) as BatchSeen).hold)).toBe(told());
    const { data } = await calls.cancel(id);
    expect(data?.cancelImeiBatch).toMatchObject({ status: 'CANCELLED', hold: null });
  }, 60_000);

  it('the provider is away', async () => {
    await provider.setMood({ mode: '5xx', status: 503 });
    const { id } = await calls.ordered({ imeis: phones(12) });
    const { hold } = await calls.held(id, 'PROVIDER_AWAY');
    expect(hold).toMatchObject({ reason: 'PROVIDER_AWAY', waiting: 12 });
    await calls.cancel(id);
    await providerIsBack();
  }, 60_000);

  it('answers were lost that may have been charged', async () => {
    await provider.setMood({ mode: 'hang' });
    const { id } = await calls.ordered({ imeis: phones(3) });
    const { hold } = await calls.held(id, 'UNCERTAIN_CHARGES');
    expect(hold).toEqual({ reason: 'UNCERTAIN_CHARGES', until: null, waiting: 3 });
    await provider.setMood({ mode: 'ok' });
  }, 60_000);

  it('no process does what is due', async () => {
    const settings = { ROLES: 'web', IMEICHECK_URL: provider.url, IMEICHECK_TOKEN: 'test' };
    const alone = await testServer(settings);
    try {
      const orders = new BatchCalls(alone.admin);
      const { id } = await orders.ordered({ imeis: phones(12) });
      expect((await orders.get(id)).hold).toBeNull();
      const aMinutePasses =
        "set received_at = received_at - interval '1 minute', next_at = next_at - interval '1 minute'";
      await alone.database.query(`update imei_batch ${aMinutePasses}`);
      expect((await orders.get(id)).hold).toEqual({ reason: 'NO_WORKER', until: null, waiting: 12 });
    } finally {
      await alone.close();
    }
  }, 60_000);
});

/** Somebody's check succeeds, which closes the breaker. */
async function providerIsBack(): Promise<void> {
  await provider.setMood({ mode: 'ok' });
  const isClosed = async () => server.app.parts.imeiBreaker.state(performance.now()) === 'CLOSED';
  const asked = new ImeiCalls(staff);
  await until(async () => (await asked.check({ imei: imeiOf(next++) }), isClosed()), 30_000, 'the provider is back');
}

it('waits for a provider that is away, says why, and goes on', async () => {
  await provider.setMood({ mode: '401' });
  const { id } = await calls.ordered({ imeis: phones(100) });
  await until(async () => (await provider.stats()).total > 0, 10_000, 'an attempt');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await expect(calls.get(id)).resolves.toMatchObject({
    ...{ status: 'RUNNING', done: 0 },
    hold: { reason: 'PROVIDER_REFUSES', waiting: 100 },
  });
  await provider.setMood({ mode: 'ok' });
  // The pauses after its refusals, seconds to a minute, have passed.
  const pausesPass = "update imei_exchange set next_at = now() where state = 'QUEUED' and next_at > now()";
  const isOver = async () => {
    await server.database.query(pausesPass);
    await server.app.unit(systemViewer('test'), ({ imeiChecks }) => imeiChecks.bringOn());
    return (await calls.get(id)).finishedAt !== null;
  };
  await until(isOver, 120_000, 'the end of the batch');
  await expect(calls.get(id)).resolves.toMatchObject({ status: 'COMPLETED', successful: 100, failed: 0, hold: null });
}, 150_000);

describe('who sees a batch', () => {
  it('is who ordered it, and who may see the whole history', async () => {
    const [one, other] = [await server.token('IMEI_CHECK'), await server.token('IMEI_CHECK')];
    const { id } = await new BatchCalls(one).ordered({ imeis: phones(1) });
    await calls.ended(id);
    await expect(new BatchCalls(one).list()).resolves.toEqual([id]);
    await expect(new BatchCalls(other).list()).resolves.toEqual([]);
    await expect(new BatchCalls(other).find(id)).resolves.toBeNull();
    expect((await new BatchCalls(other).cancel(id)).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
    const hidden = await new BatchCalls(other).watch(server.url, id);
    await until(() => hidden.outcome.errors !== undefined, 5_000, 'a refusal');
    await hidden.close();
    expect((await other.fetch(`/api/v1/imei/batches/${id}`)).status).toBe(404);
    expect((await other.fetch(`/api/v1/imei/batches/${id}/result.csv`)).status).toBe(404);
    const reader = new BatchCalls(await server.token('READ'));
    await expect(reader.find(id)).resolves.toMatchObject({ id });
    expect((await reader.cancel(id)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await reader.order({ imeis: phones(1) })).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    await expect(new BatchCalls(await server.person('VIEWER')).find(id)).resolves.toMatchObject({ id });
  });
});

it('adds up at every event, from the present one on to the end', async () => {
  await provider.setMood({ mode: 'slow', latencyMs: 60 });
  const { id } = await calls.ordered({ imeis: phones(120) });
  const watched = await calls.watch(server.url, id);
  await until(() => watched.events.at(-1)?.imeiBatchProgress.finishedAt != null, 30_000, 'the last event');
  const seen = watched.events.map(({ imeiBatchProgress }) => imeiBatchProgress);
  await watched.close();
  expect(faultsOf(seen)).toEqual([]);
  expect(seen.length).toBeGreaterThan(3);
  expect(seen.at(-1)).toMatchObject({ status: 'COMPLETED', done: 120, successful: 120 });
});

const me = async (): Promise<{ id: string }> => {
  const { data } = await staff.graphql<{ viewer: { user: { id: string } } }>('{ viewer { user { id } } }');
  return { id: data?.viewer.user.id ?? '' };
};

/** So many checks are asked for today. */
const countToday = async (asked: string) =>
  server.database.query(`update imei_day set asked = ${asked} where actor = $1`, [`person:${(await me()).id}`]);

const checksOf = async (imei: string): Promise<number> =>
  (await server.database.query('select from imei_check where imei = $1', [imei])).length;
