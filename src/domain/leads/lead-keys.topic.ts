// The rotation of the leads' keys, live: the one under way or the last one first, then as it gets on.
import type { TopicDefinition } from '../live/topics.js';
import { readKeyRotation, rotationSubject } from './lead-keys.rows.js';

export const leadKeysTopic: TopicDefinition<'leadKeys'> = {
  states: {
    async load(work, subjects) {
      const rotation = await readKeyRotation(work);
      return subjects.map(() => rotation);
    },
    async present(work) {
      const state = await readKeyRotation(work);
      return state ? [{ subject: rotationSubject, state }] : [];
    },
  },
};
