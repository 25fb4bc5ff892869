// Why one person was, or was not, reached: collects what the live claim would look at.
import type { RecipientVerdict, Weekday } from '../../entities/mailing.enums.js';
import { notFound } from '../../shared/errors.js';
import { localTime } from '../clients/local-time.js';
import { isId } from '../ids.js';
import type { Work } from '../work.js';
import { type Audience, audienceCondition } from './audience.js';
import { explain, type RecipientFacts, windowState } from './explain-rules.js';
import { hasGateway, workerSeenWithin } from './gateway-report.js';
import { type MessageRow, messageColumns, messageTables } from './mailing.rows.js';
import { rateBurst } from './send-pace.js';

export interface RecipientExplanation {
  readonly matched: boolean;
  readonly localTime: string;
  readonly windowOpen: boolean;
  readonly nextWindowAt: Date | null;
  readonly suppressed: boolean;
  readonly message: MessageRow | null;
  readonly verdict: RecipientVerdict;
  readonly explanation: string;
}

type MailingFacts = RecipientFacts['mailing'];

interface MailingFactsRow extends MailingFacts, Audience {
  readonly windowFrom: number | null;
  readonly windowTo: number | null;
  readonly windowDays: Weekday[] | null;
  readonly workers: number;
  readonly workersWithGateway: number;
  readonly workersThatSend: number;
  /** The database's: it alone decides live, too. */
  readonly now: Date;
}

interface PersonRow {
  readonly timezone: string;
  readonly deleted: boolean;
  readonly matched: boolean;
  readonly suppressed: boolean;
}

export class ExplanationService {
  constructor(private readonly work: Work) {}

  async explain(mailingId: string, clientId: string): Promise<RecipientExplanation> {
    const [mailing] = isId(mailingId) ? await this.work.rows<MailingFactsRow>(mailingSql, [mailingId]) : [];
    if (!mailing) throw notFound('The mailing');
    const person = await this.#person(clientId, mailing);
    const [message = null] = await this.work.rows<MessageRow>(
      `select ${messageColumns} from ${messageTables} where m.client_id = $1 and m.mailing_id = $2`,
      [clientId, mailingId],
    );
    if (person.deleted && !message) throw notFound('The client');
    const facts: RecipientFacts = { ...person, mailing, message, now: mailing.now, ...surroundings(mailing) };
    const { matched, suppressed, timezone } = person;
    return {
      ...{ matched, suppressed, message, localTime: localTime(timezone, mailing.now) },
      ...windowState(facts),
      ...explain(facts),
    };
  }

  /** Deleted ones too: their messages are still there. */
  async #person(clientId: string, audience: Audience): Promise<PersonRow> {
    const { where, params } = audienceCondition(audience, 2);
    const [person] = isId(clientId)
      ? await this.work.rows<PersonRow>(
          `select c.timezone, c.hidden_at is not null as deleted, ${where.join(' and ')} as matched,
             exists (select from suppression s where s.phone = c.phone and s.channel = 'MESSAGE') as suppressed
           from client c where c.id = $1`,
          [clientId, ...params],
        )
      : [];
    if (!person) throw notFound('The client');
    return person;
  }
}

function surroundings(row: MailingFactsRow): Pick<RecipientFacts, 'window' | 'gateway'> {
  const { windowFrom: from, windowTo: to, windowDays: days } = row;
  return {
    window: from === null || to === null ? null : { from, to, days },
    gateway: gatewayOf(row),
  };
}

function gatewayOf({ workers, workersWithGateway, workersThatSend }: MailingFactsRow): RecipientFacts['gateway'] {
  if (workers === 0) return 'NO_WORKER';
  if (workersWithGateway === 0) return 'NO_GATEWAY';
  return workersThatSend === 0 ? 'DOWN' : 'UP';
}

const mailingSql = `
  select g.status, g.starts_at as "startsAt", g.ends_at as "endsAt", g.planned_at as "plannedAt", g.queued,
    g.operator_codes as "operatorCodes", g.tags, g.window_from as "windowFrom", g.window_to as "windowTo",
    g.window_days as "windowDays", g.rate_limit as "rateLimit", clock_timestamp() as now,
    least(1 + g.rate_limit * ${rateBurst}, g.rate_tokens
      + extract(epoch from clock_timestamp() - coalesce(g.rate_at, g.started_at)) * g.rate_limit)::float8 as tokens,
    w.workers, w.equipped as "workersWithGateway", w.sending as "workersThatSend"
  from mailing g, (
    select count(*)::int as workers, count(*) filter (where ${hasGateway})::int as equipped,
      count(*) filter (where breaker <> 'OPEN')::int as sending
    from gateway_worker where seen_at > now() - interval '${workerSeenWithin}'
  ) w
  where g.id = $1 and g.hidden_at is null`;
