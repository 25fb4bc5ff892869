// An import being read, live. Who may watch which one is asked where it is subscribed to.
import type { TopicDefinition } from '../live/topics.js';
import { type ImportRow, importColumns } from './import.rows.js';

export const importTopic: TopicDefinition<'import'> = {
  states: {
    async load(work, ids) {
      const rows = await work.rows<ImportRow>(`select ${importColumns} from import i where i.id = any($1::bigint[])`, [
        ids,
      ]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return ids.map((id) => byId.get(id));
    },
  },
};
