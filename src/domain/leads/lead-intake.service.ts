// How intake goes: what became of the attempts of each day, and how soon those who were taken in heard from us.
import { z } from 'zod';
import { parseInput } from '../input.js';
import type { Work } from '../work.js';

export interface LeadIntakePorts {
  /** Whose days are meant. */
  readonly defaultTimezone: string;
}

export interface LeadIntakeDay {
  /** YYYY-MM-DD. */
  day: string;
  accepted: number;
  duplicateEmail: number;
  duplicatePhone: number;
  duplicateIp: number;
  invalid: number;
  limited: number;
}

const intakeInput = z.strictObject({
  days: z.int().min(1, 'expected at least 1').max(366, 'expected at most 366').nullish(),
});
const defaultDays = 30;

export class LeadIntakeService {
  constructor(
    private readonly work: Work,
    private readonly ports: LeadIntakePorts,
  ) {}

  /** The oldest first, today last; a day on which nobody tried has zeros. */
  async days(input: z.input<typeof intakeInput>): Promise<LeadIntakeDay[]> {
    const { days } = parseInput(intakeInput, input);
    return this.work.rows<LeadIntakeDay>(intakeSql, [
      this.work.now(),
      this.ports.defaultTimezone,
      (days ?? defaultDays) - 1,
    ]);
  }

  /** Seconds from intake to the first message, of those who were sent one. */
  async speedsToContact(leadIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.work.rows<{ id: string; seconds: number }>(
      `select l.id, floor(extract(epoch from min(m.sent_at) - l.created_at))::int as seconds
       from lead l join message m on m.client_id = l.client_id and m.sent_at >= l.created_at
       where l.id = any($1::bigint[]) group by l.id`,
      [leadIds],
    );
    return new Map(rows.map(({ id, seconds }) => [id, seconds]));
  }
}

const duplicates = (reason: string): string => `filter (where '${reason}' = any(reasons))`;
const ended = (outcome: string): string => `filter (where outcome = '${outcome}')`;
const sum = (which: string, name: string): string => `coalesce(sum(count) ${which}, 0)::int as "${name}"`;

/** $1 now, $2 the zone, $3 how many days before today. */
const intakeSql = `
  with first as (select ($1::timestamptz at time zone $2)::date - $3::int as day)
  select to_char(d.day, 'YYYY-MM-DD') as day, ${[
    sum(ended('ACCEPTED'), 'accepted'),
    sum(duplicates('DUPLICATE_EMAIL'), 'duplicateEmail'),
    sum(duplicates('DUPLICATE_PHONE'), 'duplicatePhone'),
    sum(duplicates('DUPLICATE_IP'), 'duplicateIp'),
    sum(ended('INVALID'), 'invalid'),
    sum(ended('LIMITED'), 'limited'),
  ].join(', ')}
  from first cross join lateral (select first.day + ahead as day from generate_series(0, $3::int) ahead) d
  left join lead_attempt a on a.at >= first.day::timestamp at time zone $2 and (a.at at time zone $2)::date = d.day
  group by d.day order by d.day`;
