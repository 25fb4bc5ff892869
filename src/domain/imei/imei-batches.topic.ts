// Batches of IMEI checks, live. Who may watch which one is asked where it is subscribed to.
import { isId } from '../ids.js';
import type { TopicDefinition } from '../live/topics.js';
import { batchesById } from './imei-batch.rows.js';

export const imeiBatchTopic: TopicDefinition<'imeiBatch'> = {
  states: {
    async load(work, ids) {
      const known = await batchesById(work, ids.filter(isId));
      return ids.map((id) => known.get(id));
    },
  },
};
