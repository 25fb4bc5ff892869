// Answers from the history that the old route gave, written down a moment after the reply and in batches, so that an answer costs
// one look-up and no write. A death loses that moment of records, and nothing else.
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';
import { WrittenOnce } from '../written-once.js';

export interface GivenAnswer {
  readonly exchangeId: string;
  readonly requestedBy: string;
  readonly at: Date;
}

export class ImeiRecord {
  readonly #given: GivenAnswer[] = [];
  readonly #writer: WrittenOnce<GivenAnswer>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    db: Rows,
    private readonly log: Logger,
    wakeHubs: () => void,
  ) {
    this.#writer = new WrittenOnce({
      ...{ db, table: 'imei_check' },
      next: () => this.#given.splice(0, atOnce),
      insert: async (ids, answers) => {
        await db.rows(writeSql, columnsOf(ids, answers));
        wakeHubs();
      },
    });
  }

  note(answer: GivenAnswer): void {
    this.#given.push(answer);
    this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    try {
      await this.#writer.write();
    } catch (error) {
      this.log.warn({ err: error }, 'could not write down IMEI answers that were given; trying again');
      this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
    }
  }
}

const writeEveryMs = 500;
const atOnce = 5_000;
/** Of one row of events. */
const itemsAtOnce = 500;

const columnsOf = (ids: readonly string[], answers: readonly GivenAnswer[]): unknown[] => [
  answers.map(({ exchangeId }) => exchangeId),
  answers.map(({ requestedBy }) => requestedBy),
  answers.map(({ at }) => at.getTime()),
  ids,
];

/** The audit log has one entry for all that somebody was answered in a batch. */
const writeSql = `
  with written as (
    insert into imei_check (id, exchange_id, imei, status, age_seconds, requested_by, created_at, completed_at, via, pays, cached, cost)
    select g.id, e.id, e.imei, e.status, greatest(floor(extract(epoch from g.at - e.ended_at)), 0)::int, g.who, g.at, g.at, 'REST', false, true, 0
    from (
      select id, exchange_id, who, to_timestamp(ms / 1000) as at
      from unnest($1::bigint[], $2::text[], $3::float8[], $4::bigint[]) as given (exchange_id, who, ms, id)
    ) g join imei_exchange e on e.id = g.exchange_id
    on conflict (id) do nothing
    returning id, requested_by, status
  ), told as (
    insert into event_pending (topic, subject, kind, data, items)
    select 'imeiCheck', requested_by, status, '{}'::jsonb, array_agg(id::text order by id)
    from (select *, (row_number() over (partition by requested_by, status order by id) - 1) / ${itemsAtOnce} as part from written) w
    group by requested_by, status, part
  )
  insert into audit_entry (actor, action, detail)
  select requested_by, 'checkImei', jsonb_build_object('cached', count(*)) from written group by requested_by`;
