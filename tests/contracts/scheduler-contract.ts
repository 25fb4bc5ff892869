// What the scheduler promises on each backend that it can have. The suites that hold it to this on PostgreSQL and on MongoDB's protocol
// are files of their own, because most of the time is waiting: they run side by side.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StoreServer } from '../support/job-stores.js';
import { Gate, type Handlers, idle, row, Stage, soon, until } from '../support/scheduler-stage.js';

export function schedulerContract(begin: (dataDir: string) => Promise<StoreServer>): void {
  let server: StoreServer;
  let root: string;
  const lost: unknown[] = [];
  const onLost = (reason: unknown): number => lost.push(reason);

  beforeAll(async () => {
    process.on('unhandledRejection', onLost);
    root = await mkdtemp(join(tmpdir(), 'switchboard-'));
    server = await begin(join(root, '.data'));
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    await rm(root, { recursive: true, force: true });
    process.off('unhandledRejection', onLost);
  });

  async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
    const stage = new Stage(await server.newStore());
    try {
      await play(stage);
    } finally {
      await stage.close();
    }
    expect(lost).toEqual([]);
  }

  it('runs a tick again and again', () =>
    onStage(async (stage) => {
      const runs: number[] = [];
      const scheduler = await stage.worker({ beat: async () => void runs.push(Date.now()) });
      await until('four beats', () => runs.length >= 4);
      const [first = 0, , , fourth = 0] = runs;
      expect(fourth - first).toBeGreaterThan(2_500);
      expect(fourth - first).toBeLessThan(5_000);
      const beat = await row(scheduler, 'beat');
      expect(beat).toMatchObject({ every: '1 second', failCount: 0, lastError: null });
      expect(beat.lastRunAt?.getTime()).toBeGreaterThanOrEqual(first - 50);
      expect(beat.nextRunAt?.getTime()).toBeGreaterThan(beat.lastRunAt?.getTime() ?? Infinity);
    }));

  it('runs a nudge once, at its time', () =>
    onStage(async (stage) => {
      const runs: [subject: string, at: number][] = [];
      const scheduler = await stage.worker({ call: async ({ subject }) => void runs.push([subject, Date.now()]) });
      const at = soon(2_500);
      await scheduler.nudge('call', { subject: '7' }, at);
      await until('the nudge', () => runs.length > 0);
      await sleep(2_000);
      expect(runs).toEqual([['7', expect.any(Number)]]);
      const late = (runs[0]?.[1] ?? 0) - at.getTime();
      expect(late).toBeGreaterThanOrEqual(-5);
      expect(late).toBeLessThan(1_000);
    }));

  it('runs a nudge of the past at once, also one from a process that runs no jobs', () =>
    onStage(async (stage) => {
      const subjects: string[] = [];
      const worker = await stage.worker({ call: async ({ subject }) => void subjects.push(subject) });
      const web = stage.scheduler();
      await web.start();
      await worker.nudge('call', { subject: '1' }, soon(-60_000));
      expect(await until('our own', () => subjects.includes('1'))).toBeLessThan(500);
      await web.nudge('call', { subject: '2' }, soon(-60_000));
      expect(await until('the other one', () => subjects.includes('2'))).toBeLessThan(2_000);
      expect((await row(web, 'call')).lastRunAt).not.toBeNull();
    }));

  it('has each tick once when three processes start together on an empty store', () =>
    onStage(async (stage) => {
      await Promise.all([stage.worker(), stage.worker(), stage.worker()]);
      await until('the ticks', async () => (await stage.store.names()).length >= 2);
      await sleep(1_500);
      expect(await stage.store.names()).toEqual(['beat', 'stumble']);
    }));

  it(
    'handles every one of 50 simultaneous nudges',
    () =>
      onStage(async (stage) => {
        const handled: string[] = [];
        const call: Handlers['call'] = async ({ subject }) => {
          await sleep(20);
          handled.push(subject);
        };
        const workers = await Promise.all([stage.worker({ call }), stage.worker({ call })]);
        const subjects = Array.from({ length: 50 }, (_, i) => String(i));
        const at = soon(300);
        await Promise.all(subjects.map((subject, i) => workers[i % 2]?.nudge('call', { subject }, at)));
        await until('all of them', () => handled.length >= 50, 20_000);
        await sleep(1_000);
        expect(handled.toSorted((a, b) => Number(a) - Number(b))).toEqual(subjects);
      }),
    40_000,
  );

  it('counts a failing handler, tells of it without its words, and runs it again', () =>
    onStage(async (stage) => {
      let runs = 0;
      const scheduler = await stage.worker({
        stumble: async () => {
          runs += 1;
          if (runs < 4) throw new TypeError('+7 900 123-45-67 is not a function');
        },
      });
      await until('two failures', async () => (await row(scheduler, 'stumble')).failCount >= 2);
      expect(await row(scheduler, 'stumble')).toMatchObject({ lastError: 'INTERNAL TypeError' });
      expect(stage.outcomes).toContainEqual(['stumble', 'failed']);
      await until('its recovery', async () => runs >= 4 && (await row(scheduler, 'stumble')).failCount === 0);
    }));

  it('refuses a payload that the catalogue does not know, where it is sent and where it arrives', () =>
    onStage(async (stage) => {
      const calls: string[] = [];
      const scheduler = await stage.worker({ call: async ({ subject }) => void calls.push(subject) });
      const sent = scheduler.nudge('call', { subject: 'drop table' }, soon(0));
      await expect(sent).rejects.toMatchObject({
        code: 'INTERNAL',
        message: expect.not.stringContaining('drop table'),
      });
      expect(await stage.store.names()).not.toContain('call');
      await stage.store.insert('call', { subject: '8', more: 'than agreed' });
      await until('its refusal', () => stage.outcomes.some(([, outcome]) => outcome === 'refused'));
      await until('the row', async () => (await row(scheduler, 'call')).lastError === 'BAD_PAYLOAD');
      expect(calls).toEqual([]);
    }));

  it('does not run a job twice at once, even when its lease is over', () =>
    onStage(async (stage) => {
      let now = 0;
      let most = 0;
      const call: Handlers['call'] = async () => {
        now += 1;
        most = Math.max(most, now);
        await sleep(3_000);
        now -= 1;
      };
      // Leases that nobody renews in time, as in a process that hangs.
      const [first] = await Promise.all([stage.worker({ call }, { lease: 10_000 }), stage.worker({ call })]);
      await first?.nudge('call', { subject: '9' }, soon(0));
      await until('its run', () => now === 1);
      await stage.store.expireLeases();
      await until('the second attempt', () => stage.outcomes.some(([, outcome]) => outcome === 'overlapped'));
      await until('its end', () => stage.outcomes.some(([name, outcome]) => name === 'call' && outcome === 'done'));
      expect(most).toBe(1);
    }));

  it('keeps a long job to one worker for as long as it lives', () =>
    onStage(async (stage) => {
      const runs: number[] = [];
      const call: Handlers['call'] = async () => {
        runs.push(Date.now());
        await sleep(4_000);
      };
      const timing = { lease: 1_000 };
      const [first] = await Promise.all([stage.worker({ call }, timing), stage.worker({ call }, timing)]);
      await first?.nudge('call', { subject: '10' }, soon(0));
      await until('its end', () => stage.outcomes.some(([name, outcome]) => name === 'call' && outcome === 'done'));
      await sleep(1_500);
      expect(runs).toHaveLength(1);
      expect(stage.outcomes.filter(([name]) => name === 'call')).toEqual([['call', 'done']]);
    }));

  it('brings ticks back that somebody deletes', () =>
    onStage(async (stage) => {
      const beats: number[] = [];
      await stage.worker({ beat: async () => void beats.push(Date.now()) });
      await until('a beat', () => beats.length > 0);
      await stage.store.wipe();
      const before = beats.length;
      await until('more beats', () => beats.length >= before + 3, 6_000);
      expect(await stage.store.names()).toEqual(['beat', 'stumble']);
    }));

  it('takes over what a killed process had in hand', () =>
    onStage(async (stage) => {
      const web = stage.scheduler();
      await web.start();
      await web.nudge('call', { subject: '11' }, soon(0));
      const child = await stage.busyProcess();
      const subjects: string[] = [];
      await stage.worker({ call: async ({ subject }) => void subjects.push(subject) });
      await sleep(500);
      expect(subjects).toEqual([]);
      child.kill('SIGKILL');
      await until('the takeover', () => subjects.length > 0, 15_000);
      expect(subjects).toEqual(['11']);
    }));

  it('waits for what runs when it stops', () =>
    onStage(async (stage) => {
      let ended = false;
      let told: AbortSignal | undefined;
      const worker = await stage.worker({
        call: async (_payload, { signal }) => {
          told = signal;
          await sleep(1_500);
          ended = true;
        },
      });
      await worker.nudge('call', { subject: '12' }, soon(0));
      await until('its run', () => told !== undefined);
      const stopped = worker.stop(10_000);
      expect(told?.aborted).toBe(true);
      await stopped;
      expect(ended).toBe(true);
      expect(worker.isReady).toBe(false);
      await expect(worker.nudge('call', { subject: '13' }, soon(0))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      const web = stage.scheduler();
      await web.start();
      expect(await row(web, 'call')).toMatchObject({ lastFinishedAt: expect.any(Date), nextRunAt: null, failCount: 0 });
    }));

  it('gives back at once what does not end in time, and what it had not begun', () =>
    onStage(async (stage) => {
      const begun: string[] = [];
      const stubborn: Handlers['call'] = async ({ subject }) => {
        begun.push(subject);
        await sleep(8_000);
      };
      const first = await stage.worker({ call: stubborn }, { lease: 10_000 });
      const subjects = Array.from({ length: 12 }, (_, i) => String(i));
      await Promise.all(subjects.map((subject) => first.nudge('call', { subject }, soon(0))));
      await until('as many as it may', () => begun.length === 5);
      const handled: string[] = [];
      await stage.worker({ call: async ({ subject }) => void handled.push(subject) });
      const before = Date.now();
      await first.stop(500);
      expect(Date.now() - before).toBeLessThan(2_500);
      expect(await until('the takeover', () => handled.length >= 12)).toBeLessThan(3_000);
      await sleep(1_000);
      expect(handled.toSorted((a, b) => Number(a) - Number(b))).toEqual(subjects);
    }));

  it(
    'survives a restart of the store, with a job in hand',
    () =>
      onStage(async (stage) => {
        const beats: number[] = [];
        let calls = 0;
        const worker = await stage.worker({
          beat: async () => void beats.push(Date.now()),
          call: async () => {
            calls += 1;
            await sleep(1_500);
          },
        });
        await until('a beat', () => beats.length > 0);
        await worker.nudge('call', { subject: '14' }, soon(0));
        await until('the call', () => calls > 0);
        await server.restart();
        const before = beats.length;
        await until('beats again', () => beats.length >= before + 2, 10_000);
        await until('readiness', () => worker.isReady);
        await worker.nudge('call', { subject: '15' }, soon(0));
        await until('another call', () => calls >= 2);
      }),
    60_000,
  );

  it('waits for a store that is away at the start', () =>
    onStage(async (stage) => {
      const gate = new Gate(stage.store);
      stage.onClose(() => gate.close());
      const beats: number[] = [];
      const handlers = { ...idle, beat: async () => void beats.push(Date.now()) };
      const scheduler = stage.scheduler({ ...(await gate.urls()), handlers });
      const started = scheduler.start();
      await sleep(1_500);
      expect(scheduler.isReady).toBe(false);
      await expect(scheduler.jobs()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await gate.open();
      await started;
      expect(scheduler.isReady).toBe(true);
      await until('a beat', () => beats.length > 0, 5_000);
    }));

  it('can be stopped while it waits for the store', () =>
    onStage(async (stage) => {
      const gate = new Gate(stage.store);
      const scheduler = stage.scheduler({ ...(await gate.urls()), handlers: idle });
      const started = expect(scheduler.start()).rejects.toMatchObject({ name: 'AbortError' });
      await sleep(300);
      await scheduler.stop(1_000);
      await started;
    }));
}
