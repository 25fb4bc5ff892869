// Final states of messages, live: one event for each, though a batch of them is one row of the log.
import { type ClientRow, clientColumns } from '../clients/client.rows.js';
import type { StoredEvent } from '../live/event-log.js';
import type { TopicDefinition } from '../live/topics.js';
import type { Work } from '../work.js';
import {
  type MailingRow,
  type MessageRow,
  mailingColumns,
  mailingTables,
  messageColumns,
  messageTables,
} from './mailing.rows.js';

export const messageTopic: TopicDefinition<'message'> = {
  events: {
    async load(work, events) {
      const messages = await messagesOf(work, events);
      const [mailings, clients] = await Promise.all([
        mailingsOf(work, [...new Set(messages.map(({ mailingId }) => mailingId))]),
        clientsOf(work, [...new Set(messages.map(({ clientId }) => clientId))]),
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

async function mailingsOf(work: Work, ids: readonly string[]): Promise<Map<string, MailingRow>> {
  const rows = await work.rows<MailingRow>(`select ${mailingColumns} from ${mailingTables} where g.id = any($1)`, [
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, row]));
}

async function clientsOf(work: Work, ids: readonly string[]): Promise<Map<string, ClientRow>> {
  const rows = await work.rows<ClientRow>(`select ${clientColumns} from client c where c.id = any($1)`, [ids]);
  return new Map(rows.map((row) => [row.id, row]));
}
