// A lead becomes somebody of the directory: a new client, or the one who has that number already.
import type { z } from 'zod';
import { badInput } from '../../shared/errors.js';
import { createClientInput } from '../clients/client.inputs.js';
import type { ClientRow } from '../clients/client.rows.js';
import type { ClientService } from '../clients/clients.service.js';
import { shareDirectory } from '../clients/directory-lock.js';
import { parseInput } from '../input.js';
import type { Transaction, Work } from '../work.js';
import { type LeadRow, openLead } from './lead.rows.js';
import { lockLead } from './lead-changes.js';
import type { LeadStore } from './lead-store.js';

export interface LeadConversionPorts {
  readonly leadStore: LeadStore;
  readonly defaultTimezone: string;
}

/** What the lead itself does not say. */
const convertLeadInput = createClientInput
  .pick({ tag: true })
  .extend({ timezone: createClientInput.shape.timezone.nullish() });

export type ConvertLeadInput = z.input<typeof convertLeadInput>;

interface ConversionServices {
  readonly clients: Pick<ClientService, 'takeIn'>;
}

export class LeadConversionService {
  constructor(
    private readonly work: Work,
    private readonly services: ConversionServices,
    private readonly ports: LeadConversionPorts,
  ) {}

  /** Tag and zone are for one who is new, or was deleted. Of a lead who was converted before, nothing changes. */
  async convert(id: string, input: ConvertLeadInput): Promise<ClientRow> {
    const { tag, timezone } = parseInput(convertLeadInput, input);
    return this.work.write(async (tx) => {
      await shareDirectory(tx);
      const lead = openLead(this.ports.leadStore.cipher, await lockLead(tx, id));
      const client = await this.services.clients.takeIn(tx, {
        ...{ phone: numberOf(lead), name: lead.name, tag },
        timezone: timezone ?? this.ports.defaultTimezone,
      });
      await tie(tx, lead, client);
      return client;
    });
  }
}

/** As the directory spells it. */
function numberOf({ phone }: LeadRow): string {
  if (phone === null) throw badInput('phone', 'UNREADABLE', 'the lead’s number can’t be read any more; give it again');
  const digits = phone.slice(1);
  if (/^7\d{10}$/.test(digits)) return digits;
  throw badInput('phone', 'FORMAT', 'the lead’s number is not 7XXXXXXXXXX; the directory has no others');
}

async function tie(tx: Transaction, lead: LeadRow, client: ClientRow): Promise<void> {
  if (lead.clientId === client.id && lead.status === 'CONVERTED') return;
  await tx.rows(`update lead set client_id = $2, status = 'CONVERTED', updated_at = now() where id = $1`, [
    lead.id,
    client.id,
  ]);
  tx.publish({ topic: 'lead', subject: lead.id, kind: 'CONVERTED' });
  tx.audit('convertLead', `lead:${lead.id}`, { client: client.id });
}
