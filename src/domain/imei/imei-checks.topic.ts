// Checks that ended, live: one event for each, by who asked, so that everybody can follow their own alone.
import type { TopicDefinition } from '../live/topics.js';
import { checksById } from './imei-check.rows.js';

export const imeiCheckTopic: TopicDefinition<'imeiCheck'> = {
  events: {
    async load(work, events) {
      const checks = await checksById(work, [...new Set(events.flatMap(({ item }) => item ?? []))]);
      return events.map(({ item }) => (item === null ? undefined : checks.get(item)));
    },
  },
};
