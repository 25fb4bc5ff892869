// Whoever watches a device hears of a change whoever's check has found it: they share that check and pay nothing. Otherwise the next
// check of their own would find nothing new.
import type { Transaction } from '../work.js';

/** Before the exchange's checks are completed and told. Locks no watch: whoever holds one may be waiting for this exchange. */
export async function joinWatchers(tx: Transaction, exchangeId: string, imei: string): Promise<void> {
  await tx.rows(
    `insert into imei_check (imei, exchange_id, via, requested_by, pays, cached)
     select w.imei, $1::bigint, 'JOB', w.requested_by, false, true from imei_watch w
     where w.imei = $2 and not exists (select from imei_check c where c.exchange_id = $1::bigint and c.requested_by = w.requested_by)`,
    [exchangeId, imei],
  );
}
