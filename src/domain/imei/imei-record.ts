// Answers from the history that the old route gave, written down a moment after the reply and in batches, so that an answer costs
// one look-up and no write. A death loses that moment of records, and nothing else.
import type { Logger } from '../../shared/logger.js';
import type { Rows } from '../live/event-log.js';

export interface GivenAnswer {
  readonly exchangeId: string;
  readonly imei: string;
  readonly status: string;
  readonly ageSeconds: number;
  readonly requestedBy: string;
}

interface Noted extends GivenAnswer {
  readonly at: Date;
}

export class ImeiRecord {
  #given: Noted[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly db: Rows,
    private readonly log: Logger,
    private readonly wakeHubs: () => void,
  ) {}

  note(answer: GivenAnswer, at: Date): void {
    this.#given.push({ ...answer, at });
    this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
  }

  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#given.length > 0) {
      const batch = this.#given.splice(0, atOnce);
      try {
        await this.db.rows(writeSql, columnsOf(batch));
        this.wakeHubs();
      } catch (error) {
        this.log.warn({ err: error }, 'could not write down IMEI answers that were given; trying again');
        this.#given.unshift(...batch);
        this.#timer ??= setTimeout(() => void this.flush(), writeEveryMs).unref();
        return;
      }
    }
  }
}

const writeEveryMs = 500;
const atOnce = 5_000;
/** Of one row of events. */
const itemsAtOnce = 500;

const columnsOf = (batch: readonly Noted[]): unknown[] => [
  batch.map(({ exchangeId }) => exchangeId),
  batch.map(({ imei }) => imei),
  batch.map(({ status }) => status),
  batch.map(({ ageSeconds }) => ageSeconds),
  batch.map(({ requestedBy }) => requestedBy),
  batch.map(({ at }) => at),
];

/** The audit log has one entry for all that somebody was answered in a batch. */
const writeSql = `
  with written as (
    insert into imei_check (exchange_id, imei, status, age_seconds, requested_by, created_at, completed_at, via, pays, cached, cost)
    select exchange_id, imei, status, age, who, at, at, 'REST', false, true, 0
    from unnest($1::bigint[], $2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[])
      as g (exchange_id, imei, status, age, who, at)
    returning id, requested_by, status
  ), told as (
    insert into event_pending (topic, subject, kind, data, items)
    select 'imeiCheck', requested_by, status, '{}'::jsonb, array_agg(id::text order by id)
    from (select *, (row_number() over (partition by requested_by, status order by id) - 1) / ${itemsAtOnce} as part from written) w
    group by requested_by, status, part
  )
  insert into audit_entry (actor, action, detail)
  select requested_by, 'checkImei', jsonb_build_object('cached', count(*)) from written group by requested_by`;
