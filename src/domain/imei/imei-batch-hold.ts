// Why a running batch does not go on at this moment. It is derived whenever a batch is shown, and stored nowhere: from the batch's
// row, from the exchanges that its checks wait for, and from what this process knows of the provider.
import type { ImeiBatchHoldReason } from '../../entities/imei.enums.js';
import type { Rows } from '../live/event-log.js';
import type { StoredImeiBatch } from './imei-batch.rows.js';
import { mostSinceLost } from './imei-batch-feeder.js';

export interface ImeiBatchHold {
  readonly reason: ImeiBatchHoldReason;
  /** Null where that is not known. */
  readonly until: Date | null;
  /** Devices whose check has not ended. */
  readonly waiting: number;
}

export interface ImeiBatchRow extends StoredImeiBatch {
  /** Null while it goes on, and once it has ended. */
  hold: ImeiBatchHold | null;
}

/** What keeps a process from asking the provider. */
export interface ProviderTrouble {
  readonly refuses: boolean;
  /** When it is asked again; null where it is being asked whether it works again. */
  readonly until: Date | null;
}

export interface ImeiBatchHoldPorts {
  readonly defaultTimezone: string;
  readonly imeiTrouble: () => ProviderTrouble | undefined;
}

export async function withHolds(
  db: Rows,
  batches: readonly StoredImeiBatch[],
  { defaultTimezone, imeiTrouble }: ImeiBatchHoldPorts,
): Promise<ImeiBatchRow[]> {
  const running = batches.filter(({ status }) => status === 'RUNNING').map(({ id }) => id);
  const rows = running.length === 0 ? [] : await db.rows<Facts>(factsSql, [running, defaultTimezone]);
  const held = new Map(rows.map((facts) => [facts.id, holdOf(facts, imeiTrouble())]));
  return batches.map((batch) => {
    const hold = held.get(batch.id);
    return { ...batch, hold: hold ? { ...hold, waiting: batch.total - batch.done } : null };
  });
}

export async function withHold(db: Rows, batch: StoredImeiBatch, ports: ImeiBatchHoldPorts): Promise<ImeiBatchRow> {
  const [row] = await withHolds(db, [batch], ports);
  return row ?? { ...batch, hold: null };
}

interface Facts {
  readonly id: string;
  /** Whether there are devices that no check was begun for. */
  readonly toOrder: boolean;
  /** Checks that were begun and have not ended: being asked or in the queue for it, to be asked again, with a lost answer. */
  readonly goingOn: number;
  readonly toRepeat: number;
  readonly lost: number;
  /** Of those to be asked again, the first one's time. */
  readonly repeatAt: Date | null;
  /** The feeder has put off what is to be ordered, and until when, where that is not over. */
  readonly paused: boolean;
  readonly pausedUntil: Date | null;
  readonly tillMidnight: boolean;
  /** Too much was begun since an answer was lost that is still looked for. */
  readonly uncertain: boolean;
  /** An open alarm says that the provider refuses us. */
  readonly refused: boolean;
  /** No process does what is due. */
  readonly abandoned: boolean;
}

function holdOf(facts: Facts, trouble: ProviderTrouble | undefined): Omit<ImeiBatchHold, 'waiting'> | undefined {
  const { toOrder, goingOn, toRepeat, lost, repeatAt, pausedUntil, refused } = facts;
  const paused = toOrder && facts.paused;
  if (trouble) return { reason: trouble.refuses ? 'PROVIDER_REFUSES' : 'PROVIDER_AWAY', until: trouble.until };
  if (facts.abandoned) return { reason: 'NO_WORKER', until: null };
  if (goingOn > 0) return undefined;
  if (paused && facts.tillMidnight) return { reason: 'DAILY_LIMIT', until: pausedUntil };
  if (toRepeat > 0) return { reason: refused ? 'PROVIDER_REFUSES' : 'PROVIDER_AWAY', until: repeatAt };
  if (lost > 0 || (toOrder && facts.uncertain)) return { reason: 'UNCERTAIN_CHARGES', until: null };
  // It does not tell its prices.
  return paused ? { reason: 'PROVIDER_AWAY', until: pausedUntil } : undefined;
}

/** Twice the period of the tick that feeds batches. */
const overdue = "clock_timestamp() - interval '10 seconds'";

/** What waits for a slot that others have is not abandoned. */
const unattended = `e.next_at < ${overdue}
  and (e.state <> 'QUEUED' or not exists (select from imei_slot where leased_until > clock_timestamp()))`;

/** Of a batch of which nothing is under way: what was begun last has ended long ago, and so has the pause. */
const unfed = `greatest(b.received_at, b.next_at, (
    select c.completed_at from imei_batch_item i join imei_check c on c.id = i.check_id
    where i.batch_id = b.id and i.n = b.begun_up_to
  )) < ${overdue}`;

/** By way of what is open in the queue, of which there is little, whatever the size of the batches. $1 their ids, $2 the zone of the day's limit. */
const factsSql = `
  with open as materialized (
    select i.batch_id,
      count(*) filter (where e.state = 'WAITING' or (e.state = 'ASKING' and e.asked <= 1) or e.asked = 0)::int as going_on,
      count(*) filter (where e.asked > 1 and e.state = 'ASKING' or e.asked > 0 and e.state = 'QUEUED')::int as to_repeat,
      count(*) filter (where e.state = 'LOST')::int as lost,
      min(e.next_at) filter (where e.asked > 0 and e.state = 'QUEUED' and e.next_at > clock_timestamp()) as repeat_at,
      bool_and(${unattended}) as unattended
    from imei_exchange e join imei_check c on c.exchange_id = e.id and c.completed_at is null
      join imei_batch_item i on i.check_id = c.id
    where e.state in ('QUEUED', 'ASKING', 'LOST', 'WAITING') and i.batch_id = any($1::bigint[])
    group by i.batch_id
  ), gate as materialized (
    select exists (
      select from imei_exchange where state = 'LOST' and id < (select max(id) from imei_exchange) - ${mostSinceLost}
    ) as uncertain
  )
  select b.id, b.begun < b.total as "toOrder", coalesce(o.going_on, 0) as "goingOn", coalesce(o.to_repeat, 0) as "toRepeat",
    coalesce(o.lost, 0) as lost, o.repeat_at as "repeatAt",
    b.next_at > b.received_at and (b.next_at > clock_timestamp() or o.batch_id is null and b.next_at > ${overdue}) as paused,
    case when b.next_at > clock_timestamp() then b.next_at end as "pausedUntil",
    (b.next_at at time zone $2)::time = '00:00' as "tillMidnight", gate.uncertain,
    exists (select from alarm where kind = 'IMEI_PROVIDER_REFUSES' and acknowledged_at is null) as refused,
    case when o.batch_id is not null then o.unattended else b.begun < b.total and not gate.uncertain and ${unfed} end as abandoned
  from imei_batch b cross join gate left join open o on o.batch_id = b.id
  where b.id = any($1::bigint[]) and b.status = 'RUNNING'`;
