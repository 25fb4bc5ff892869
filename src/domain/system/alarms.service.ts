// Alarms: something that a person has to look at. One open alarm for each thing that is wrong.
import type { Alert, AlertGateway } from '../../gateways/alerts/port.js';
import { notFound } from '../../shared/errors.js';
import { isId } from '../ids.js';
import type { Work } from '../work.js';

export interface AlarmPorts {
  readonly alerts: AlertGateway | undefined;
}

export interface AlarmRow {
  id: string;
  kind: string;
  message: string;
  since: Date;
  acknowledgedAt: Date | null;
}

export interface AlarmPlace {
  readonly kind: string;
  /** What it is about within its kind: a job's name, a provider's. */
  readonly key: string;
}

export interface NewAlarm extends AlarmPlace {
  /** For people, in a sentence; no personal data. */
  readonly message: string;
}

export const alarmColumns = `id, kind, message, since, acknowledged_at as "acknowledgedAt"`;
const toldAtOnce = 20;

export class AlarmService {
  constructor(
    private readonly work: Work,
    private readonly ports: AlarmPorts,
  ) {}

  open(): Promise<AlarmRow[]> {
    return this.work.rows<AlarmRow>(`select ${alarmColumns} from alarm where acknowledged_at is null order by id`);
  }

  /** Raising what is open already changes nothing. */
  async raise({ kind, key, message }: NewAlarm): Promise<void> {
    await this.work.write(async (tx) => {
      const [row] = await tx.rows<{ id: string }>(
        `insert into alarm (kind, key, message) values ($1, $2, $3)
         on conflict (kind, key) where acknowledged_at is null do nothing returning id`,
        [kind, key, message],
      );
      if (!row) return;
      tx.publish({ topic: 'alarm', subject: row.id, kind: 'RAISED' });
      tx.nudge('tellAlarms', {});
    });
  }

  /** What it told of has ended. */
  async clear({ kind, key }: AlarmPlace): Promise<void> {
    await this.work.write(async (tx) => {
      const [row] = await tx.rows<{ id: string }>(
        `update alarm set acknowledged_at = now() where kind = $1 and key = $2 and acknowledged_at is null returning id`,
        [kind, key],
      );
      if (row) tx.publish({ topic: 'alarm', subject: row.id, kind: 'CLEARED' });
    });
  }

  async acknowledge(id: string): Promise<void> {
    await this.work.write(async (tx) => {
      const [row] = isId(id)
        ? await tx.rows<{ changed: boolean }>(
            `with before as (select id, acknowledged_at from alarm where id = $1 for update)
             update alarm a set acknowledged_at = coalesce(a.acknowledged_at, now()) from before b where a.id = b.id
             returning b.acknowledged_at is null as changed`,
            [id],
          )
        : [];
      if (!row) throw notFound('The alarm');
      if (!row.changed) return;
      tx.publish({ topic: 'alarm', subject: id, kind: 'ACKNOWLEDGED' });
      tx.audit('acknowledgeAlarm', `alarm:${id}`);
    });
  }

  /** Tells ALERT_WEBHOOK_URL what it does not know yet, each at least once; what it refuses is told again at the next tick. */
  async tell(): Promise<void> {
    const { alerts } = this.ports;
    if (!alerts) return;
    const untold = await this.work.rows<AlarmRow>(
      `select ${alarmColumns} from alarm where told_at is null and acknowledged_at is null order by id limit ${toldAtOnce}`,
    );
    for (const alarm of untold) {
      await alerts.send(alertOf(alarm));
      await this.work.write((tx) => tx.rows('update alarm set told_at = now() where id = $1', [alarm.id]));
    }
  }
}

const alertOf = ({ id, kind, message, since }: AlarmRow): Alert => ({ id, kind, message, since: since.toISOString() });
