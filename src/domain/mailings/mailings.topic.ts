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

/** A speed that fades is a change of which no row tells; one that has faded away is none. */
function asOf(mailing: MailingRow, now: Date): MailingRow {
  const speed = perSecond(mailing, now);
  return { ...mailing, speed, speedAt: speed > 0 ? now : null };
}
