// Deletes what has had its time: by RETENTION_DAYS, or because nothing can ask for it any more.
// In bounded bites, so that no statement holds many rows, and a stop does not have to wait.
import type { Config } from '../../config.js';
import { days, hours } from '../../shared/clock.js';
import { problemsLiveFor } from '../imports/imports.service.js';
import { maintainEventPartitions } from '../live/event-log.js';
import type { Work } from '../work.js';

export type Retention = Pick<Config['RETENTION_DAYS'], 'audit' | 'events' | 'journal'>;

export class HousekeepingService {
  constructor(
    private readonly work: Work,
    private readonly retention: Retention,
  ) {}

  /** Ends early, and without harm, when it is told to: what is left is deleted the next time. */
  async tidyUp(signal: AbortSignal): Promise<void> {
    await maintainEventPartitions(this.work.em, this.retention.events);
    const now = this.work.now();
    for (const { table, key, where, olderThan } of outdated(this.retention)) {
      const before = new Date(now.getTime() - olderThan);
      const deleted = await this.#delete(
        `delete from ${table} where ${key} in (select ${key} from ${table} where ${where} limit ${bite})`,
        before,
        signal,
      );
      if (deleted > 0) this.work.log.info({ table, deleted }, 'deleted what had its time');
    }
  }

  async #delete(sql: string, before: Date, signal: AbortSignal): Promise<number> {
    let deleted = 0;
    while (!signal.aborted) {
      const gone = await this.work.rows(`${sql} returning 1 as gone`, [before]);
      deleted += gone.length;
      if (gone.length < bite) break;
    }
    return deleted;
  }
}

const bite = 1_000;

interface Outdated {
  readonly table: string;
  readonly key: string;
  readonly where: string;
  readonly olderThan: number;
}

/** A refresh token that was used stays until it would have ended, because its second use tells of a theft. */
function outdated(retention: Retention): Outdated[] {
  return [
    { table: 'audit_entry', key: 'id', where: 'at < $1', olderThan: days(retention.audit) },
    { table: 'lead_attempt', key: 'id', where: 'at < $1', olderThan: days(retention.journal) },
    { table: 'blocked_ip', key: 'id', where: 'expires_at < $1', olderThan: days(1) },
    { table: 'token', key: 'id', where: 'expires_at < $1', olderThan: days(1) },
    // A day that is over everywhere.
    { table: 'imei_day', key: 'ctid', where: 'day < $1::date', olderThan: days(2) },
    { table: 'idempotency_key', key: 'hash', where: 'created_at < $1', olderThan: hours(24) },
    // No earlier than its idempotency key.
    { table: 'test_message', key: 'id', where: 'begun_at < $1', olderThan: hours(24) },
    // An upload whose process died on the way.
    { table: 'import', key: 'id', where: 'received_at is null and created_at < $1', olderThan: days(1) },
    {
      table: 'imei_batch_item',
      key: 'ctid',
      where: 'batch_id in (select id from imei_batch where received_at is null and created_at < $1)',
      olderThan: days(1),
    },
    { table: 'imei_batch', key: 'id', where: 'received_at is null and created_at < $1', olderThan: days(1) },
    {
      table: 'import_problem',
      key: 'ctid',
      where: 'import_id in (select id from import where finished_at < $1)',
      olderThan: problemsLiveFor,
    },
    { table: 'telegram_link_code', key: 'hash', where: 'expires_at < $1', olderThan: 0 },
    {
      table: 'rate_limit',
      key: 'key',
      where: 'expire < (extract(epoch from $1::timestamptz) * 1000)::bigint',
      olderThan: 0,
    },
  ];
}
