// The local-time window around known clock changes, worked out by hand.
import { type LocalWindow, openingAt } from '../../src/domain/mailings/local-window.js';
import type { Weekday } from '../../src/entities/mailing.enums.js';

/** 09:00-21:00, or 22:00-06:00 FRI SAT. */
function windowOf(text: string): LocalWindow {
  const [span = '', ...days] = text.split(' ');
  const [from = 0, to = 0] = span.split('-').map((clock) => {
    const [hours = 0, minutes = 0] = clock.split(':').map(Number);
    return hours * 60 + minutes;
  });
  return { from, to, days: days.length > 0 ? (days as Weekday[]) : null };
}

/** An opening as 2026-03-29T00:30Z/2026-03-29T01:00Z. */
function opening(window: LocalWindow, zone: string, at: string): string | undefined {
  const found = openingAt(window, zone, new Date(at));
  return found && `${short(found.opensAt)}/${short(found.closesAt)}`;
}

const short = (moment: Date): string => moment.toISOString().replace(':00.000Z', 'Z');

describe('an ordinary day', () => {
  it.each([
    ['Europe/Moscow', '09:00-21:00', '2026-03-02T05:00Z', '2026-03-02T06:00Z/2026-03-02T18:00Z', 'before it opens'],
    ['Europe/Moscow', '09:00-21:00', '2026-03-02T06:00Z', '2026-03-02T06:00Z/2026-03-02T18:00Z', 'as it opens'],
    ['Europe/Moscow', '09:00-21:00', '2026-03-02T17:59:59.999Z', '2026-03-02T06:00Z/2026-03-02T18:00Z', 'just open'],
    ['Europe/Moscow', '09:00-21:00', '2026-03-02T18:00Z', '2026-03-03T06:00Z/2026-03-03T18:00Z', 'as it closes'],
    [
      'Asia/Kathmandu',
      '09:00-18:00',
      '2026-03-02T00:00Z',
      '2026-03-02T03:15Z/2026-03-02T12:15Z',
      'a quarter of an hour',
    ],
    ['Asia/Kolkata', '00:00-00:01', '2026-03-02T00:00Z', '2026-03-02T18:30Z/2026-03-02T18:31Z', 'a minute'],
    ['Pacific/Chatham', '09:00-10:00', '2026-07-01T00:00Z', '2026-07-01T20:15Z/2026-07-01T21:15Z', 'far east'],
    ['Pacific/Niue', '23:00-23:30', '2026-07-01T00:00Z', '2026-07-01T10:00Z/2026-07-01T10:30Z', 'far west'],
    [
      'America/Sao_Paulo',
      '09:00-10:00',
      '2026-11-20T00:00Z',
      '2026-11-20T12:00Z/2026-11-20T13:00Z',
      'no summer time since 2019',
    ],
    ['UTC', '00:00-24:00 MON', '2026-03-04T00:00Z', '2026-03-09T00:00Z/2026-03-10T00:00Z', 'a whole day'],
    ['UTC', '00:00-24:00 MON TUE', '2026-03-04T00:00Z', '2026-03-09T00:00Z/2026-03-11T00:00Z', 'two that adjoin'],
  ])('%s %s at %s: %s (%s)', (zone, window, at, expected) => {
    expect(opening(windowOf(window), zone, at)).toBe(expected);
  });
});

describe('across midnight', () => {
  it.each([
    ['Europe/Moscow', '22:00-06:00', '2026-03-02T22:00Z', '2026-03-02T19:00Z/2026-03-03T03:00Z', 'any day'],
    [
      'America/New_York',
      '22:00-02:00 FRI',
      '2026-01-10T06:00Z',
      '2026-01-10T03:00Z/2026-01-10T07:00Z',
      "Saturday 01:00 is Friday's",
    ],
    [
      'America/New_York',
      '22:00-02:00 SAT',
      '2026-01-10T06:00Z',
      '2026-01-11T03:00Z/2026-01-11T07:00Z',
      'and not Saturday’s',
    ],
    [
      'America/New_York',
      '22:00-00:00 FRI',
      '2026-01-10T04:00Z',
      '2026-01-10T03:00Z/2026-01-10T05:00Z',
      'until midnight',
    ],
    ['America/New_York', '22:00-00:00 FRI', '2026-01-10T05:00Z', '2026-01-17T03:00Z/2026-01-17T05:00Z', 'a week later'],
  ])('%s %s at %s: %s (%s)', (zone, window, at, expected) => {
    expect(opening(windowOf(window), zone, at)).toBe(expected);
  });
});

