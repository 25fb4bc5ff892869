// What a change of clients does to their messages that still wait: they follow to the new number and zone, or are cancelled.
// The mailings' rows are locked first, lowest id first, as by all who change messages.
import { tellFinal } from '../mailings/close-queued.js';
import { lockMailings } from '../mailings/mailing.lock.js';
import { isWaiting } from '../mailings/mailing.rows.js';
import { ensureZones } from '../mailings/zones.js';
import type { Transaction } from '../work.js';

/** After a change of numbers or zones, in its transaction. */
export async function followClients(tx: Transaction, clientIds: readonly string[]): Promise<void> {
  const mailingIds = await lockMailingsOf(tx, clientIds);
  if (mailingIds.length === 0) return;
  const zones = await tx.rows<{ mailingId: string; timezones: string[] }>(
    `select m.mailing_id as "mailingId", array_agg(distinct c.timezone) as timezones
     from client c join message m on m.client_id = c.id join mailing g on g.id = m.mailing_id
     where c.id = any($1::bigint[]) and g.id = any($2::bigint[]) and ${isWaiting} group by 1`,
    [clientIds, mailingIds],
  );
  for (const { mailingId, timezones } of zones) await ensureZones(tx, mailingId, timezones);
  await tx.rows(
    // The turn of another zone may be past.
    `update message m set phone = c.phone, zone = z.zone, next_at = case when z.zone = m.zone then m.next_at else coalesce(m.next_at, now()) end
     from client c, mailing g, mailing_zone z
     where c.id = any($1::bigint[]) and m.client_id = c.id and m.mailing_id = any($2::bigint[]) and g.id = m.mailing_id and ${isWaiting}
       and z.mailing_id = m.mailing_id and z.timezone = c.timezone`,
    [clientIds, mailingIds],
  );
}

/** After a client was hidden, in that transaction. What is being sent ends as it ends. */
export async function cancelMessagesOf(tx: Transaction, clientId: string): Promise<void> {
  const mailingIds = await lockMailingsOf(tx, [clientId]);
  const cancelled = await tx.rows<{ id: string; mailingId: string }>(
    `update message m set status = 'CANCELLED', next_at = null from mailing g
     where m.client_id = $1 and m.mailing_id = any($2::bigint[]) and g.id = m.mailing_id and ${isWaiting}
     returning m.id, m.mailing_id as "mailingId"`,
    [clientId, mailingIds],
  );
  if (cancelled.length === 0) return;
  // One client has one message in a mailing.
  await tx.rows('update mailing set queued = queued - 1, cancelled = cancelled + 1 where id = any($1::bigint[])', [
    cancelled.map(({ mailingId }) => mailingId),
  ]);
  for (const { id, mailingId } of cancelled) {
    tellFinal(tx, { mailingId, status: 'CANCELLED', ids: [id] });
    tx.publish({ topic: 'mailing', subject: mailingId, kind: 'COUNTED' });
  }
  // What was emptied by this is complete.
  tx.nudge('planMailings', {});
}

/** Also those whose message is under way or went wrong: it may be put back into the queue until the lock is had. */
async function lockMailingsOf(tx: Transaction, clientIds: readonly string[]): Promise<string[]> {
  const rows = await tx.rows<{ id: string }>(
    `select distinct mailing_id as id from message
     where client_id = any($1::bigint[]) and status in ('QUEUED', 'FAILED', 'UNCERTAIN')`,
    [clientIds],
  );
  const ids = rows.map(({ id }) => id);
  if (ids.length > 0) await lockMailings(tx, ids);
  return ids;
}
