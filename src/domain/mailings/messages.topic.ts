// Final states of messages, live: one event for each, though a batch of them is one row of the log.
import { clientsById } from '../clients/client.rows.js';
import type { StoredEvent } from '../live/event-log.js';
import type { TopicDefinition } from '../live/topics.js';
import type { Work } from '../work.js';
import { type MessageRow, mailingsById, messageColumns, messageTables } from './mailing.rows.js';

export const messageTopic: TopicDefinition<'message'> = {
  events: {
    async load(work, events) {
      const messages = await messagesOf(work, events);
      const [mailings, clients] = await Promise.all([
        mailingsById(work, [...new Set(messages.map(({ mailingId }) => mailingId))]),
        clientsById(work, [...new Set(messages.map(({ clientId }) => clientId))]),
      ]);
      const told = messages.flatMap((message) => {
        const mailing = mailings.get(message.mailingId);
        const client = clients.get(message.clientId);
        return mailing && client ? [{ ...message, mailing, client }] : [];
      });
      const byId = new Map(told.map((message) => [message.id, message]));
      return events.map(({ item }) => (item === null ? undefined : byId.get(item)));
    },
  },
};

const messagesOf = (work: Work, events: readonly StoredEvent[]): Promise<MessageRow[]> =>
  work.rows<MessageRow>(
    `select ${messageColumns} from ${messageTables}
     join (select distinct * from unnest($1::bigint[], $2::bigint[]) as w (mailing_id, id)) w on w.mailing_id = m.mailing_id and w.id = m.id`,
    [events.map(({ subject }) => subject), events.map(({ item }) => item)],
  );
