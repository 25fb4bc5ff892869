// Mailings, live: the present state first, then every change. Hidden ones stay watchable by those who know their id.
import { isId } from '../ids.js';
import type { TopicDefinition } from '../live/topics.js';
import { type MailingRow, mailingColumns, mailingsById, mailingTables, perSecond } from './mailing.rows.js';

export const mailingTopic: TopicDefinition<'mailing'> = {
  states: {
    async load(work, ids) {
      const known = await mailingsById(work, ids.filter(isId));
      return ids.map((id) => {
        const mailing = known.get(id);
        return mailing && asOf(mailing, work.now());
      });
    },
    async present(work) {
      const running = await work.rows<MailingRow>(
        `select ${mailingColumns} from ${mailingTables} where g.status = 'RUNNING' and g.hidden_at is null order by g.id`,
      );
      return running.map((row) => ({ subject: row.id, state: asOf(row, work.now()) }));
    },
  },
};

/**
 * A speed that fades is a change of which no row tells; one that has faded away is none. Only a running mailing shows its speed, and
 * when it goes on (mailing-stats.ts): where it rests, neither makes a state that differs.
 */
function asOf(mailing: MailingRow, now: Date): MailingRow {
  const speed = mailing.status === 'RUNNING' ? perSecond(mailing, now) : 0;
  return speed > 0 ? { ...mailing, speed, speedAt: now } : { ...mailing, speed, speedAt: null, opensAt: null };
}
