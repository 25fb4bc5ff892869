// The rehearsal's virtual clock: figures worked out by hand.
import type { LocalWindow } from '../../src/domain/mailings/local-window.js';
import { planSending, type SendPlan } from '../../src/domain/mailings/send-plan.js';
import type { SendPlanInput } from '../../src/domain/mailings/send-setup.js';

/** Monday noon in London, 15:00 in Moscow. */
const noon = new Date('2026-03-02T12:00:00Z');
const soon = (seconds: number, from = noon): Date => new Date(from.getTime() + seconds * 1_000);
const hour = 3_600;
const day = 24 * hour;

function mailing(changes: Partial<SendPlanInput> = {}): SendPlanInput {
  return {
    zones: new Map([['UTC', 100]]),
    now: noon,
    startsAt: noon,
    endsAt: soon(hour),
    window: null,
    rateLimit: null,
    capacity: 500,
    ...changes,
  };
}

const window = (from: string, to: string, days: LocalWindow['days'] = null): LocalWindow => {
  const minutes = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  return { from: minutes(from), to: minutes(to), days };
};

const secondsTaken = ({ finishesAt }: SendPlan, from = noon): number =>
  ((finishesAt?.getTime() ?? Number.NaN) - from.getTime()) / 1_000;

describe('without a window', () => {
  it('goes as fast as the workers can: 100 at 10 a second take 10 s', () => {
    const plan = planSending(mailing({ capacity: 10 }));
    expect(plan).toMatchObject({ recipients: 100, willMiss: 0, reasons: [], advice: null });
    expect(secondsTaken(plan)).toBe(10);
    expect(plan.curve).toEqual([
      { at: noon, done: 0 },
      { at: soon(10), done: 100 },
    ]);
  });

  it('goes no faster than its limit: 1000 at 4 a second take 250 s, since the bucket begins empty', () => {
    expect(secondsTaken(planSending(mailing({ zones: new Map([['UTC', 1_000]]), rateLimit: 4 })))).toBe(250);
  });

  it('begins at the start where that lies ahead, and now where it has passed', () => {
    expect(secondsTaken(planSending(mailing({ startsAt: soon(600), capacity: 10 })))).toBe(610);
    expect(secondsTaken(planSending(mailing({ startsAt: soon(-600), capacity: 10 })))).toBe(10);
  });

  it('claims nothing in the last five seconds: 94 of 1000 go before second 95 of 100', () => {
    const plan = planSending(mailing({ zones: new Map([['UTC', 1_000]]), endsAt: soon(100), capacity: 1 }));
    expect(plan).toMatchObject({ willMiss: 906, finishesAt: null, reasons: [{ key: 'CAPACITY', count: 906 }] });
    // The last at 1000 s, and five seconds after it, in whole minutes.
    expect(plan.advice).toBe('Move the end from 2026-03-02T12:01:40Z to 2026-03-02T12:17:00Z to reach 906 more.');
  });

  it('claims nothing in the last tenth of a short one: 26 go before second 27 of 30', () => {
    expect(planSending(mailing({ endsAt: soon(30), capacity: 1 })).willMiss).toBe(74);
  });

  it('blames the limit where the workers could do it', () => {
    const plan = planSending(mailing({ zones: new Map([['UTC', 10_000]]), rateLimit: 2 }));
    // 3595 s at 2 a second. All take 5000 s, which is less of a change than half as many messages a second again.
    expect(plan.reasons).toEqual([{ key: 'RATE_LIMIT', count: 10_000 - 7_189 }]);
    expect(plan.advice).toBe('Move the end from 2026-03-02T13:00:00Z to 2026-03-02T13:24:00Z to reach 2811 more.');
  });

  it('is done at once where there is nobody', () => {
    const plan = planSending(mailing({ zones: new Map() }));
    expect(plan).toEqual({
      recipients: 0,
      finishesAt: noon,
      willMiss: 0,
      reasons: [],
      curve: [{ at: noon, done: 0 }],
      advice: null,
    });
  });
});

