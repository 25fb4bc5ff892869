// Alarms, live: the open ones first, then each that is raised or taken on.
import type { TopicDefinition } from '../live/topics.js';
import { type AlarmRow, alarmColumns } from './alarms.service.js';

export const alarmTopic: TopicDefinition<'alarm'> = {
  states: {
    async load(work, ids) {
      const rows = await work.rows<AlarmRow>(`select ${alarmColumns} from alarm where id = any($1)`, [ids]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id));
    },
    async present(work) {
      const open = await work.rows<AlarmRow>(
        `select ${alarmColumns} from alarm where acknowledged_at is null order by id`,
      );
      return open.map((state) => ({ subject: state.id, state }));
    },
  },
};
