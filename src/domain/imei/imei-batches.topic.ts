// Batches of IMEI checks, live. Who may watch which one is asked where it is subscribed to.
import { isId } from '../ids.js';
import type { TopicDefinition } from '../live/topics.js';
import { batchesById } from './imei-batch.rows.js';
import { type ImeiBatchHoldPorts, withHolds } from './imei-batch-hold.js';

export const imeiBatchTopic = (ports: ImeiBatchHoldPorts): TopicDefinition<'imeiBatch'> => ({
  states: {
    async load(work, ids) {
      const known = await batchesById(work, ids.filter(isId));
      const shown = new Map((await withHolds(work, [...known.values()], ports)).map((batch) => [batch.id, batch]));
      return ids.map((id) => shown.get(id));
    },
  },
});