describe('clocks going forward', () => {
  it.each([
    // Berlin, 2026-03-29: at 01:00 UTC 02:00 becomes 03:00.
    ['Europe/Berlin', '01:30-02:30', '2026-03-29T00:00Z', '2026-03-29T00:30Z/2026-03-29T01:00Z', 'its end is skipped'],
    [
      'Europe/Berlin',
      '02:30-03:30',
      '2026-03-29T00:00Z',
      '2026-03-29T01:00Z/2026-03-29T01:30Z',
      'its beginning is skipped',
    ],
    [
      'Europe/Berlin',
      '02:15-02:45',
      '2026-03-29T00:00Z',
      '2026-03-30T00:15Z/2026-03-30T00:45Z',
      'all of it is skipped',
    ],
    ['Europe/Berlin', '02:15-02:45 SUN', '2026-03-29T00:00Z', '2026-04-05T00:15Z/2026-04-05T00:45Z', 'for a week'],
    ['Europe/Berlin', '01:30-03:30', '2026-03-29T00:00Z', '2026-03-29T00:30Z/2026-03-29T01:30Z', 'an hour shorter'],
    ['Europe/Berlin', '22:00-06:00', '2026-03-29T00:00Z', '2026-03-28T21:00Z/2026-03-29T04:00Z', 'a night'],
    [
      'Europe/Berlin',
      '02:30-02:29',
      '2026-03-29T00:00Z',
      '2026-03-28T01:30Z/2026-03-30T00:29Z',
      'the pause is skipped',
    ],
    // Lord Howe moves by half an hour: 2026-10-03 15:30 UTC, 02:00 becomes 02:30.
    ['Australia/Lord_Howe', '02:10-02:40', '2026-10-03T15:00Z', '2026-10-03T15:30Z/2026-10-03T15:40Z', 'half an hour'],
    // Troll moves by two: 2026-03-29 01:00 UTC, 01:00 becomes 03:00.
    ['Antarctica/Troll', '00:30-02:30', '2026-03-29T00:00Z', '2026-03-29T00:30Z/2026-03-29T01:00Z', 'two hours'],
    ['Antarctica/Troll', '02:00-04:00', '2026-03-29T00:00Z', '2026-03-29T01:00Z/2026-03-29T02:00Z', 'two hours'],
    // São Paulo, when it still had summer time: 2018-11-04 had no midnight.
    ['America/Sao_Paulo', '00:00-00:30', '2018-11-04T02:30Z', '2018-11-05T02:00Z/2018-11-05T02:30Z', 'no midnight'],
    // Casablanca leaves its Ramadan time on 2025-04-06 at 02:00 UTC.
    ['Africa/Casablanca', '02:30-03:30', '2025-04-06T00:00Z', '2025-04-06T02:00Z/2025-04-06T02:30Z', 'after Ramadan'],
  ])('%s %s at %s: %s (%s)', (zone, window, at, expected) => {
    expect(opening(windowOf(window), zone, at)).toBe(expected);
  });
});

