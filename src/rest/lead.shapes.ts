// A lead's JSON: what is taken and what is shown, with names as clients of the old kind write them. No I/O.
import { z } from 'zod';
import type { Viewer } from '../auth/viewer.js';
import type { CreateLeadInput } from '../domain/leads/lead.inputs.js';
import type { LeadRow } from '../domain/leads/lead.rows.js';
import { emailShown, phoneShown } from '../domain/leads/lead-sight.js';
import { leadStatuses } from '../entities/lead.enums.js';
import { moment } from './operation.js';

export const newLead = z
  .object({
    name: z.string().describe('1 to 200 characters.'),
    email: z.string().describe('An e-mail address.'),
    phone: z.string().describe('In any spelling; Russian where no country is given.'),
    ip_address: z
      .string()
      .optional()
      .describe(
        "Honoured from a caller with LEADS_WRITE and from loopback itself; otherwise the caller's address is taken.",
      ),
    ip: z.string().optional().describe('The same.'),
    source: z.string().optional().describe('Which form or campaign they came by.'),
  })
  .meta({ id: 'NewLead', description: 'What somebody leaves of themselves.' });

const taken = {
  id: z.string().describe('Decimal id.'),
  name: z.string().describe('As it was left.'),
  email: z.string().describe('For a VIEWER its domain alone.'),
  phone: z.string().describe('For a VIEWER all but the last four digits are hidden.'),
  ip_address: z.string().describe('From where they came.'),
  created_at: moment.describe('When they came.'),
  timestamp: moment.describe('The same as created_at.'),
};

export const takenLead = z
  .object(taken)
  .meta({ id: 'TakenLead', description: 'A lead as whoever left it is told of it.' });

export const lead = z
  .object({
    ...taken,
    status: z.enum(leadStatuses).describe('How far staff are with them.'),
    source: z.string().nullable().describe('Which form or campaign they came by.'),
    note: z.string().nullable().describe('Of staff.'),
    client_id: z.string().nullable().describe('The client that it became.'),
  })
  .meta({ id: 'Lead', description: 'Somebody who left their data.' });

/** Names alone: what stands under them is for the service to judge. */
export function readNewLead(body: unknown): CreateLeadInput {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body as CreateLeadInput;
  const { name, email, phone, source, ip, ip_address: ipAddress = ip } = body as z.input<typeof newLead>;
  return { name, email, phone, source, ipAddress };
}

export const presentTaken = (viewer: Viewer, row: LeadRow): z.output<typeof takenLead> => ({
  id: row.id,
  name: row.name,
  email: emailShown(viewer, row),
  phone: phoneShown(viewer, row),
  ip_address: row.ipAddress,
  created_at: row.createdAt,
  timestamp: row.createdAt,
});

export const presentLead = (viewer: Viewer, row: LeadRow): z.output<typeof lead> => ({
  ...presentTaken(viewer, row),
  status: row.status,
  source: row.source,
  note: row.note,
  client_id: row.clientId,
});
