// The old mailing server's use cases, over those of clients and mailings: its words, its whole lists, its figures.
import type { MessageStatus } from '../../entities/mailing.enums.js';
import { Failure } from '../../shared/errors.js';
import { type ClientRow, clientColumns } from '../clients/client.rows.js';
import type { ClientService } from '../clients/clients.service.js';
import { parseInput } from '../input.js';
import type { Work } from '../work.js';
import {
  type CreateLegacyClientInput,
  type CreateLegacyMailingInput,
  createLegacyClientInput,
  createLegacyMailingInput,
  type UpdateLegacyClientInput,
  type UpdateLegacyMailingInput,
  updateLegacyClientInput,
  updateLegacyMailingInput,
} from './legacy-mailing.inputs.js';
import { changesOf, newMailing } from './legacy-terms.js';
import { type MailingRow, messageStatus } from './mailing.rows.js';
import type { MailingControlService } from './mailing-control.service.js';
import type { MailingService } from './mailings.service.js';

export interface LegacyMailingPorts {
  readonly defaultTimezone: string;
}

export interface LegacyMailingServices {
  readonly clients: ClientService;
  readonly mailings: MailingService;
  readonly mailingControl: MailingControlService;
}

export interface ListedMessage {
  id: string;
  mailingId: string;
  clientId: string;
  createdAt: Date;
  status: MessageStatus;
}

export interface MailingFigures {
  id: string;
  planned: number;
  sent: number;
}

const batch = 1_000;

export class LegacyMailingService {
  constructor(
    private readonly work: Work,
    private readonly ports: LegacyMailingPorts,
    private readonly services: LegacyMailingServices,
  ) {}

  createClient(input: CreateLegacyClientInput, idempotencyKey?: string): Promise<ClientRow> {
    const fields = parseInput(createLegacyClientInput, input);
    const { number: phone, operator_code: operatorCode, tag, timezone = this.ports.defaultTimezone } = fields;
    return this.services.clients.create({ phone, operatorCode, tag, timezone }, idempotencyKey);
  }

  updateClient(id: string, input: UpdateLegacyClientInput): Promise<ClientRow> {
    const { number: phone, operator_code: operatorCode, tag, timezone } = parseInput(updateLegacyClientInput, input);
    return this.services.clients.update(id, { phone, operatorCode, tag, timezone });
  }

  createMailing(input: CreateLegacyMailingInput, idempotencyKey?: string): Promise<MailingRow> {
    const wanted = newMailing(parseInput(createLegacyMailingInput, input), this.work.now());
    return this.services.mailings.create(wanted.input, { idempotencyKey, openEnded: wanted.openEnded });
  }

  async updateMailing(id: string, input: UpdateLegacyMailingInput): Promise<MailingRow> {
    const fields = parseInput(updateLegacyMailingInput, input);
    const wanted = changesOf(fields, await this.services.mailings.get(id), this.work.now());
    return this.services.mailings.update(id, wanted.input, wanted.openEnded);
  }

  /** Old clients know no states: whatever goes on is stopped first, and what is over needs no stopping. */
  async deleteMailing(id: string): Promise<void> {
    await this.services.mailingControl.cancel(id).catch((error: unknown) => {
      if (!(error instanceof Failure && error.code === 'CONFLICT')) throw error;
    });
    await this.services.mailings.delete(id);
  }

  /** The whole directory, in pages. */
  async *clients(): AsyncGenerator<ClientRow[]> {
    const sql = `select ${clientColumns} from client c where c.hidden_at is null and c.id > $1 order by c.id limit ${batch}`;
    for (let rows = await this.work.rows<ClientRow>(sql, [0]); rows.length > 0; ) {
      yield rows;
      rows = await this.work.rows<ClientRow>(sql, [rows.at(-1)?.id]);
    }
  }

  /** All messages there are, in pages, those of one mailing after those of another. */
  async *messages(): AsyncGenerator<ListedMessage[]> {
    const sql = `select m.id, m.mailing_id as "mailingId", m.client_id as "clientId", m.created_at as "createdAt",
        ${messageStatus} as status
      from message m join mailing g on g.id = m.mailing_id where (m.mailing_id, m.id) > ($1, $2) order by m.mailing_id, m.id limit ${batch}`;
    for (let rows = await this.work.rows<ListedMessage>(sql, [0, 0]); rows.length > 0; ) {
      yield rows;
      const last = rows.at(-1);
      rows = await this.work.rows<ListedMessage>(sql, [last?.mailingId, last?.id]);
    }
  }

  /** Of every mailing, deleted ones too, from its counters. */
  figures(): Promise<MailingFigures[]> {
    return this.work.rows<MailingFigures>('select id, planned, sent from mailing order by id');
  }
}
