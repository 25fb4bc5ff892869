// Leads as a file to be saved: the list with all of its filters, streamed.
import { Readable } from 'node:stream';
import { z } from 'zod';
import { parseInput } from '../domain/input.js';
import { type LeadFileKind, leadFileKinds } from '../domain/leads/lead-export.service.js';
import { leadOrders, leadStatuses } from '../entities/lead.enums.js';
import { moment } from './operation.js';
import { oneOrMoreOf } from './page.js';
import type { RestRoute } from './route.js';

const contentTypes: Readonly<Record<LeadFileKind, string>> = {
  csv: 'text/csv',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

const leadFileQuery = z.object({
  email: z.string().optional().describe('Exactly this one.'),
  email_domain: z.string().optional().describe('E-mail addresses at it.'),
  phone: z.string().optional().describe('Exactly this one, in any spelling.'),
  phone_last_four: z.string().optional().describe('Numbers that end like this.'),
  name: z.string().optional().describe('Part of the name.'),
  ip_address: z.string().optional().describe('From there.'),
  status: oneOrMoreOf(leadStatuses).optional().describe('One of these; may be given more than once.'),
  source: z.string().optional().describe('Exactly this one.'),
  created_from: moment.optional().describe('Those that came no earlier.'),
  created_before: moment.optional().describe('Those that came before.'),
  order_by: z.enum(leadOrders).optional().describe('NEWEST where left out.'),
});

type LeadFileQuery = z.output<typeof leadFileQuery>;

const wanted = ({ order_by: orderBy, created_from: from, created_before: to, ...fields }: LeadFileQuery) => {
  const { email_domain: emailDomain, phone_last_four: phoneLastFour, ip_address: ipAddress, ...same } = fields;
  const createdAt = from || to ? { from, to } : undefined;
  return { filter: { ...same, emailDomain, phoneLastFour, ipAddress, createdAt }, orderBy };
};

const leadFile = (kind: LeadFileKind): RestRoute => ({
  operation: {
    id: kind === 'csv' ? 'exportLeadsCsv' : 'exportLeadsXlsx',
    method: 'GET',
    path: `/leads/export.${kind}`,
    policy: 'leadsChange',
    tag: 'Leads',
    summary: `Leads as ${kind.toUpperCase()}; no cell of it is a formula`,
    query: leadFileQuery,
    answers: [
      {
        status: 200,
        description: 'id, name, email, phone, ip_address, status, source, note, client_id, created_at.',
        schema: kind === 'csv' ? z.string() : z.string().meta({ format: 'binary' }),
        contentType: contentTypes[kind],
      },
    ],
  },
  handle: async (unit, request, reply) => {
    const query = parseInput(leadFileQuery, request.query);
    const { name, content } = await unit(request.viewer, ({ leadExport }) => leadExport.file(kind, wanted(query)));
    return reply
      .headers({ 'content-disposition': `attachment; filename="${name}"`, 'cache-control': 'no-store' })
      .type(kind === 'csv' ? `${contentTypes.csv}; charset=utf-8` : contentTypes.xlsx)
      .send(Readable.from(content, { objectMode: false }));
  },
});

export const leadExportRoutes: readonly RestRoute[] = leadFileKinds.map(leadFile);
