// Suppressions as they are read.
import type { Channel, SuppressionSource } from '../../entities/mailing.enums.js';

export interface SuppressionRow {
  id: string;
  phone: string;
  channel: Channel;
  source: SuppressionSource;
  note: string | null;
  createdAt: Date;
}

/** From `suppression s`. */
export const suppressionColumns = 's.id, s.phone, s.channel, s.source, s.note, s.created_at as "createdAt"';
