// What subscribers of `leads` get: each event with the lead as it is by now, or without one that was erased.
import type { EventDefinition } from '../live/topics.js';
import { type LeadRow, leadsById } from './lead.rows.js';
import type { LeadCipher } from './lead-cipher.js';

export const leadEvents = (cipher: LeadCipher): EventDefinition<LeadRow | null> => ({
  async load(work, events) {
    const leads = await leadsById(work, cipher, [...new Set(events.map(({ subject }) => subject))]);
    return events.map(({ subject }) => leads.get(subject) ?? null);
  },
});
