// What a mailing would do, from the same rules that run live, on a virtual clock. Nothing is stored.
import { parseInput } from '../input.js';
import type { Work } from '../work.js';
import { type Audience, audienceCondition } from './audience.js';
import { hasGateway } from './gateway-report.js';
import { type CreateMailingInput, createMailingInput, demandSpan, readableSpanFaults } from './mailing.inputs.js';
import { planSending, type SendPlan } from './send-plan.js';
import { smsSegments } from './sms-segments.js';

export interface Rehearsal extends SendPlan {
  /** They match the filter, too, and are none of the recipients. */
  readonly suppressed: number;
  readonly segments: number;
}

interface ZoneCount {
  readonly timezone: string;
  readonly recipients: number;
  readonly suppressed: number;
}

/** Messages a second where no worker has told of itself lately. */
const assumedCapacity = 500;
/** What one worker claims and settles, however fast the gateway is. */
const mostPerWorker = 1_000;

export class RehearsalService {
  constructor(private readonly work: Work) {}

  async rehearse(input: CreateMailingInput): Promise<Rehearsal> {
    const now = this.work.now();
    const wanted = parseInput(createMailingInput, input, () => readableSpanFaults(input, now));
    const { text, filter, startsAt, endsAt, window, rateLimit } = wanted;
    demandSpan({ startsAt, endsAt }, now);
    const [counts, capacity] = await Promise.all([
      this.#countByZone(filter ?? { operatorCodes: [], tags: [] }),
      this.#capacity(),
    ]);
    const plan = planSending({
      zones: new Map(counts.map(({ timezone, recipients }) => [timezone, recipients])),
      ...{ now, startsAt: startsAt ?? now, endsAt, window: window ?? null, rateLimit: rateLimit ?? null, capacity },
    });
    return {
      ...plan,
      suppressed: counts.reduce((sum, { suppressed }) => sum + suppressed, 0),
      segments: smsSegments(text),
    };
  }

  async #countByZone(audience: Audience): Promise<ZoneCount[]> {
    const { where, params } = audienceCondition(audience);
    return this.work.rows<ZoneCount>(
      `select c.timezone, count(*) filter (where s.id is null)::int as recipients, count(s.id)::int as suppressed
       from client c left join suppression s on s.phone = c.phone and s.channel = 'MESSAGE'
       where ${where.join(' and ')} group by c.timezone`,
      params,
    );
  }

  /** An estimate: what the workers of the last minutes could do, at the gateway's speed then. */
  async #capacity(): Promise<number> {
    const [row] = await this.work.rows<{ perSecond: number | null }>(
      `select sum(case when per_second > 0 then least(per_second, $1) else $2 end)::float8 as "perSecond"
       from gateway_worker where ${hasGateway} and seen_at > now() - interval '5 minutes'`,
      [mostPerWorker, assumedCapacity],
    );
    return Math.max(1, row?.perSecond ?? assumedCapacity);
  }
}
