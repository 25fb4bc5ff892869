// What makes a mailing go on, rest and stop: pause, resume, cancel, retry. Each under the lock of its row, so that no claim
// overlaps with it.
import { z } from 'zod';
import type { MessageStatus } from '../../entities/mailing.enums.js';
import { parseInput } from '../input.js';
import type { Transaction, Work } from '../work.js';
import { closeQueued } from './close-queued.js';
import { type LockedMailing, lockMailing, readMailing } from './mailing.lock.js';
import type { MailingRow } from './mailing.rows.js';
import { type MailingOperation, statusAt } from './mailing-states.js';
import { ensureZones } from './zones.js';

const retryable = ['FAILED', 'UNCERTAIN'] as const;

export const retryInput = z
  .object({
    status: z
      .array(z.enum(retryable, 'expected FAILED or UNCERTAIN'))
      .min(1, 'give at least one status')
      .transform((given) => [...new Set(given)])
      .describe('Which messages.'),
  })
  .meta({ id: 'RetryInput', description: 'What is to be queued again.' });

/** So many are cancelled at once; a tick goes on with the rest. */
const cancelledAtOnce = 5_000;

interface Control {
  readonly operation: MailingOperation;
  /** Name of the mutation, and of the event that watchers are told. */
  readonly action: string;
  readonly kind: string;
}

export class MailingControlService {
  constructor(private readonly work: Work) {}

  pause(id: string): Promise<MailingRow> {
    return this.#control(id, { operation: 'pause', action: 'pauseMailing', kind: 'PAUSED' }, (tx) =>
      tx.rows(`update mailing set status = 'PAUSED' where id = $1`, [id]),
    );
  }

  /** Back to where it would be by now. */
  resume(id: string): Promise<MailingRow> {
    return this.#control(
      id,
      { operation: 'resume', action: 'resumeMailing', kind: 'RESUMED' },
      async (tx, { startsAt, now }) => {
        const status = statusAt({ startsAt }, now);
        await tx.rows(
          `update mailing set status = $2, started_at = case when $2 = 'RUNNING' then coalesce(started_at, now()) end where id = $1`,
          [id, status],
        );
        if (status === 'RUNNING') tx.nudge('planMailings', {});
        else tx.nudge('startMailing', { mailingId: id }, startsAt);
      },
    );
  }

  /** What is being sent ends as it ends. */
  cancel(id: string): Promise<MailingRow> {
    return this.#control(id, { operation: 'cancel', action: 'cancelMailing', kind: 'CANCELLED' }, async (tx) => {
      await tx.rows(`update mailing set status = 'CANCELLED', finished_at = now() where id = $1`, [id]);
      await closeQueued(tx, { mailingId: id, as: 'CANCELLED', limit: cancelledAtOnce });
      tx.nudge('expireMailings', {});
    });
  }

  /** To where they are reached now. Nothing that was sent is touched; who was deleted meanwhile is left alone. */
  retry(id: string, input: { readonly status: readonly MessageStatus[] }): Promise<MailingRow> {
    const { status } = parseInput(retryInput, input);
    return this.#control(id, { operation: 'retry', action: 'retryMessages', kind: 'RETRIED' }, async (tx) => {
      // It may be a million rows, in one statement, so that the counters are right at every moment.
      await tx.rows(`set local statement_timeout = '60s'`);
      const zones = await tx.rows<{ timezone: string }>(`select distinct c.timezone ${retriedSql}`, [id, status]);
      await ensureZones(
        tx,
        id,
        zones.map(({ timezone }) => timezone),
      );
      await tx.rows(retrySql, [id, status]);
      tx.nudge('planMailings', {});
    });
  }

  #control(
    id: string,
    { operation, action, kind }: Control,
    change: (tx: Transaction, mailing: LockedMailing) => Promise<unknown>,
  ): Promise<MailingRow> {
    return this.work.write(async (tx) => {
      const mailing = await lockMailing(tx, id, operation);
      await change(tx, mailing);
      tx.publish({ topic: 'mailing', subject: id, kind });
      tx.audit(action, `mailing:${id}`);
      return readMailing(tx, id);
    });
  }
}

const retriedSql = `from message old join client c on c.id = old.client_id and c.hidden_at is null
  where old.mailing_id = $1 and old.status = any($2)`;

const retrySql = `
  with again as (
    update message m set status = 'QUEUED', next_at = now(), text_version = null, phone = r.phone, zone = z.zone
    from (select old.id, old.status, c.phone, c.timezone ${retriedSql}) r
    join mailing_zone z on z.mailing_id = $1 and z.timezone = r.timezone
    where m.mailing_id = $1 and m.id = r.id
    returning r.status
  ), counts as (
    select count(*)::int as n, count(*) filter (where status = 'FAILED')::int as failed,
      count(*) filter (where status = 'UNCERTAIN')::int as uncertain from again
  )
  update mailing g set queued = g.queued + d.n, failed = g.failed - d.failed, uncertain = g.uncertain - d.uncertain,
    status = case when g.status = 'COMPLETED' then 'RUNNING' else g.status end,
    finished_at = case when g.status = 'COMPLETED' then null else g.finished_at end
  from counts d where g.id = $1 and d.n > 0`;