describe('clocks going back', () => {
  it.each([
    // Berlin, 2026-10-25: at 01:00 UTC 03:00 becomes 02:00.
    ['Europe/Berlin', '02:15-02:45', '2026-10-25T00:00Z', '2026-10-25T00:15Z/2026-10-25T00:45Z', 'the first time'],
    ['Europe/Berlin', '02:15-02:45', '2026-10-25T00:45Z', '2026-10-25T01:15Z/2026-10-25T01:45Z', 'the second time'],
    [
      'Europe/Berlin',
      '02:00-03:00',
      '2026-10-25T00:00Z',
      '2026-10-25T00:00Z/2026-10-25T02:00Z',
      'twice, without a pause',
    ],
    ['Europe/Berlin', '01:30-02:30', '2026-10-25T00:00Z', '2026-10-24T23:30Z/2026-10-25T00:30Z', 'longer, first part'],
    ['Europe/Berlin', '01:30-02:30', '2026-10-25T00:30Z', '2026-10-25T01:00Z/2026-10-25T01:30Z', 'longer, second part'],
    [
      'Europe/Berlin',
      '22:00-02:30 SAT',
      '2026-10-25T00:30Z',
      '2026-10-25T01:00Z/2026-10-25T01:30Z',
      "of Saturday's night",
    ],
    [
      'Australia/Lord_Howe',
      '01:45-02:15',
      '2026-04-04T14:30Z',
      '2026-04-04T14:45Z/2026-04-04T15:00Z',
      'half an hour, first',
    ],
    [
      'Australia/Lord_Howe',
      '01:45-02:15',
      '2026-04-04T15:00Z',
      '2026-04-04T15:15Z/2026-04-04T15:45Z',
      'half an hour, second',
    ],
    ['Antarctica/Troll', '02:00-03:00', '2026-10-25T00:30Z', '2026-10-25T00:00Z/2026-10-25T01:00Z', 'two hours, first'],
    [
      'Antarctica/Troll',
      '02:00-03:00',
      '2026-10-25T01:00Z',
      '2026-10-25T02:00Z/2026-10-25T03:00Z',
      'two hours, second',
    ],
    // Casablanca begins its Ramadan time on 2025-02-23 at 02:00 UTC.
    ['Africa/Casablanca', '02:30-03:00', '2025-02-23T01:45Z', '2025-02-23T01:30Z/2025-02-23T02:00Z', 'Ramadan, first'],
    ['Africa/Casablanca', '02:30-03:00', '2025-02-23T02:00Z', '2025-02-23T02:30Z/2025-02-23T03:00Z', 'Ramadan, second'],
  ])('%s %s at %s: %s (%s)', (zone, window, at, expected) => {
    expect(opening(windowOf(window), zone, at)).toBe(expected);
  });
});

describe('a date line that moved: Apia had no Friday 30 December 2011', () => {
  it.each([
    ['09:00-17:00 FRI', '2011-12-24T03:00Z', '2012-01-05T19:00Z/2012-01-06T03:00Z', 'two weeks from Friday to Friday'],
    ['09:00-17:00', '2011-12-30T04:00Z', '2011-12-30T19:00Z/2011-12-31T03:00Z', 'Saturday follows Thursday'],
    ['22:00-06:00', '2011-12-30T09:00Z', '2011-12-30T08:00Z/2011-12-30T16:00Z', 'a night from Thursday to Saturday'],
    [
      '22:00-06:00 THU',
      '2011-12-30T09:00Z',
      '2011-12-30T08:00Z/2011-12-30T10:00Z',
      "Saturday's morning is not Thursday's",
    ],
  ])('%s at %s: %s (%s)', (window, at, expected) => {
    expect(opening(windowOf(window), 'Pacific/Apia', at)).toBe(expected);
  });
});

describe('never', () => {
  it.each([
    ['09:00-09:00', 'Europe/Moscow', 'an empty window'],
    ['09:00-18:00', 'Mars/Base', 'a zone that is none'],
  ])('%s in %s (%s)', (window, zone) => {
    expect(opening(windowOf(window), zone, '2026-03-02T05:00Z')).toBeUndefined();
  });

  it('on no day', () => {
    expect(opening({ from: 0, to: 60, days: [] }, 'UTC', '2026-03-02T05:00Z')).toBeUndefined();
  });
});
