// The local-time window against others: any window in any zone against luxon, minute by minute, and a sample against PostgreSQL,
// which has a copy of the zone database of its own.
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { type LocalWindow, openingAt } from '../../src/domain/mailings/local-window.js';
import { type Weekday, weekdays } from '../../src/entities/mailing.enums.js';
import { type TestDatabase, testDatabase } from '../support/database.js';

const minute = 60_000;
const day = 86_400_000;

const anyWindow: fc.Arbitrary<LocalWindow> = fc
  .record({
    from: fc.integer({ min: 0, max: 1_439 }),
    to: fc.integer({ min: 0, max: 1_440 }),
    days: fc.option(fc.subarray([...weekdays], { minLength: 1 }), { nil: null }),
  })
  // Only a window without any pause is left out: it has no ends.
  .filter(({ from, to }) => from !== to && to - from !== 1_440);

/** A third of them within three days of a clock change, where there is one in that year. */
const anyMoment: fc.Arbitrary<readonly [string, Date]> = fc
  .tuple(
    fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'UTC', 'Antarctica/Troll', 'Europe/Moscow'),
    fc.integer({ min: Date.UTC(1990, 0, 1) / minute, max: Date.UTC(2040, 0, 1) / minute }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: -3 * 1_440, max: 1_440 }),
  )
  .map(([zone, at, near, shift]) => {
    const change = near === 0 ? changeAfter(zone, at * minute) : undefined;
    return [zone, new Date(change === undefined ? at * minute : change + shift * minute)];
  });

function changeAfter(zone: string, at: number): number | undefined {
  const offset = (time: number): number => DateTime.fromMillis(time, { zone }).offset;
  for (let time = at; time < at + 365 * day; time += day) if (offset(time) !== offset(time + day)) return time + day;
  return undefined;
}

/** Of a local clock in minutes and an ISO weekday. */
function counts({ from, to, days }: LocalWindow, clock: number, weekday: number): boolean {
  const isOn = (iso: number): boolean => !days || days.includes(weekdays[(iso + 6) % 7] as Weekday);
  if (from < to) return clock >= from && clock < to && isOn(weekday);
  return (clock >= from && isOn(weekday)) || (clock < to && isOn(weekday - 1));
}

function isInside(window: LocalWindow, zone: string, at: number): boolean {
  const local = DateTime.fromMillis(at, { zone });
  return counts(window, local.hour * 60 + local.minute, local.weekday);
}

it('is what luxon says of every minute until it closes', () => {
  fc.assert(
    fc.property(anyWindow, anyMoment, (window, [zone, at]) => {
      const found = openingAt(window, zone, at);
      const opens = found ? found.opensAt.getTime() : at.getTime() + 15 * day;
      const closes = found ? found.closesAt.getTime() : opens;
      for (let time = Math.min(at.getTime(), opens - minute); time <= closes; time += minute) {
        const expected = time >= opens && time < closes;
        if (isInside(window, zone, time) !== expected) throw new Error(`${new Date(time).toISOString()}: ${!expected}`);
      }
      expect(closes).toBeGreaterThan(at.getTime());
    }),
    { numRuns: 300 },
  );
});

it('gives the same opening from every moment in it, and the next one from its end', () => {
  fc.assert(
    fc.property(anyWindow, anyMoment, fc.double({ min: 0, max: 1, noNaN: true }), (window, [zone, at], share) => {
      const found = openingAt(window, zone, at);
      fc.pre(found !== undefined);
      const { opensAt, closesAt } = found as { opensAt: Date; closesAt: Date };
      const length = closesAt.getTime() - opensAt.getTime();
      const within = new Date(opensAt.getTime() + Math.floor(share * (length - 1)));
      expect(openingAt(window, zone, within)).toEqual(found);
      const next = openingAt(window, zone, closesAt);
      expect(next === undefined || next.opensAt > closesAt).toBe(true);
    }),
    { numRuns: 2_000 },
  );
});

describe('PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  const windows: readonly LocalWindow[] = [
    { from: 540, to: 1_260, days: null },
    { from: 105, to: 140, days: null },
    { from: 1_320, to: 135, days: ['SAT'] },
    { from: 150, to: 149, days: null },
    { from: 0, to: 45, days: ['SUN', 'MON', 'FRI'] },
  ];

  // Zones and years on which no release of the database has changed its mind since.
  it.each([
    ['Europe/Berlin', '2023-03-24T00:00Z'],
    ['Europe/Berlin', '2023-10-27T00:00Z'],
    ['Europe/Moscow', '2014-10-24T00:00Z'],
    ['America/New_York', '2023-03-10T00:00Z'],
    ['America/New_York', '2023-11-03T00:00Z'],
    ['America/Sao_Paulo', '2018-11-02T00:00Z'],
    ['Australia/Lord_Howe', '2023-03-31T00:00Z'],
    ['Australia/Lord_Howe', '2023-09-29T00:00Z'],
    ['Antarctica/Troll', '2023-03-24T00:00Z'],
    ['Africa/Casablanca', '2022-03-25T00:00Z'],
    ['Pacific/Apia', '2011-12-28T00:00Z'],
    ['Asia/Kathmandu', '2023-05-01T00:00Z'],
  ])('agrees about %s in the days after %s, minute by minute', async (zone, start) => {
    const clocks = await database.query<{ at: Date; clock: number; weekday: number }>(
      `select at, (extract(hour from local) * 60 + extract(minute from local))::int as clock, extract(isodow from local)::int as weekday
         from (select at, at at time zone $2 as local from generate_series($1::timestamptz, $1::timestamptz + interval '5 days', '1 minute') as at) as s`,
      [start, zone],
    );
    expect(clocks).toHaveLength(5 * 1_440 + 1);
    const disagreements = windows.flatMap((window) =>
      clocks.filter(({ at, clock, weekday }) => {
        const ours = openingAt(window, zone, at);
        return counts(window, clock, weekday) !== (ours !== undefined && ours.opensAt <= at);
      }),
    );
    expect(disagreements).toEqual([]);
  });
});
