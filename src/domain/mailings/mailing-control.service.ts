// What makes a mailing go on, rest and stop: pause, resume, cancel, retry. Each under the lock of its row, so that no claim
// overlaps with it.
import { z } from 'zod';
import type { MessageStatus } from '../../entities/mailing.enums.js';
import { parseInput } from '../input.js';
import type { Transaction, Work } from '../work.js';
import { closeQueued, readInOrder } from './close-queued.js';
import { type LockedMailing, lockMailing, readMailing } from './mailing.lock.js';
import type { MailingRow } from './mailing.rows.js';
import { type MailingOperation, statusAt } from './mailing-states.js';
import { ensureZones } from './zones.js';

const retryable = ['FAILED', 'UNCERTAIN'] as const;
type Retryable = (typeof retryable)[number];

export const retryInput = z
  .strictObject({
    status: z
      .array(z.enum(retryable, 'expected FAILED or UNCERTAIN'))
      .min(1, 'give at least one status')
      .transform((given) => [...new Set(given)])
      .describe('Which messages.'),
  })
  .meta({ id: 'RetryInput', description: 'What is to be queued again.' });

/** So many are cancelled at once; a tick goes on with the rest. */
const cancelledAtOnce = 2_000;
const retriedAtOnce = 5_000;

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
  async retry(id: string, input: { readonly status: readonly MessageStatus[] }): Promise<MailingRow> {
    const { status } = parseInput(retryInput, input);
    await this.#control(id, { operation: 'retry', action: 'retryMessages', kind: 'RETRIED' }, async () => undefined);
    for (const one of status) {
      for (let after: string | null = '0'; after !== null; ) after = await this.#requeue(id, one, after);
    }
    return readMailing(this.work, id);
  }

  /** A chunk: it may be a million rows, and nothing is claimed while the mailing is locked. Gives where the next one begins. */
  #requeue(id: string, status: Retryable, after: string): Promise<string | null> {
    return this.work.write(async (tx) => {
      await lockMailing(tx, id, 'retry');
      await readInOrder(tx);
      const [chunk] = await tx.rows<{ last: string | null; timezones: string[] | null }>(retriedSql, [
        id,
        status,
        after,
        retriedAtOnce,
      ]);
      if (!chunk?.last) return null;
      await ensureZones(tx, id, chunk.timezones ?? []);
      await tx.rows(retrySql(status), [id, status, after, chunk.last]);
      tx.publish({ topic: 'mailing', subject: id, kind: 'RETRIED' });
      tx.nudge('planMailings', {});
      return chunk.last;
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

const retriedSql = `
  select max(q.id) as last, array_agg(distinct c.timezone) filter (where c.hidden_at is null) as timezones from (
    select m.id, m.client_id from message m where m.mailing_id = $1 and m.left_as = $2 and m.id > $3 order by m.id limit $4
  ) q join client c on c.id = q.client_id`;

const retrySql = (status: Retryable): string => `
  with left_so as materialized (
    select m.ctid as stands_at, c.phone, z.zone from message m join client c on c.id = m.client_id and c.hidden_at is null
    join mailing_zone z on z.mailing_id = $1 and z.timezone = c.timezone
    where m.mailing_id = $1 and m.left_as = $2 and m.id > $3 and m.id <= $4
  ), again as (
    update message m set status = 'QUEUED', next_at = now(), text_version = null, phone = l.phone, zone = l.zone
    from left_so l where m.ctid = l.stands_at returning m.id
  )
  update mailing g set queued = g.queued + d.n, ${status.toLowerCase()} = ${status.toLowerCase()} - d.n,
    status = case when g.status = 'COMPLETED' then 'RUNNING' else g.status end,
    finished_at = case when g.status = 'COMPLETED' then null else g.finished_at end
  from (select count(*)::int as n from again) d where g.id = $1 and d.n > 0`;
