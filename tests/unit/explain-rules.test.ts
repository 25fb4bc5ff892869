// The order of the questions: whatever an earlier one answers, no later one is asked; and those who are not planned yet.
import { explain, type RecipientFacts } from '../../src/domain/mailings/explain-rules.js';

const now = new Date('2026-03-02T12:00:00Z');
const soon = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
type Mailing = RecipientFacts['mailing'];

const mailing = (changes: Partial<Mailing> = {}): Mailing => ({
  ...{ status: 'RUNNING', startsAt: soon(-60), endsAt: soon(60), plannedAt: soon(-60) },
  ...{ queued: 1, rateLimit: null, tokens: null },
  ...changes,
});

function facts(changes: Partial<RecipientFacts> = {}): RecipientFacts {
  const waiting = { status: 'QUEUED', attempts: 0, sentAt: null, nextAttemptAt: soon(-1), lastError: null } as const;
  return {
    ...{ now, timezone: 'Europe/Moscow', window: null, matched: true, deleted: false, suppressed: false },
    ...{ mailing: mailing(), message: waiting, gateway: 'UP' },
    ...changes,
  };
}

/** 12:00 in UTC is 15:00 in Moscow. */
const closedNow = { from: 15 * 60 + 30, to: 15 * 60 + 45, days: null };

it('asks as the live claim does, and whether there is anybody to send last', () => {
  // Everything is wrong at first; then one thing after the other is put right.
  let all = facts({
    suppressed: true,
    window: closedNow,
    mailing: mailing({ status: 'PAUSED', endsAt: soon(0), rateLimit: 1, tokens: 0, queued: 5 }),
    message: { status: 'QUEUED', attempts: 1, sentAt: null, nextAttemptAt: soon(5), lastError: 'timeout' },
    gateway: 'DOWN',
  });
  const verdicts: string[] = [];
  const right = (changes: Partial<RecipientFacts>, change: Partial<Mailing> = {}): void => {
    verdicts.push(explain(all).verdict);
    all = { ...all, ...changes, mailing: { ...all.mailing, ...change } };
  };
  right({ suppressed: false });
  right({}, { endsAt: soon(60) });
  right({}, { status: 'SCHEDULED', startsAt: soon(10) });
  right({}, { status: 'RUNNING', startsAt: soon(-1) });
  right({ window: null });
  right({ message: { ...facts().message, nextAttemptAt: now } as RecipientFacts['message'] });
  right({ gateway: 'UP' });
  right({}, { tokens: 5 });
  right({});
  expect(verdicts).toEqual([
    'SUPPRESSED',
    'EXPIRED',
    'PAUSED',
    'BEFORE_START',
    'OUTSIDE_WINDOW',
    'RETRY_LATER',
    'GATEWAY_DOWN',
    'RATE_LIMITED',
    'SENDING',
  ]);
});

describe('those who have no message yet, while the audience is put together,', () => {
  const unplanned = (changes: Partial<Mailing>, more: Partial<RecipientFacts> = {}) =>
    explain(facts({ message: null, mailing: mailing({ plannedAt: null, queued: 0, ...changes }), ...more })).verdict;

  it.each([
    ['SENDING', {}, {}],
    ['PAUSED', { status: 'PAUSED' }, {}],
    ['BEFORE_START', { status: 'SCHEDULED', startsAt: soon(5) }, {}],
    ['CANCELLED', { status: 'CANCELLED' }, {}],
    ['EXPIRED', { status: 'EXPIRED' }, {}],
    ['OUTSIDE_WINDOW', {}, { window: closedNow }],
    ['WINDOW_NEVER_OPENS', { endsAt: soon(20) }, { window: closedNow }],
    ['SUPPRESSED', {}, { suppressed: true }],
    ['NOT_IN_FILTER', {}, { matched: false }],
    ['NOT_IN_FILTER', {}, { deleted: true, matched: false }],
  ] satisfies [string, Partial<Mailing>, Partial<RecipientFacts>][])(
    'are %s as those who have: %j %j',
    (verdict, change, more) => {
      expect(unplanned(change, more)).toBe(verdict);
    },
  );
});

describe('the sentence', () => {
  it.each([
    [{ gateway: 'NO_WORKER' }, 'No worker is running; sending goes on by itself as soon as one is started.'],
    [
      { gateway: 'NO_GATEWAY' },
      'No message gateway is configured, so nothing is sent: set MESSAGE_GATEWAY_URL and restart the workers.',
    ],
    [{ window: closedNow }, 'It is 15:00 for them, outside the window; it opens at 2026-03-02 15:30 (Europe/Moscow).'],
    [
      { window: closedNow, mailing: mailing({ endsAt: soon(20) }) },
      'It is 15:00 for them, outside the window, which does not open again before the mailing ends at 2026-03-02 15:20 (Europe/Moscow).',
    ],
    [
      { mailing: mailing({ status: 'SCHEDULED', startsAt: soon(5) }) },
      'The mailing starts at 2026-03-02 15:05 (Europe/Moscow), and the window is open then.',
    ],
    [
      { mailing: mailing({ status: 'SCHEDULED', startsAt: soon(50) }), window: closedNow },
      'The mailing starts at 2026-03-02 15:50 (Europe/Moscow), but their window never opens before it ends.',
    ],
    [
      { message: { status: 'QUEUED', attempts: 9, sentAt: null, nextAttemptAt: soon(70), lastError: null } },
      'Attempt 9 did not succeed; it would be tried again, after the end, at 2026-03-02 16:10 (Europe/Moscow).',
    ],
    [
      { message: null, mailing: mailing({ status: 'COMPLETED' }) },
      'This person matches the filter, but joined after the audience had been put together, and the mailing is over.',
    ],
  ] satisfies [Partial<RecipientFacts>, string][])('%#: %s', (changes, sentence) => {
    expect(explain(facts(changes)).explanation).toBe(sentence);
  });
});