describe('with a window', () => {
  it('waits until it opens, with a full bucket by then', () => {
    const plan = planSending(mailing({ endsAt: soon(day), window: window('13:00', '14:00'), rateLimit: 10 }));
    // Two are saved up: 98 more at 10 a second.
    expect(secondsTaken(plan)).toBe(hour + 9.8);
  });

  it('goes on when it opens again', () => {
    const plan = planSending(
      mailing({ endsAt: soon(2 * day), window: window('13:00', '13:01'), rateLimit: 1, capacity: 1_000 }),
    );
    // 1.1 saved up and one each second: 61 of 100 in the first minute, the 39th of the second after 37.9 s.
    expect(plan.willMiss).toBe(0);
    expect(secondsTaken(plan)).toBeCloseTo(hour + day + 37.9, 2);
    expect(plan.curve.map(({ done }) => done)).toEqual([0, 0, 61, 61, 100]);
  });

  it('sends first to those whose window closes soonest', () => {
    // In Moscow it closes at 18:00 UTC, in Yekaterinburg at 16:00: its 3000 would not fit in after Moscow's 13000.
    const zones = new Map([
      ['Europe/Moscow', 13_000],
      ['Asia/Yekaterinburg', 3_000],
    ]);
    const plan = planSending(mailing({ zones, endsAt: soon(day / 2), window: window('09:00', '21:00'), rateLimit: 1 }));
    expect(secondsTaken(plan)).toBe(16_000);
  });

  it('tells where it never opens, and moves the end to where it does', () => {
    const zones = new Map([
      ['Europe/Moscow', 10],
      ['UTC', 5],
    ]);
    const plan = planSending(mailing({ zones, endsAt: soon(8 * hour), window: window('12:00', '13:00') }));
    expect(plan).toMatchObject({ willMiss: 10, reasons: [{ key: 'WINDOW_NEVER_OPENS', count: 10 }] });
    expect(plan.advice).toBe('Move the end from 2026-03-02T20:00:00Z to 2026-03-03T09:01:00Z to reach 10 more.');
  });

  it('widens the window where that is the least', () => {
    const zones = new Map([['Europe/Moscow', 10]]);
    const plan = planSending(mailing({ zones, window: window('09:00', '14:55') }));
    expect(plan.advice).toBe('Widen the window from 09:00–14:55 to 09:00–15:05 to reach 10 more.');
  });

  it('widens it at its beginning, too', () => {
    const zones = new Map([['Europe/Moscow', 10]]);
    const plan = planSending(mailing({ zones, window: window('16:10', '23:00') }));
    expect(plan.advice).toBe('Widen the window from 16:10–23:00 to 15:55–23:00 to reach 10 more.');
  });

  it('blames the limit for what would go at full speed', () => {
    const zones = new Map([['UTC', 1_000]]);
    const plan = planSending(
      mailing({ zones, endsAt: soon(3 * hour), window: window('13:00', '13:01'), rateLimit: 10 }),
    );
    // 2 saved up and 600: the 602nd would be ready as it closes. At 17 a second it is 2.7 and 1020.
    expect(plan.reasons).toEqual([{ key: 'RATE_LIMIT', count: 399 }]);
    expect(plan.advice).toBe('Raise the limit from 10 to 17 messages a second to reach 399 more.');
  });

  it('blames the window for what would go at another hour, and the workers for what never would', () => {
    const zones = new Map([['UTC', 20_000]]);
    const plan = planSending(
      mailing({ zones, endsAt: soon(3 * hour + 5), window: window('13:00', '14:00'), rateLimit: 100, capacity: 1 }),
    );
    expect(plan.willMiss).toBe(20_000 - 3_600);
    expect(plan.reasons).toEqual([
      { key: 'CAPACITY', count: 20_000 - (3 * hour - 1) },
      { key: 'WINDOW_TOO_SHORT', count: 3 * hour - 1 - 3_600 },
    ]);
  });

  it('is open twice where an hour comes twice', () => {
    const startsAt = new Date('2026-10-25T00:00:00Z');
    const plan = planSending({
      ...mailing({ zones: new Map([['Europe/Berlin', 3_602]]), window: window('02:15', '02:45'), rateLimit: 1 }),
      ...{ now: startsAt, startsAt, endsAt: soon(day / 2, startsAt) },
    });
    // 1801 in each half hour: 1.1 were saved up.
    expect(plan.finishesAt?.toISOString()).toBe('2026-10-25T01:44:59.900Z');
  });

  it('stays silent on weekdays that are not its own', () => {
    const plan = planSending(mailing({ endsAt: soon(8 * day), window: window('10:00', '11:00', ['SUN']) }));
    expect(plan.finishesAt?.toISOString().slice(0, 16)).toBe('2026-03-08T10:00');
  });
});

it('goes over years of short windows in every zone of the world', () => {
  const zones = new Map(Intl.supportedValuesOf('timeZone').map((zone) => [zone, 500]));
  const plan = planSending(
    mailing({ zones, endsAt: soon(3_000 * day), window: window('03:00', '03:01', ['TUE']), rateLimit: 1 }),
  );
  expect(plan.recipients).toBe(zones.size * 500);
  expect(plan.willMiss).toBe(0);
  expect(plan.curve).toHaveLength(60);
});
